package client_test

import (
	"testing"

	"ionbench/client"
	"ionbench/client/dcf"
)

// wantTold checks what the tool said last of the meter.
func (d *desk) wantTold(revision, template string) {
	d.t.Helper()
	told := d.devices[len(d.devices)-1]
	if told.Revision != revision || told.Template != template || told.Download {
		d.t.Errorf("told last: %+v, want %s with template %q", told, revision, template)
	}
	if is := d.m.Settings(d.now).Template; template != "" && is != template {
		d.t.Errorf("the meter has template %q", is)
	}
}

func TestAfterAnUpgradeTheToolTellsWhatTheMeterIsThen(t *testing.T) {
	d := newDesk(t, deskConfig())
	was := d.m.Settings(0).Template
	if err := d.do(client.TaskUpgrade); err != nil {
		t.Fatal(err)
	}
	d.wantTold(d.file.Revision, was)
}

func TestAfterATemplateWasSentItsNameIsTold(t *testing.T) {
	f, err := dcf.Parse([]byte("[template]\nname = Plant C\n"))
	if err != nil {
		t.Fatal(err)
	}
	d := newDesk(t, deskConfig())
	d.template = f
	if err := d.do(client.TaskSendTemplate); err != nil {
		t.Fatal(err)
	}
	d.wantTold("7350V282", "Plant C")
}
