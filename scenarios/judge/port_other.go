//go:build !linux

package judge

// holdPort holds no port where sockets may not share one.
func holdPort() (at string, release func()) { return "", func() {} }
