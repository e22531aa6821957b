package cases

import (
	"ionbench/scenarios/fields"
	"ionbench/scenarios/world"
)

// Append appends c as a file that Parse reads. Fields that are not set are left out.
func Append(dst []byte, c *Case) []byte {
	dst = fields.Append(dst, "case", "", fields.Bind(caseFields(), c))
	dst = c.AppendThings(dst)
	for i := range c.Attempts {
		dst = world.AppendAttempt(dst, &c.Attempts[i])
		dst = fields.Append(dst, "expect", "", fields.Bind(expectFields(), &c.Expect[i]))
	}
	return dst
}
