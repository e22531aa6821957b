//go:build !unix

package files

// noFollow does nothing on these systems: Open compares the opened file with the checked one.
const noFollow = 0
