package control

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
)

// watchOf watches a server that is not ionsim, and says how often it was asked for its events.
func watchOf(t *testing.T, events http.HandlerFunc) (asked int, err error) {
	t.Helper()
	var n atomic.Int32
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { n.Add(1); events(w, r) }))
	t.Cleanup(s.Close)
	ctx, cancel := context.WithTimeout(t.Context(), patient)
	defer cancel()
	err = NewClient(strings.TrimPrefix(s.URL, "http://"), "").Watch(ctx, false, func(Event) error { return nil })
	return int(n.Load()), err
}

func TestAWatcherTakesNoEventWithoutEndAndAsksForItOnce(t *testing.T) {
	line := "data: " + strings.Repeat("x", 64<<10)
	for name, end := range map[string]string{"one line": "", "many lines": "\n"} {
		asked, err := watchOf(t, func(w http.ResponseWriter, r *http.Request) {
			for sent := 0; sent < 64*maxEvent && r.Context().Err() == nil; sent += len(line) {
				if _, err := w.Write([]byte(line + end)); err != nil {
					return
				}
			}
		})
		if !errors.Is(err, errLongEvent) || asked != 1 {
			t.Errorf("%s: asked %d times, and then: %v", name, asked, err)
		}
	}
}

func TestAWatcherGivesUpAStreamThatAlwaysBreaks(t *testing.T) {
	asked, err := watchOf(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "100")
		w.Write([]byte("id: 1\n")) // and then it breaks
	})
	if err == nil || errors.Is(err, context.DeadlineExceeded) || asked != maxBreaks {
		t.Errorf("asked %d times, and then: %v", asked, err)
	}
}
