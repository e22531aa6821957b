// Package circuit is the three-phase circuit that a meter measures: what flows in it at any
// instant, what has flowed between two instants, and the least and the most that there was. All of
// it is computed from the calendar time and a seed, so it costs a meter no memory, and everything
// agrees with everything else: a power is what its voltage and current give, an energy is the
// integral of the power, a maximum is a value that was there.
//
// The circuit repeats itself every week. It has a load that follows the working day, a little of
// generation on Sunday at noon, so that energy flows both ways, and a voltage that wanders by two
// volts within ten minutes. Power is constant for a quarter of an hour, but for a ripple of two
// per cent. No reading grows by more than 14 an hour. Benches that compare futures have a Steady one.
//
// Assumption: all of it. It stands for the circuit of the article's meter, of which nothing is
// known. Values are those of the primary side, whatever the meter's transformers are set to.
package circuit
