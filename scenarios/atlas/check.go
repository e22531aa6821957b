package atlas

import (
	"errors"
	"fmt"

	"ionbench/scenarios/trial"
	"ionbench/scenarios/world"
)

// Check says what is wrong with the sweep.
func (s Sweep) Check() error {
	if err := trial.Check(s.World); err != nil {
		return err
	}
	if s.Shards < 0 || s.Shard < 0 || s.Shard > 0 && s.Shard >= s.Shards {
		return fmt.Errorf("there is no shard %d of %d: they are counted from 0", s.Shard, s.Shards)
	}
	if s.Workers < 0 {
		return errors.New("fewer than no workers")
	}
	asked := make(map[string]bool)
	for _, name := range s.Spaces {
		templates, err := templatesOf(name)
		if err != nil {
			return err
		}
		if err := CheckSpace(name, s.World); err != nil {
			return err
		}
		if asked[name] {
			return fmt.Errorf("space %s is asked for twice", name)
		}
		asked[name] = true
		for _, t := range templates {
			asked[t.text] = true
		}
	}
	for _, text := range s.Faults {
		if _, err := parseTemplate(text); err != nil {
			return err
		}
		if asked[text] {
			return fmt.Errorf("%q is asked for twice, or is one of a space that is asked for", text)
		}
		asked[text] = true
	}
	return nil
}

// CheckSpace says why a space cannot be swept in a world; nil if it can.
func CheckSpace(name string, w world.World) error {
	if name == phoneSpace && !byPhone(w) {
		return errors.New("space phone is about a call, and the meter is not called: give a world whose meter has a phone, such as those of `ionbench worlds` with telephone=called")
	}
	return nil
}
