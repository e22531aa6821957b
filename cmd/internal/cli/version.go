package cli

import (
	"fmt"
	"runtime"
	"runtime/debug"
)

// version returns the text of --version: that of Release, and the version of Go.
func version(program string) string {
	return fmt.Sprintf("%s %s, %s %s/%s\n", program, Release(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
}

// Release is the version of the module, and the commit that it was built from.
func Release() string {
	release, commit, changed := "(devel)", "unknown", ""
	if info, ok := debug.ReadBuildInfo(); ok {
		if info.Main.Version != "" {
			release = info.Main.Version
		}
		for _, s := range info.Settings {
			switch {
			case s.Key == "vcs.revision":
				commit = s.Value
			case s.Key == "vcs.modified" && s.Value == "true":
				changed = " and changes to it"
			}
		}
	}
	return fmt.Sprintf("%s, commit %s%s", release, commit, changed)
}
