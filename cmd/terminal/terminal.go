// Package terminal tells programs whether somebody looks at what they write.
package terminal
