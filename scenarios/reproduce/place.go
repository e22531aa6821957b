package reproduce

import "ionbench/simulator/fault"

// Place is where something went wrong, to look for it on site.
type Place string

// The places, in the order in which they are looked at.
const (
	OnLine   Place = "the line"
	InSupply Place = "the meter's power"
	InMeter  Place = "the meter"
	InChip   Place = "the meter's flash chip"
	InAnswer Place = "answers and gateways"
	InIP     Place = "the network"
	InCall   Place = "the telephone"
	OnPC     Place = "the PC"
	Nowhere  Place = "nowhere"
)

// Places are all places, in their order.
func Places() []Place {
	return []Place{OnLine, InSupply, InMeter, InChip, InAnswer, InIP, InCall, OnPC, Nowhere}
}

// Place is where the candidate's first fault struck.
func (c *Candidate) Place() Place {
	if len(c.Plan) == 0 {
		return Nowhere
	}
	k := c.Plan[0].Kind
	switch causeOf(k) {
	case powerGone, dipped, brownOut:
		return InSupply
	}
	switch k.Place() {
	case fault.PlaceLine:
		return OnLine
	case fault.PlaceMeter:
		return InMeter
	case fault.PlaceChip:
		return InChip
	case fault.PlaceReply:
		return InAnswer
	case fault.PlaceIP:
		return InIP
	case fault.PlacePhone:
		return InCall
	}
	return OnPC
}
