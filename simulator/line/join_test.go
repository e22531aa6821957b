package line

import (
	"bytes"
	"slices"
	"testing"
	"time"
)

// Sets of stations beside the meter.
const (
	second Senders = 1 << 1
	third  Senders = 1 << 2
)

const byteTime = time.Second / 960 // at 9600 baud

func TestStationsThatTalkAtTheSameTimeGarbleEachOther(t *testing.T) {
	for _, test := range []struct {
		name   string
		baud   int
		behind int // bytes of the meter that are past when the other station begins
		want   []byte
		who    Senders
	}{
		{"from the first byte on", 9600, 0, []byte{0x41, 0x41, 0x41, 0x41}, TheMeter | second},
		{"from the byte on the wire", 9600, 2, []byte{0x55, 0x55, 0x41, 0x41, 0x63, 0x63}, TheMeter | second},
		{"not behind the last one", 9600, 4, []byte{0x55, 0x55, 0x55, 0x55, 0x63, 0x63, 0x63, 0x63}, TheMeter | second},
		{"where bytes take no time", 0, 0, []byte{0x41, 0x41, 0x41, 0x41}, TheMeter | second},
	} {
		t.Run(test.name, func(t *testing.T) {
			l := New(test.baud)
			l.Send(0, FromMeter, bytes.Repeat([]byte{0x55}, 4))
			l.Join(time.Duration(test.behind)*byteTime+time.Microsecond*time.Duration(min(1, test.behind)), second, bytes.Repeat([]byte{0x63}, 4))
			got := content(take(&l, time.Second, false), FromMeter)
			if !bytes.Equal(got, test.want) {
				t.Errorf("% x arrive, want % x", got, test.want)
			}
			if l.Senders() != test.who {
				t.Errorf("stations %b sent it, want %b", l.Senders(), test.who)
			}
		})
	}
}

func TestTheMeterCollidesWithAStationThatTalksAlready(t *testing.T) {
	l := New(9600)
	l.Join(0, second, []byte{0x0F, 0x0F})
	l.Send(0, FromMeter, []byte{0x33, 0x33, 0x33})
	if got := content(take(&l, time.Second, false), FromMeter); !bytes.Equal(got, []byte{0x03, 0x03, 0x33}) {
		t.Errorf("% x arrive", got)
	}
	l.Send(time.Second, FromMeter, []byte{1})
	take(&l, 2*time.Second, false)
	if l.Senders() != TheMeter {
		t.Errorf("stations %b sent what the meter sent alone", l.Senders())
	}
}

func TestAStationCollidesWithTheHost(t *testing.T) {
	l := New(9600)
	l.Send(0, ToMeter, []byte{0x55, 0x55})
	l.Join(0, second, []byte{0x63, 0x63})
	got := take(&l, time.Second, false)
	for _, d := range []Direction{ToMeter, FromMeter} {
		if b := content(got, d); !bytes.Equal(b, []byte{0x41, 0x41}) {
			t.Errorf("% x arrive %v", b, d)
		}
	}
}

func TestAStationSendsFramesOneAfterTheOther(t *testing.T) {
	l := New(9600)
	l.Join(0, second, []byte{1, 2})
	l.Join(0, second, []byte{3})
	if !l.Sending(second) || l.Sending(third) || l.Sending(TheMeter) {
		t.Error("it is not the one that is sending")
	}
	if got := content(take(&l, time.Second, false), FromMeter); !slices.Equal(got, []byte{1, 2, 3}) || l.Sending(second) {
		t.Errorf("% x arrive", got)
	}
}

// Stations that always talk into each other would else never be heard.
func TestWhatNeverEndsIsDelivered(t *testing.T) {
	l := New(9600)
	got := 0
	for i := range 200 {
		now := time.Duration(i) * 10 * byteTime
		l.Join(now, second<<(i%2), make([]byte, 15))
		got += len(take(&l, now, false))
	}
	if got == 0 {
		t.Error("nothing has arrived")
	}
}

func TestADeadMetersBytesAreForgottenUnlessOthersTalkToo(t *testing.T) {
	l := New(9600)
	l.Send(0, FromMeter, []byte{1})
	l.DropMeter()
	if l.Sending(TheMeter) {
		t.Error("it is still sending")
	}
	l.Send(0, FromMeter, []byte{1})
	l.Join(0, second, []byte{3, 3})
	l.DropMeter()
	if got := content(take(&l, time.Second, false), FromMeter); !slices.Equal(got, []byte{1, 3}) {
		t.Errorf("% x arrive", got)
	}
}
