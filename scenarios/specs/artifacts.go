package specs

import (
	"fmt"
	"hash/crc32"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/onsi/ginkgo/v2"
	"github.com/onsi/gomega"

	"ionbench/scenarios"
	"ionbench/scenarios/shell"
)

// Folder is where failed specs write their files: the folder in the environment variable
// IONBENCH_ARTIFACTS, or else the folder artifacts beside the suite's go.mod.
func Folder() string {
	if folder := os.Getenv("IONBENCH_ARTIFACTS"); folder != "" {
		return folder
	}
	root, _ := module()
	return filepath.Join(root, "artifacts")
}

// module returns the folder of the suite's module, and the suite's path in it, such as
// "./scenarios". It relies on go test, which runs a test in the folder of its package.
func module() (root, suite string) {
	here, err := os.Getwd()
	if err != nil {
		return ".", "."
	}
	for root = here; ; root = filepath.Dir(root) {
		if _, err := os.Stat(filepath.Join(root, "go.mod")); err == nil {
			break
		}
		if root == filepath.Dir(root) {
			return here, "."
		}
	}
	rel, err := filepath.Rel(root, here)
	if err != nil {
		return here, "."
	}
	if rel == "." {
		return root, rel
	}
	return root, "./" + filepath.ToSlash(rel)
}

// entry is the name of the report entries that list the files.
const entry = "artifact"

// LeaveOnFailure writes files with the artifacts, and with the commands that repeat the spec, if
// the spec fails. Of several calls in a spec the last one counts. The names of the files come
// from the spec's text, so that parallel processes do not overwrite them.
func LeaveOnFailure(artifacts func() scenarios.Artifacts) {
	ginkgo.DeferOnFailure(func() { leave(artifacts()) })
}

func leave(a scenarios.Artifacts) {
	spec := ginkgo.CurrentSpecReport()
	for _, e := range spec.ReportEntries {
		if e.Name == entry {
			return // a later call of LeaveOnFailure has written its files already
		}
	}
	for _, f := range []struct{ ending, content string }{{"trace.txt", a.Trace}, {"plan.txt", a.Plan}, {"log.txt", a.Log}, {"story.html", a.Story}} {
		if f.content != "" {
			Leave(f.ending, []byte(f.content))
		}
	}
	if a.Case != "" {
		file := Leave("case.txt", []byte(a.Case))
		a.Repeat = append(a.Repeat, "ionbench run "+shell.Quote(file))
	}
	repeat := strings.Join(append([]string{again(spec.FullText())}, a.Repeat...), "\n") + "\n"
	Leave("repeat.txt", []byte(repeat))
	ginkgo.AddReportEntry("plan", a.Plan, ginkgo.ReportEntryVisibilityFailureOrVerbose)
	ginkgo.AddReportEntry("repeat", repeat, ginkgo.ReportEntryVisibilityFailureOrVerbose)
}

// Leave writes a file for the current spec and returns its path. The files of a spec differ in
// their ending, such as "atlas.json".
func Leave(ending string, content []byte) string {
	ginkgo.GinkgoHelper()
	folder := Folder()
	gomega.Expect(os.MkdirAll(folder, fs.ModePerm)).To(gomega.Succeed(), "making the artifacts folder")
	name := filepath.Join(folder, slug(ginkgo.CurrentSpecReport().FullText())+"."+ending)
	gomega.Expect(os.WriteFile(name, content, 0o666)).To(gomega.Succeed(), "leaving an artifact")
	ginkgo.AddReportEntry(entry, name, ginkgo.ReportEntryVisibilityFailureOrVerbose)
	return name
}

// again is the command that repeats a spec in the module's folder.
func again(text string) string {
	_, suite := module()
	return "go test " + suite + " -ginkgo.focus " + shell.Quote(regexp.QuoteMeta(text)+"$")
}

// slug makes a file name from a spec's text. The CRC keeps the names of long texts different.
func slug(text string) string {
	const longest = 80
	words := strings.FieldsFunc(strings.ToLower(text), func(c rune) bool { return (c < 'a' || c > 'z') && (c < '0' || c > '9') })
	return fmt.Sprintf("%.*s-%08x", longest, strings.Join(words, "-"), crc32.ChecksumIEEE([]byte(text)))
}
