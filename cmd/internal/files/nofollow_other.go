//go:build !unix

package files

// noFollow is nothing here: what is opened is compared with what was looked at.
const noFollow = 0
