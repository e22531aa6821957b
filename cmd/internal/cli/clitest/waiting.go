package clitest

import (
	"flag"
	"runtime"
	"strconv"
)

// AtOnce lets more parallel tests run at once than there are processors, in packages whose tests
// wait more than they compute. TestMain calls it. Who says -parallel has what they say.
func AtOnce() {
	flag.Parse()
	const tests = 6
	if f := flag.Lookup("test.parallel"); f != nil && f.Value.String() == strconv.Itoa(runtime.GOMAXPROCS(0)) && runtime.GOMAXPROCS(0) < tests {
		_ = f.Value.Set(strconv.Itoa(tests)) // it is a number
	}
}
