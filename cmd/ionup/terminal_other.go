//go:build !unix

package main

import "io"

// columnsOf knows no terminals here: progress is told in lines.
func columnsOf(io.Writer) int { return 0 }
