// Command engine is the bench in a browser: the page of a run carries it, so that one can walk through
// the run there and see what another fault would have done. It runs in a worker of the page and takes
// one order after another (order), each with one answer (answer); both are JSON, and stories go beside
// them as bytes.
package main
