package simulator_test

import (
	"fmt"
	"net"

	"ionbench/simulator"
	"ionbench/simulator/bench"
)

// A meter on a TCP port, for whatever program speaks to meters. Pace: bench.Unpaced lets it
// answer as fast as it can.
func ExampleMeter_Serve() {
	m, err := simulator.New(simulator.Config{UnitID: 7, Pace: bench.Unpaced})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer m.Close()
	where, err := m.Serve(simulator.Ports{TCP: ":0"})
	if err != nil {
		fmt.Println(err)
		return
	}
	conn, err := net.Dial("tcp", where.TCP)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer conn.Close()

	reply, err := identify(conn, 7)
	fmt.Println(reply.Product, reply.State, err)
	fmt.Println(m.Look().Display)
	// Output:
	// 7350 application <nil>
	// ION7350
}

// A meter without a port: a connection in the process itself. In a testing/synctest bubble
// the same lines live in virtual time.
func ExampleMeter_Connect() {
	m, err := simulator.New(simulator.Config{Pace: bench.Unpaced, Faults: "reply-dup at reply 1"})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer m.Close()
	conn, err := m.Connect()
	if err != nil {
		fmt.Println(err)
		return
	}
	reply, err := identify(conn, 105)
	fmt.Println(reply.Product, reply.State, err)
	fmt.Println("to the host:", m.Look().Counts.FramesToHost, "answer, which the fault has doubled:", len(m.Look().Unstruck) == 0)
	// Output:
	// 7350 application <nil>
	// to the host: 1 answer, which the fault has doubled: true
}
