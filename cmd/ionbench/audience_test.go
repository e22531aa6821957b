package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ionbench/cmd/internal/cli"
	"ionbench/cmd/internal/serving"
	"ionbench/simulator/control"
)

func TestTheMetersOfAJudgeCanBeLookedAtAndStruckByNobody(t *testing.T) {
	keys, seenAll := filepath.Join(t.TempDir(), "keys"), filepath.Join(t.TempDir(), "seen")
	t.Setenv("IONSIM_KEYS", keys)
	type result struct {
		code cli.Status
		errs string
	}
	ended := make(chan result, 1)
	go func() {
		code, _, errs := call(t, "", "judge", "--shell", "--upgrader", "until [ -e "+seenAll+" ]; do sleep 0.05; done; exit 1", "--only", "undisturbed,killed", "--http", "0")
		ended <- result{code, errs}
	}()
	k := clientOf(t, keys)
	var seen control.Meters
	for until := time.Now().Add(2 * time.Minute); len(seen.Meters) < 2; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(until) {
			t.Fatalf("meters: %+v", seen)
		}
		list, err := k.Meters(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		seen = list
	}
	own := k.Of("undisturbed")
	m, err := own.Meter(t.Context())
	if err != nil || m.State != "application" || m.LookOnly != "a program is judged by it" || m.Title == "" {
		t.Errorf("%+v, %v", m, err)
	}
	var refused *control.RefusedError
	if _, err := own.Strike(t.Context(), "cable-pull"); !errors.As(err, &refused) || refused.Status != 409 {
		t.Errorf("a fault by hand: %v", err)
	}
	if err := os.WriteFile(seenAll, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	r := <-ended
	if r.code != cli.Failed || !strings.Contains(r.errs, "look at it: http://127.0.0.1:") {
		t.Errorf("exit %d, %s", r.code, r.errs)
	}
	if left, _ := filepath.Glob(filepath.Join(keys, "*")); len(left) > 0 {
		t.Errorf("keys are left: %v", left)
	}
}

func TestTheMeterThatAFailureLeftIsStruckByHandOverHTTP(t *testing.T) {
	keys := filepath.Join(t.TempDir(), "keys")
	t.Setenv("IONSIM_KEYS", keys)
	l := serveLeft(t, fieldLog(t, "upgrade-failed.log"), "--pace", "off", "--http", "0")
	k := clientOf(t, keys)
	m, err := k.Meter(t.Context())
	if err != nil || m.LCD != "Upgrading…" || m.State == "application" {
		t.Errorf("the meter is %+v, %v", m, err)
	}
	if _, err := k.Strike(t.Context(), "cable-pull"); err != nil {
		t.Error(err)
	}
	code, errs := l.ended()
	if code != cli.Done || !strings.Contains(errs, "to do again what was done by hand: --fault 'cable-pull at ") {
		t.Errorf("exit %d, %s", code, errs)
	}
}

// clientOf waits for the only key and returns a client of its server.
func clientOf(t *testing.T, keys string) *control.Client {
	t.Helper()
	for until := time.Now().Add(2 * time.Minute); ; time.Sleep(5 * time.Millisecond) {
		key, err := serving.FindKey(keys, serving.Wanted{}, func(string) bool { return true })
		if err == nil {
			return control.NewClient(key.HTTP, key.Token)
		}
		if time.Now().After(until) {
			t.Fatal(err)
		}
	}
}
