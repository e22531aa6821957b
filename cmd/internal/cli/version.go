package cli

import (
	"fmt"
	"runtime"
	"runtime/debug"
)

// version returns the text of --version: the module's version, the commit it was built from,
// and the version of Go.
func version(program string) string {
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
	return fmt.Sprintf("%s %s, commit %s%s, %s %s/%s\n", program, release, commit, changed, runtime.Version(), runtime.GOOS, runtime.GOARCH)
}
