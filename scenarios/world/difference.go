package world

import (
	"fmt"

	"ionbench/scenarios/fields"
)

// Difference names the fields in which two worlds differ, such as "[meter] unit-id" or "attempt
// 2 task". A field that is not set differs from one that is set to its default: call Filled on
// both first.
func Difference(a, b *World) []string {
	var list []string
	list = append(list, differences("[meter]", a.Meters, b.Meters, meterFields())...)
	list = append(list, differences("[station]", a.Stations, b.Stations, stationFields())...)
	list = append(list, differences("[pc]", a.PCs, b.PCs, PCFields())...)
	list = append(list, differences("[firmware]", a.Firmware, b.Firmware, firmwareFields())...)
	list = append(list, differences("[template]", a.Templates, b.Templates, templateFields())...)
	for i := range min(len(a.Firmware), len(b.Firmware)) {
		if a.Firmware[i].Own != b.Firmware[i].Own || a.Firmware[i].OwnErr != b.Firmware[i].OwnErr {
			list = append(list, "[firmware] file")
		}
	}
	for i := range min(len(a.Templates), len(b.Templates)) {
		if a.Templates[i].Own != b.Templates[i].Own || a.Templates[i].OwnErr != b.Templates[i].OwnErr {
			list = append(list, "[template] file")
		}
	}
	if len(a.Attempts) != len(b.Attempts) {
		return append(list, fmt.Sprintf("%d attempts and %d", len(a.Attempts), len(b.Attempts)))
	}
	for i := range a.Attempts {
		for _, name := range fields.Difference(attemptFields(), &a.Attempts[i], &b.Attempts[i]) {
			list = append(list, fmt.Sprintf("attempt %d %s", i+1, name))
		}
	}
	return list
}

func differences[V named](what string, a, b []V, table []fields.Field[V]) []string {
	if len(a) != len(b) {
		return []string{fmt.Sprintf("%d %s and %d", len(a), what, len(b))}
	}
	var list []string
	for i := range a {
		if a[i].name() != b[i].name() {
			list = append(list, what+" name")
		}
		for _, name := range fields.Difference(table, &a[i], &b[i]) {
			list = append(list, what+" "+name)
		}
	}
	return list
}
