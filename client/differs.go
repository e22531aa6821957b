package client

import (
	"ionbench/client/dcf"
	"ionbench/simulator/ion"
)

// TemplateDiffers returns the settings that a template for this product sets to something else
// than they are. A template that cannot be sent sets nothing.
func TemplateDiffers(f *dcf.File, product uint16, s *ion.Settings) ion.SettingSet {
	writes, err := templateWrites(f, product)
	if err != nil {
		return 0
	}
	var set ion.SettingSet
	for _, w := range writes {
		if w.setting == ion.TemplateName {
			if w.value.Text != s.Template {
				set = set.With(ion.TemplateName)
			}
		} else if !w.holds(s.Values[w.setting], 0) {
			set = set.With(w.setting)
		}
	}
	return set
}
