package meter

import (
	"hash/crc32"
	"testing"
	"time"

	"ionbench/fixtures/firmware"
	"ionbench/simulator/ion"
)

// dictated is an encoding whose orders somebody dictates: it does what xmodem/ENCODINGS.md says, and nothing else.
type dictated struct {
	order    *ion.DownloadRequest // that is to be taken
	asks     time.Duration        // when a clear that is under way is ordered again; 0: there is none
	statuses []ion.Status
}

func (d *dictated) Begin(time.Duration)                            {}
func (d *dictated) End()                                           {}
func (d *dictated) Knock([]byte) (password string, asked bool)     { return "0", true }
func (d *dictated) Refused()                                       {}
func (d *dictated) Receive(time.Duration, []byte)                  {}
func (d *dictated) Next() (time.Duration, bool)                    { return d.asks, d.asks > 0 }
func (d *dictated) Transmit(dst []byte) []byte                     { return dst }
func (d *dictated) Packet(p []byte) Packet                         { return Packet{Bytes: len(p)} }
func (d *dictated) CloneEncoding(Encoding) Encoding                { c := *d; return &c }
func (d *dictated) AppendState(dst []byte, _ time.Duration) []byte { return dst }
func (d *dictated) Advance(time.Duration) {
	d.asks, d.order = 0, &ion.DownloadRequest{Op: ion.OpClear, Begin: true}
}
func (d *dictated) Answered(now time.Duration, r *ion.DownloadReply) {
	if r.Op == ion.OpClear && r.Status == ion.StatusBusy {
		d.asks = now + 250*time.Millisecond
		return
	}
	d.statuses = append(d.statuses, r.Status)
}

func (d *dictated) Order() (r ion.DownloadRequest, ok bool) {
	if d.order == nil {
		return r, false
	}
	r, d.order = *d.order, nil
	return r, true
}

// transfer are the orders of the page for a whole image, but for the restart.
func transfer(image []byte) []ion.DownloadRequest {
	enter := ion.DownloadRequest{Op: ion.OpEnter, Product: 7350, Length: uint32(len(image))}
	list := []ion.DownloadRequest{enter, {Op: ion.OpClear, Begin: true}}
	address := uint32(2 * smallChip().SectorBytes)
	for n, rest := uint32(1), image; len(rest) > 0; n++ {
		part := rest[:min(len(rest), ion.BlockBytes)]
		list = append(list, ion.DownloadRequest{Op: ion.OpBlock, Sequence: n, Address: address, Data: part, CRC: crc32.ChecksumIEEE(part)})
		address, rest = address+uint32(len(part)), rest[len(part):]
	}
	verify := ion.DownloadRequest{Op: ion.OpVerify, Product: enter.Product, Length: enter.Length, CRC: crc32.ChecksumIEEE(image), Dated: 1_204_372_800}
	copy(verify.Revision[:], "7350V284")
	return append(list, verify)
}

// atLoader is a tester at a meter whose loader takes orders as they are dictated.
func atLoader(t *testing.T) (*tester, *dictated) {
	cfg, d := testConfig(), new(dictated)
	cfg.Encoding = d
	x := running(t, cfg)
	d, _ = x.m.encoding.(*dictated)
	x.send([]byte("let me in"))
	x.wait(time.Minute)
	return x, d
}

// orders gives one order after the other, and returns what came of the last one.
func (x *tester) orders(d *dictated, list ...ion.DownloadRequest) ion.Status {
	x.tb.Helper()
	for i := range list {
		had := len(d.statuses)
		d.order = &list[i]
		x.send([]byte("now"))
		x.wait(time.Minute)
		if len(d.statuses) != had+1 {
			x.tb.Fatalf("order %d, %v, has no answer", i+1, list[i].Op)
		}
	}
	return d.statuses[len(d.statuses)-1]
}

func TestWhoMakesTheOrdersOfThePageUpgradesTheMeter(t *testing.T) {
	x, d := atLoader(t)
	image := firmware.Image(2, 20_000)
	half := transfer(image)[:4]
	x.orders(d, half...) // somebody gave up, and begins again
	if got := x.orders(d, transfer(image)...); got != ion.StatusOK {
		t.Fatalf("the image is verified with %v; all: %v", got, d.statuses)
	}
	x.orders(d, ion.DownloadRequest{Op: ion.OpRestart})
	x.wait(time.Minute)
	if got := x.m.Running(); got != "7350V284" || !x.m.HoldsImage(image) {
		t.Errorf("the meter is %v and runs %q", x.m.State(), got)
	}
}

// The other rows of the page's table: a clear that no OpEnter precedes is a repetition, and OpVerify has the
// product and the revision, too.
func TestWhatThePageSaysOfOrdersIsSo(t *testing.T) {
	x, d := atLoader(t)
	list := transfer(firmware.Image(2, 20_000))
	x.orders(d, list[:4]...)
	erased := x.m.Chip().Ops()
	if got := x.orders(d, list[1]); got != ion.StatusOK || x.m.Chip().Ops() != erased {
		t.Errorf("a repeated clear is answered %v, after %d operations more", got, x.m.Chip().Ops()-erased)
	}
	x.orders(d, list[:len(list)-1]...)
	bare := list[len(list)-1]
	bare.Product = 0
	if got := x.orders(d, bare); got != ion.StatusWrongProduct {
		t.Errorf("a verify without a product is answered %v", got)
	}
}
