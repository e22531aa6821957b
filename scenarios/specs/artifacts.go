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

// Folder is where failed specs leave their files: that of the environment's IONBENCH_ARTIFACTS,
// or else artifacts beside the suite's go.mod.
func Folder() string {
	if folder := os.Getenv("IONBENCH_ARTIFACTS"); folder != "" {
		return folder
	}
	root, _ := module()
	return filepath.Join(root, "artifacts")
}

// module is the folder of the module in which the suite runs, and the suite's place in it, as
// "./scenarios". A test runs in the folder of its package.
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

// entry names the report entries with the files.
const entry = "artifact"

// LeaveOnFailure has the spec, if it fails, leave files with its artifacts, and the commands
// that repeat it. Of several calls in a spec the last one counts. Names come from the spec's
// text, so that parallel processes do not meet.
func LeaveOnFailure(artifacts func() scenarios.Artifacts) {
	ginkgo.DeferOnFailure(func() { leave(artifacts()) })
}

func leave(a scenarios.Artifacts) {
	spec := ginkgo.CurrentSpecReport()
	for _, e := range spec.ReportEntries {
		if e.Name == entry {
			return // what was set up after this one has left its own
		}
	}
	for _, f := range []struct{ ending, content string }{{"trace.txt", a.Trace}, {"plan.txt", a.Plan}, {"log.txt", a.Log}} {
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

// Leave writes one more file of the spec at work, and returns its path. The ending, such as
// "atlas.json", tells the files of a spec apart.
func Leave(ending string, content []byte) string {
	ginkgo.GinkgoHelper()
	folder := Folder()
	gomega.Expect(os.MkdirAll(folder, fs.ModePerm)).To(gomega.Succeed(), "making the artifacts folder")
	name := filepath.Join(folder, slug(ginkgo.CurrentSpecReport().FullText())+"."+ending)
	gomega.Expect(os.WriteFile(name, content, 0o666)).To(gomega.Succeed(), "leaving an artifact")
	ginkgo.AddReportEntry(entry, name, ginkgo.ReportEntryVisibilityFailureOrVerbose)
	return name
}

// again is the command that repeats a spec, from the module's folder.
func again(text string) string {
	_, suite := module()
	return "go test " + suite + " -ginkgo.focus " + shell.Quote(regexp.QuoteMeta(text)+"$")
}

// slug makes a file name of a spec's text; its CRC tells long texts apart.
func slug(text string) string {
	const longest = 80
	words := strings.FieldsFunc(strings.ToLower(text), func(c rune) bool { return (c < 'a' || c > 'z') && (c < '0' || c > '9') })
	return fmt.Sprintf("%.*s-%08x", longest, strings.Join(words, "-"), crc32.ChecksumIEEE([]byte(text)))
}
