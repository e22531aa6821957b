package judge

import (
	"cmp"
	"embed"
	"fmt"
	"io"
	"net/url"
	"path/filepath"
	"slices"
	"strings"

	"ionbench/scenarios/webpage"
)

//go:embed web
var web embed.FS

// page is the data of the template.
type page struct {
	webpage.Head
	Verdict                 string
	Facts                   [][2]string
	Passed, Failed, Skipped int
	Undecided               int
	Partial                 string       // in what way the suite is not complete
	Duties                  []dutyObject // that were exercised, broken ones first
	Unexercised             []unexercised
	Scenarios               []scenarioView
}

// unexercised are the duties that were not exercised for one reason.
type unexercised struct {
	Why    string
	Duties []dutyObject
}

type scenarioView struct {
	scenarioObject
	Anchor string
	Story  string // address of the page of its story, from the report; empty if there is none
	Text   string
	Runs   []runView
	Tone   string
	Label  string
}

type runView struct {
	attemptObject
	End            string
	Stdout, Stderr string
	ProgramLog     string
}

// WriteHTML writes the report as one HTML page that needs no network and no other file. It is made
// for a folder, from which it links to the stories among the artifacts.
func (r *Report) WriteHTML(folder string, w io.Writer) error {
	style, err := web.ReadFile("web/page.css")
	if err != nil {
		return err
	}
	t, err := webpage.Template(web, "web/page.html")
	if err != nil {
		return err
	}
	p := page{
		Head:    webpage.NewHead(fmt.Sprintf("Judged: %s", r.Target.Upgrade), string(style), ""),
		Verdict: r.Verdict(),
		Facts: [][2]string{
			{"upgrader", r.Target.Upgrade.String()}, {"recovery", r.Target.forAttempt(true).String()}, {"suite", r.Suite},
			{"transport", r.Target.Transport.String()}, {"time limit", r.Options.limit().String()},
			{"seed", fmt.Sprint(r.Options.Seed)}, {"took", fmt.Sprintf("%.1f s", r.Took.Seconds())},
		},
		Partial: partialWords(r.Partial()), Undecided: r.Undecided(),
	}
	p.Passed, p.Failed, p.Skipped = r.Counts()
	p.Duties, p.Unexercised = dutiesByState(r.Duties())
	for i, s := range r.Results {
		v := s.view()
		v.Anchor = fmt.Sprintf("s-%s-%d", v.Name, i)
		v.Story = s.storyFrom(folder)
		p.Scenarios = append(p.Scenarios, v)
	}
	return t.Execute(w, p)
}

// dutiesByState has what went wrong before what went well, and beside it what nothing was seen of.
func dutiesByState(all []DutyResult) (exercised []dutyObject, others []unexercised) {
	for _, state := range []DutyState{DutyBroken, DutyAdvised, DutyKept} {
		exercised = append(exercised, dutyObjects(slices.DeleteFunc(slices.Clone(all), func(d DutyResult) bool { return d.State != state }))...)
	}
	for _, why := range reasonsOf(all, DutyNotExercised) {
		of := slices.DeleteFunc(slices.Clone(all), func(d DutyResult) bool { return d.State != DutyNotExercised || d.Why != why })
		others = append(others, unexercised{why, dutyObjects(of)})
	}
	return exercised, others
}

// partialWords say to people what Partial has in words of one piece.
func partialWords(why []string) string {
	said := map[string]string{"only": "some scenarios alone were chosen", "skipped": "some could not be played", "undecided": "some have no verdict", "interrupted": "it was interrupted"}
	var all []string
	for _, w := range why {
		all = append(all, cmp.Or(said[w], w))
	}
	return strings.Join(all, ", ")
}

func (r *Result) view() scenarioView {
	v := scenarioView{scenarioObject: r.object(), Text: VerdictText(r), Tone: r.Verdict()}
	v.Name = r.name()
	if r.Again {
		v.Tone = "none"
	}
	v.Label = map[string]string{"pass": "pass", "no": "NO", "skipped": "not played", "none": "no verdict"}[v.Tone]
	for i, a := range r.Attempts {
		v.Runs = append(v.Runs, runView{
			attemptObject: v.Attempts[i], End: a.Exit.String(),
			Stdout: printable(a.Exit.Stdout.Kept()), Stderr: printable(a.Exit.Stderr.Kept()), ProgramLog: printable(a.Log),
		})
	}
	return v
}

// storyFrom is the address of the page of the story from a folder; empty if there is no page.
func (r *Result) storyFrom(folder string) string {
	if !r.Story || folder == "" {
		return ""
	}
	from, err := filepath.Abs(folder)
	if err != nil {
		return ""
	}
	to, err := filepath.Abs(filepath.Join(r.Folder, storyFile))
	if err != nil {
		return ""
	}
	path, err := filepath.Rel(from, to)
	if err != nil {
		return ""
	}
	return (&url.URL{Path: filepath.ToSlash(path)}).String()
}
