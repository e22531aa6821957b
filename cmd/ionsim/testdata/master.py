"""A Modbus master by pymodbus.

    master.py tcp HOST PORT UNIT DO...
    master.py rtu PTY BAUD UNIT DO...

DO is read:FIRST:COUNT, input:FIRST:COUNT (function 04) or write:FIRST:VALUE,VALUE,...; FIRST is an
address on the wire. It prints a line for each: registers in hex, "done", "exception N" or "silence".
"""

import sys

from pymodbus.client import ModbusSerialClient, ModbusTcpClient
from pymodbus.exceptions import ModbusException
from pymodbus.pdu import ExceptionResponse


def connect(kind, where, what):
    if kind == "tcp":
        return ModbusTcpClient(where, port=int(what), timeout=2, retries=0)
    return ModbusSerialClient(where, baudrate=int(what), timeout=2, retries=0)


def do(client, unit, text):
    kind, first, rest = text.split(":")
    if kind == "read":
        return client.read_holding_registers(int(first), int(rest), slave=unit)
    if kind == "input":
        return client.read_input_registers(int(first), int(rest), slave=unit)
    return client.write_registers(int(first), [int(v) for v in rest.split(",")], slave=unit)


def say(answer):
    if isinstance(answer, ExceptionResponse):
        return "exception %d" % answer.exception_code
    if isinstance(answer, ModbusException):
        return "silence"
    registers = getattr(answer, "registers", [])
    return " ".join("%04x" % r for r in registers) or "done"


kind, where, what, unit = sys.argv[1:5]
client = connect(kind, where, what)
if not client.connect():
    sys.exit("cannot connect to " + where)
for text in sys.argv[5:]:
    try:
        print(say(do(client, int(unit), text)), flush=True)
    except ModbusException as e:
        print("silence", flush=True)
client.close()
