// Package tree is the module tree of the ION 7300, 7330 and 7350: which managers, modules and
// registers a model has, how they hang together, and what is known of each. A head-end walks over
// it: from the feature manager to the managers, to their modules, to their inputs, outputs and
// setup registers. It is made from one table, families, and computes nothing: package meter says
// what a register holds.
//
// Each line says where it comes from. Documented: the handle and its meaning are in the public
// record. Inferred: the block of handles is, and the place in it follows from the pattern. Ours:
// invented here, since a head-end needs something; a real meter differs.
//
// Not modelled: waveform recorders, sag and swell, set-points, digital and analog inputs and outputs,
// communication, arithmetic and Modbus modules; calibration; the device's own name, which a 73xx does
// not tell; harmonics, since no handle of them is public; and what a schedule of the time of use does, since nobody knows how one is written.
package tree
