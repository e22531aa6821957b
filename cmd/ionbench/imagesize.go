package main

import (
	"fmt"
	"strconv"
	"strings"
)

// sizeValue is a flag for a number of bytes, such as 65536, 64k or 256KiB.
type sizeValue int

func (v *sizeValue) String() string { return strconv.Itoa(int(*v)) }

// Type is for the parser of flags.
func (v *sizeValue) Type() string { return "bytes" }

// Set reads a size; the units are powers of 1024.
func (v *sizeValue) Set(text string) error {
	number, unit := text, 1
	lower := strings.ToLower(text)
	for _, u := range []struct {
		suffix string
		bytes  int
	}{{"kib", 1 << 10}, {"mib", 1 << 20}, {"k", 1 << 10}, {"m", 1 << 20}} {
		if strings.HasSuffix(lower, u.suffix) {
			number, unit = text[:len(text)-len(u.suffix)], u.bytes
			break
		}
	}
	n, err := strconv.Atoi(number)
	if err != nil || n < 0 || n > 1<<40/unit {
		return fmt.Errorf("%q is no size: say bytes, or 64k, 256KiB or 1MiB", text)
	}
	*v = sizeValue(n * unit)
	return nil
}
