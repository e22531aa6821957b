package reproduce

import "ionbench/client/upgradelog"

// Text returns the run as the article would print it.
func (r *LoggedRun) Text() []byte {
	var b []byte
	for _, e := range r.Entries {
		b = upgradelog.Append(b, e.Line)
	}
	return b
}
