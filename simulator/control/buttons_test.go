package control

import (
	"regexp"
	"slices"
	"testing"
)

func TestThePageHasTheButtonsOfTheTableAndEachStrikes(t *testing.T) {
	page, err := web.ReadFile("web/index.html")
	if err != nil {
		t.Fatal(err)
	}
	var onPage, inTable [][2]string
	for _, m := range regexp.MustCompile(`<button type="button" data-fault="([^"]+)">([^<]+)</button>`).FindAllStringSubmatch(string(page), -1) {
		onPage = append(onPage, [2]string{m[2], m[1]})
	}
	m := serveOne(t)
	for _, b := range Buttons() {
		inTable = append(inTable, [2]string{b.Label, b.Fault})
		if _, err := m.client().Strike(t.Context(), b.Fault); err != nil && b.Name != "lose-answer" {
			t.Errorf("%s: %v", b.Name, err)
		}
	}
	if !slices.Equal(onPage, inTable) {
		t.Errorf("on the page %q, in the table %q", onPage, inTable)
	}
}
