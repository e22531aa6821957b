//go:build !unix

package serving

import "io/fs"

// othersMay says nothing: what others may do with a file is not in its mode here.
func othersMay(fs.FileInfo) string { return "" }
