package cases

import (
	"errors"
	"fmt"

	"ionbench/scenarios/fields"
	"ionbench/scenarios/world"
	"ionbench/scenarios/world/tool"
)

// ErrBad is wrapped by every error of Parse.
var ErrBad = errors.New("not a case")

// Parse reads a case. It is strict: what it does not know is an error, and so is what can have
// no effect. It reports up to ten bad lines together; each is a *fields.LineError.
func Parse(b []byte) (*Case, error) {
	c := new(Case)
	format := c.format()
	places, problems := format.Read(b)
	c.attempts, c.expects = places.Of("attempt"), places.Of("expect")
	if problems.Err() == nil {
		c.check(places, problems)
	}
	if err := problems.Err(); err != nil {
		return nil, err
	}
	return c, nil
}

// Describe lists all sections and keys of a case file, for a person who writes one.
func Describe() string {
	format := new(Case).format()
	return format.Describe()
}

// format is the format of a file that is read into c: the case's own section, a world, and an
// expectation for each attempt.
func (c *Case) format() fields.Format {
	sections := []fields.Section{{
		Word: "case", What: "what the case is about", Keys: fields.Bind(caseFields(), new(Case)),
		Open: func(string) ([]fields.Key, error) { return fields.Bind(caseFields(), c), nil },
	}}
	sections = append(sections, world.Sections(&c.World)...)
	sections = append(sections, fields.Section{
		Word: "expect", What: "what must come of the attempt above; what is not said is not looked at", Several: true,
		Keys: fields.Bind(expectFields(), new(Expect)), Open: c.openExpect,
	})
	return fields.Format{Name: "case", First: "case", Bad: ErrBad, Sections: sections}
}

func (c *Case) openExpect(string) ([]fields.Key, error) {
	n := len(c.Attempts)
	switch {
	case n == 0:
		return nil, errors.New("[expect] stands before the first [attempt]; put it behind the attempt that it is about")
	case len(c.Expect) == n:
		return nil, errors.New("the [attempt] above has an [expect] already; put its keys there")
	}
	// If an earlier attempt has no expectation, check reports it at the end.
	c.Expect = append(c.Expect, make([]Expect, n-len(c.Expect))...)
	return fields.Bind(expectFields(), &c.Expect[n-1]), nil
}

// check reports what is wrong with several sections together.
func (c *Case) check(places fields.Places, problems *fields.Problems) {
	if len(places.Of("case")) == 0 {
		problems.Add(0, "there is no [case]; begin with a line [case] and a line title = ...")
	}
	for i := range c.Attempts {
		if i >= len(c.Expect) || c.Expect[i].Outcome == "" {
			problems.Add(c.attempts[i].Line, fmt.Sprintf("this [attempt] has no [expect]; put one behind it with a line outcome = %s", fields.OrList(verdicts().Values)))
			return
		}
	}
	if len(c.Attempts) == 0 {
		problems.Add(0, fmt.Sprintf("there is no [attempt]; add one, with a line task = %s", fields.OrList(tool.Tasks().Values)))
	}
	c.CheckIn(places, problems)
	for i, e := range c.Expect {
		if e.Outcome == Success && len(e.Reasons) > 0 {
			problems.Add(c.expects[i].LineOf("reason"), "a success has no reason; delete the line, or expect another outcome")
		}
	}
}
