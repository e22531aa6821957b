package tree

import (
	"fmt"
	"slices"
	"strings"

	"ionbench/simulator/circuit"
	"ionbench/simulator/ion"
)

// family is the modules of one class: their handles follow one another.
type family struct {
	short, name string // "MX", "Maximum"
	manager     ion.Handle
	class       uint16
	first       ion.Handle
	count       [len(models)]int // on a 7300, a 7330 and a 7350
	labels      []string         // of the first modules; the others are called by their names
	inputs      int              // of each module
	linked      [][]ion.Handle   // the inputs of the first modules, as the factory has linked them
	outputs     []port
	setup       []port
	source      Source
}

// port is a register that each module of a family has, at handles that follow one another.
type port struct {
	first    ion.Handle
	name     string
	kind     Type
	source   Source
	unit     string
	label    string
	shared   bool // one register for all modules
	writable bool
	whole    bool    // only whole numbers can be written
	low      float64 // bounds of what can be written; none if both are 0
	high     float64
	choices  []string
	reading  func(i int) Reading
	labelled func(i int) string
	measured func(i int) string // the unit
}

// all is a family of which every model has the same number.
func all(n int) [len(models)]int { return [...]int{n, n, n} }

// classDataRecorder is the class of data recorders, by which the public client finds their manager.
const classDataRecorder = 537

// revenueLog is the label of the first data recorder, which the public client looks for.
const revenueLog = "Revenue Log"

// MostRecorders is how many data recorders the largest model has.
const MostRecorders = 6

// What the factory sets up, and the bounds of it.
//
// Assumption: the bounds, and the depth of the event log.
const (
	RecorderPeriod     = 900 // seconds between two records
	RecorderInputs     = 16
	MinRecorderPeriod  = 60
	MaxRecorderPeriod  = 86_400
	EventLogDepth      = 500 // entries, which is also the most that there can be
	AlarmPriority      = 127
	HighestPriority    = 255
	RecordCircular     = 0
	RecordStopWhenFull = 1
)

// families is the whole tree. Of classes only 537 and 500 are known, of managers none; which
// registers are whose outputs is documented for the data recorder and inferred for the others. How
// many modules of a class a model has is ours, but for what the selection guide says: channels of
// the data logs (none, 32, 96), and minima and maxima of any parameter on the 7330 and 7350.
func families() []family {
	return []family{
		{short: "FAC", name: "Factory", manager: 0x000F, class: 510, first: ion.HandleFactory, count: all(1), source: Documented,
			outputs: []port{
				own(ion.HandleDeviceType, "Device Type", Text, Documented), own(ion.HandleCompliance, "Compliance", Text, Documented),
				own(ion.HandleOptions, "Options", Text, Documented), own(ion.HandleRevision, "Revision", Text, Documented),
				own(ion.HandleSerial, "Serial Number", Text, Documented), own(ion.HandleFactoryDefaultTemplate, "Factory Default Template", Text, Documented),
				own(HandleIONVersion, "ION Version", Text, Documented),
			},
			setup: []port{
				own(ion.HandleOwner, "Owner", Text, Documented), own(ion.HandleTag1, "Tag 1", Text, Documented), own(ion.HandleTag2, "Tag 2", Text, Documented),
				{first: ion.HandleTemplate, name: "Template", kind: Text, source: Documented, writable: true},
				own(ion.HandleVNominal, "V Nominal", Float, Documented), own(ion.HandleINominal, "I Nominal", Float, Documented),
				own(ion.HandleI4Nominal, "I4 Nominal", Float, Documented), own(ion.HandleI20Nominal, "I20 Nominal", Float, Documented),
				// Assumption: its codes are the frequencies themselves. The public client calls it an enumeration, whose
				// codes are in no record, and has a number beside it. That it takes what lies between, too, is ours.
				{first: ion.HandleNominalFrequency, name: "Nominal Frequency", source: Documented, choices: []string{"50", "60"}},
				{first: ion.HandleFrequencyNumber, name: "Nominal Frequency Number", unit: "Hz", source: Documented},
				own(ion.HandleRatioIa, "Ratio Ia", Float, Ours), own(ion.HandleRatioIa+1, "Ratio Ib", Float, Ours), own(ion.HandleRatioIa+2, "Ratio Ic", Float, Ours),
				own(ion.HandleRatioIa+3, "Phase Ia", Float, Ours), own(ion.HandleRatioIa+4, "Phase Ib", Float, Ours), own(ion.HandleRatioIa+5, "Phase Ic", Float, Ours),
			}},
		{short: "PM", name: "Power Meter", manager: 0x0004, class: 500, first: ion.HandlePowerMeter, count: all(1), labels: []string{"1 s Power Meter"}, source: Documented,
			outputs: powerMeter(),
			setup: []port{
				own(ion.HandlePTPrimary, "PT Prim", Float, Ours), own(ion.HandlePTSecondary, "PT Sec", Float, Ours), own(ion.HandleCTPrimary, "CT Prim", Float, Ours), own(ion.HandleCTSecondary, "CT Sec", Float, Ours),
				{first: ion.HandleVoltsMode, name: "Volts Mode", source: Ours, choices: []string{"4W-Wye", "Delta", "Single", "Demo", "3W-Wye", "Direct Delta"}},
			}},
		{short: "MV PM", name: "Mean Value Power Meter", manager: 0x0010, class: 501, first: 0x0101, count: all(1), source: Documented, outputs: shortMeter(0x5B23)},
		{short: "HS PM", name: "High-Speed Power Meter", manager: 0x0011, class: 502, first: 0x0102, count: all(1), source: Documented, outputs: shortMeter(0x5828)},
		{short: "INT", name: "Integrator", manager: 0x0006, class: 511, first: 0x0500, count: [...]int{9, 16, 16}, labels: energyLabels(), inputs: 1, linked: energyInputs(), source: Documented,
			outputs: []port{
				{first: ion.HandleIntegrated, name: "Result", source: Documented, reading: energyReading, labelled: energyLabel, measured: energyUnit},
				own(0x6826, "Trigger", Pulse, Documented), happenings(),
			},
			setup: []port{
				{first: 0x721E, name: "RollValue", source: Documented, reading: constant(ion.FloatValue(ion.MaxEnergy))},
				{first: 0x78D8, name: "Int Mode", kind: Enumerated, source: Documented, choices: []string{"Forward", "Reverse", "Absolute", "Net"}, reading: energyMode},
			}},
		{short: "MN", name: "Minimum", manager: 0x0007, class: 512, first: 0x0580, count: [...]int{3, 32, 32}, inputs: 1, linked: linkedTo(minima()), source: Documented,
			outputs: extremePort(ion.HandleLeast, "Minimum", Least, minima(), " mn")},
		{short: "MX", name: "Maximum", manager: 0x0008, class: 513, first: 0x0600, count: [...]int{9, 32, 32}, inputs: 1, linked: linkedTo(maxima()), source: Documented,
			outputs: extremePort(ion.HandleMost, "Maximum", Most, maxima(), " mx")},
		{short: "SWD", name: "Sliding Window Demand", manager: 0x0009, class: 514, first: 0x0700, count: all(3), labels: []string{"kW swd", "kVAR swd", "kVA swd"}, inputs: 1,
			linked: [][]ion.Handle{{handleOf(circuit.KWTotal)}, {handleOf(circuit.KVARTotal)}, {handleOf(circuit.KVATotal)}}, source: Ours,
			outputs: []port{{first: ion.HandleDemand, name: "SWinDemand", source: Ours, reading: demand, labelled: func(i int) string { return demand(i).Quantity.String() },
				measured: func(i int) string { return demand(i).Quantity.Unit() }}}},
		{short: "DR", name: "Data Recorder", manager: 0x000B, class: classDataRecorder, first: FirstRecorder, count: [...]int{0, 2, MostRecorders}, labels: []string{revenueLog},
			inputs: RecorderInputs, linked: [][]ion.Handle{recorded()}, source: Documented,
			outputs: []port{
				{first: HandleRecorderLog, name: "Data Log", kind: Log, source: Documented},
				{first: HandleRecordsLeft, name: "Records Left", source: Documented},
				happenings(),
			},
			setup: []port{{first: ion.HandleRecordMode, name: "RecordMode", kind: Enumerated, source: Documented, writable: true, choices: []string{RecordCircular: "Circular", RecordStopWhenFull: "Stop-when-full"}, reading: constant(ion.UnsignedValue(RecordCircular, 1))}}},
		{short: "ELC", name: "Event Log Controller", manager: 0x000C, class: 520, first: ion.HandleEventLogController, count: all(1), source: Documented,
			outputs: []port{{first: ion.HandleEventLog, name: "Event Log", kind: Log, source: Documented}},
			setup: []port{
				{first: ion.HandleEventLogDepth, name: "Depth", kind: Unsigned, source: Documented, writable: true, whole: true, low: 1, high: EventLogDepth, reading: constant(ion.UnsignedValue(EventLogDepth, 4))},
				{first: ion.HandleAlarmPriority, name: "Alarm Priority", kind: Unsigned, source: Documented, writable: true, whole: true, high: HighestPriority, reading: constant(ion.UnsignedValue(AlarmPriority, 1))},
				{first: ion.HandleEventCutoff, name: "Cutoff", kind: Unsigned, source: Documented, writable: true, whole: true, high: HighestPriority},
			}},
		{short: "PRT", name: "Periodic Timer", manager: 0x000D, class: 521, first: 0x0980, count: [...]int{0, 4, 4}, labels: []string{"Revenue Log Timer"}, source: Documented,
			outputs: []port{own(0x688E, "Trigger", Pulse, Documented), happenings()},
			setup: []port{
				{first: ion.HandlePeriod, name: "Period", unit: "s", source: Documented, writable: true, whole: true, low: MinRecorderPeriod, high: MaxRecorderPeriod, reading: constant(ion.FloatValue(RecorderPeriod))},
				{first: ion.HandleTimerSync, name: "Sync Mode", kind: Enumerated, source: Documented, writable: true, choices: []string{"Sync to UTC", "Trigger on sync"}, reading: constant(ion.UnsignedValue(0, 1))},
			}},
		// That models with multi-year scheduling have one, and that nobody has set it up, so that all the
		// year is of rate A, is ours.
		{short: "TOU", name: "Time of Use", manager: 0x0012, class: 523, first: 0x1F00, count: [...]int{0, 1, 1}, source: Documented,
			outputs: statuses(), setup: schedules()},
		{short: "CLK", name: "Clock", manager: 0x000E, class: 522, first: ion.HandleClock, count: all(1), source: Documented,
			outputs: []port{
				own(ion.HandleUniversalTime, "Universal Time", Unsigned, Documented), own(HandleDST, "DST Flag", Bool, Documented),
				own(HandleYear, "Local Year", Unsigned, Documented), own(HandleMonth, "Local Month", Unsigned, Inferred),
				own(HandleDay, "Local Day", Unsigned, Documented), own(HandleHour, "Local Hour", Unsigned, Inferred),
				own(HandleMinute, "Local Minute", Unsigned, Documented), own(HandleSecond, "Local Second", Unsigned, Inferred),
				own(HandleWeekday, "Local Day of Week", Unsigned, Documented),
				own(0x6FF6, "New Year", Pulse, Documented), own(0x6FF7, "New Month", Pulse, Inferred), own(0x6FF8, "New Day", Pulse, Documented),
				own(0x6FF9, "New Hour", Pulse, Inferred), own(0x6FFA, "New Minute", Pulse, Documented),
			},
			setup: []port{
				own(ion.HandleTZOffset, "TZ Offset", Signed, Inferred), own(ion.HandleDSTStart, "DST Start", Unsigned, Documented), own(ion.HandleDSTEnd, "DST End", Unsigned, Inferred),
				own(ion.HandleDSTOffset, "DST Offset", Signed, Documented),
				{first: ion.HandleTimeSyncType, name: "TimeSync Type", source: Documented, choices: []string{"UTC", "Local"}},
			}},
	}
}

// apart are registers that belong to no module.
func apart() []port {
	list := []port{
		own(ion.HandleImageCRC, "CRC-32 of the image that runs", Unsigned, Ours),
		own(ion.HandleReset, "Settings that were reset", Unsigned, Ours),
	}
	for i, name := range [ion.KindCount]string{"PT/CT", "Clock", "Nameplate", "Energy Readings", "ITC", "Template"} {
		list = append(list, own(ion.HandleChanges+ion.Handle(i), "Changes of "+name, Unsigned, Ours))
	}
	for i := range ion.EnergyCount {
		p := own(ion.HandleCounted+ion.Handle(i), energyLabel(i)+", as counted", Float, Ours)
		p.unit, p.writable = energyUnit(i), true
		list = append(list, p)
	}
	return list
}

// Registers of the tree that package ion does not name.
const (
	HandleIONVersion ion.Handle = 0x772E
	HandleYear       ion.Handle = 0x3E97
	HandleMonth      ion.Handle = 0x3E98
	HandleDay        ion.Handle = 0x3E99
	HandleHour       ion.Handle = 0x3E9A
	HandleMinute     ion.Handle = 0x3E9B
	HandleSecond     ion.Handle = 0x3E9C
	HandleWeekday    ion.Handle = 0x3E9D
	HandleDST        ion.Handle = 0x6113
	// HandleMondayStatus is that of the first day of the week, of a time-of-use module.
	HandleMondayStatus ion.Handle = 0x62D6
	FirstRecorder      ion.Handle = 0x0800 // the data recorder that is the Revenue Log
	HandleRecorderLog  ion.Handle = 0x0F80 // of the first data recorder; the others follow
	HandleRecordsLeft  ion.Handle = 0x5D7B // likewise
)

// own is a register that the meter itself fills.
func own(h ion.Handle, name string, kind Type, source Source) port {
	return port{first: h, name: name, kind: kind, source: source}
}

// happenings is the register at which modules tell what happens to them: one for all that have it.
func happenings() port {
	return port{first: 0x1100, name: "Event", kind: Event, source: Documented, shared: true}
}

// everyEighth is where the registers of a time-of-use module are: there are handles for eight modules, one
// register's behind another's.
//
// Assumption: the public client names about every other one, as documented here. What stands between them
// follows from the steps and the names around it.
func everyEighth(first ion.Handle, names ...string) (list []port) {
	for i, name := range names {
		name, named := strings.CutPrefix(name, "*")
		p := own(first+ion.Handle(8*i), name, Bool, Inferred)
		if named {
			p.source = Documented
		}
		list = append(list, p)
	}
	return list
}

// statuses are what a time-of-use module says of now. A star is what the public client names.
func statuses() []port {
	rates := everyEighth(0x6234, "*Rate A Status", "Rate B Status", "*Rate C Status", "Rate D Status",
		"Season 1 Status", "*Season 2 Status", "Season 3 Status", "*Season 4 Status")
	kinds := everyEighth(0x62AE, "*Weekday Status", "Weekend Status", "*Alternative 1 Status", "Alternative 2 Status", "*Holiday Status")
	for _, list := range [][]port{rates, kinds} {
		for i := range list {
			list[i].reading = constant(ion.BoolValue(list[i].first == rates[0].first))
		}
	}
	days := everyEighth(HandleMondayStatus, "*Monday Status", "Tuesday Status", "*Wednesday Status", "Thursday Status", "*Friday Status", "Saturday Status", "*Sunday Status")
	pulses := []port{own(0x6F26, "Rate Change", Pulse, Documented), own(0x6DAE, "Self Read", Pulse, Documented)}
	return slices.Concat(rates, kinds, days, pulses)
}

// schedules are the setup of a time-of-use module, which nobody has written.
func schedules() []port {
	list := everyEighth(0x50AF, "*Season 1", "*Season 2", "*Season 3", "*Season 4")
	for i := range 4 {
		season := fmt.Sprintf("Season %d ", i+1)
		list = append(list, everyEighth(0x50CF+ion.Handle(5*8*i),
			season+"Weekday", "*"+season+"Weekend", season+"Alternative 1", "*"+season+"Alternative 2", season+"Holiday")...)
	}
	list = append(list, everyEighth(0x516F, "*Weekday Days", "Weekend Days", "*Alternative 1 Dates", "Alternative 2 Dates", "*Holiday Dates")...)
	for i := range list {
		list[i].kind, list[i].reading = Text, constant(ion.TextValue(""))
	}
	return list
}

func constant(v ion.Value) func(int) Reading {
	return func(int) Reading { return Reading{Kind: Constant, Value: v} }
}

// handleOf is the register of the power meter, or of a demand, that has a quantity.
func handleOf(q circuit.Quantity) ion.Handle {
	switch {
	case q >= circuit.KWDemand:
		return ion.HandleDemand + ion.Handle(q-circuit.KWDemand)
	case q >= circuit.VUnbalance:
		return ion.HandleVUnbalance + ion.Handle(q-circuit.VUnbalance)
	}
	return ion.HandleVa + ion.Handle(q)
}

func demand(i int) Reading {
	return Reading{Kind: Instant, Quantity: circuit.KWDemand + circuit.Quantity(i)}
}

// powerMeter has the quantities of an instant, in their order: documented are those up to kVAR.
func powerMeter() []port {
	var list []port
	for q := circuit.Va; q < circuit.KWDemand; q++ {
		source := Documented
		if q > circuit.KVARTotal {
			source = Inferred
		}
		list = append(list, quantityPort(handleOf(q), q, Instant, q.String(), source))
		if q == circuit.PFTotal {
			list = append(list, factors(0x581C, Leading, "PF lead ")...)
			list = append(list, factors(0x5820, Lagging, "PF lag ")...)
		}
	}
	return list
}

func factors(first ion.Handle, kind ReadingKind, name string) []port {
	var list []port
	for i, phase := range [...]string{"a", "b", "c", "tot"} {
		list = append(list, quantityPort(first+ion.Handle(i), circuit.PFa+circuit.Quantity(i), kind, name+phase, Inferred))
	}
	return list
}

// shortMeter has the other power meters' quantities: the first 18 of the 1 s power meter, in its order.
func shortMeter(first ion.Handle) []port {
	var list []port
	for q := circuit.Va; q <= circuit.KVARb; q++ {
		list = append(list, quantityPort(first+ion.Handle(q), q, Instant, q.String(), Documented))
	}
	return list
}

func quantityPort(h ion.Handle, q circuit.Quantity, kind ReadingKind, name string, source Source) port {
	return port{first: h, name: name, unit: q.Unit(), source: source, reading: func(int) Reading { return Reading{Kind: kind, Quantity: q} }}
}

// energies are what the integrators count, of the five readings of package circuit.
//
// Assumption: what each counts. Clients read the first five.
func energies() []struct {
	label, unit string
	from        circuit.Quantity
	mode        uint64
	mix         circuit.Energy
} {
	const forward, reverse, absolute, net = 0, 1, 2, 3
	return []struct {
		label, unit string
		from        circuit.Quantity
		mode        uint64
		mix         circuit.Energy
	}{
		{"kWh imp", "kWh", circuit.KWTotal, forward, circuit.Energy{circuit.KWhImport: 1}},
		{"kWh exp", "kWh", circuit.KWTotal, reverse, circuit.Energy{circuit.KWhExport: 1}},
		{"kVARh imp", "kVARh", circuit.KVARTotal, forward, circuit.Energy{circuit.KVARhImport: 1}},
		{"kVARh exp", "kVARh", circuit.KVARTotal, reverse, circuit.Energy{circuit.KVARhExport: 1}},
		{"kVAh tot", "kVAh", circuit.KVATotal, absolute, circuit.Energy{circuit.KVAh: 1}},
		{"kWh tot", "kWh", circuit.KWTotal, absolute, circuit.Energy{circuit.KWhImport: 1, circuit.KWhExport: 1}},
		{"kWh net", "kWh", circuit.KWTotal, net, circuit.Energy{circuit.KWhImport: 1, circuit.KWhExport: -1}},
		{"kVARh tot", "kVARh", circuit.KVARTotal, absolute, circuit.Energy{circuit.KVARhImport: 1, circuit.KVARhExport: 1}},
		{"kVARh net", "kVARh", circuit.KVARTotal, net, circuit.Energy{circuit.KVARhImport: 1, circuit.KVARhExport: -1}},
		{"kWh imp a", "kWh", circuit.KWa, forward, circuit.Energy{circuit.KWhImport: circuit.Share(0)}},
		{"kWh imp b", "kWh", circuit.KWb, forward, circuit.Energy{circuit.KWhImport: circuit.Share(1)}},
		{"kWh imp c", "kWh", circuit.KWc, forward, circuit.Energy{circuit.KWhImport: circuit.Share(2)}},
		{"kVAh a", "kVAh", circuit.KVAa, absolute, circuit.Energy{circuit.KVAh: circuit.Share(0)}},
		{"kVAh b", "kVAh", circuit.KVAb, absolute, circuit.Energy{circuit.KVAh: circuit.Share(1)}},
		{"kVAh c", "kVAh", circuit.KVAc, absolute, circuit.Energy{circuit.KVAh: circuit.Share(2)}},
		{"kVARh imp a", "kVARh", circuit.KVARa, forward, circuit.Energy{circuit.KVARhImport: circuit.Share(0)}},
	}
}

func energyLabel(i int) string { return energies()[i].label }

func energyUnit(i int) string { return energies()[i].unit }

func energyReading(i int) Reading { return Reading{Kind: Counted, Mix: energies()[i].mix} }

func energyMode(i int) Reading {
	return Reading{Kind: Constant, Value: ion.UnsignedValue(energies()[i].mode, 1)}
}

func energyLabels() (labels []string) {
	for _, e := range energies() {
		labels = append(labels, e.label)
	}
	return labels
}

func energyInputs() (inputs [][]ion.Handle) {
	for _, e := range energies() {
		inputs = append(inputs, []ion.Handle{handleOf(e.from)})
	}
	return inputs
}

// maxima are what the maximum modules look at. The first nine are those of the documented Modbus
// map, all that a 7300 has.
func maxima() []circuit.Quantity {
	return []circuit.Quantity{
		circuit.VlnAverage, circuit.IAverage, circuit.KWTotal, circuit.KVARTotal, circuit.KVATotal, circuit.Frequency,
		circuit.KWDemand, circuit.KVARDemand, circuit.KVADemand,
		circuit.Va, circuit.Vb, circuit.Vc, circuit.Vab, circuit.Vbc, circuit.Vca, circuit.VllAverage,
		circuit.Ia, circuit.Ib, circuit.Ic, circuit.KWa, circuit.KWb, circuit.KWc, circuit.KVARa, circuit.KVARb, circuit.KVARc,
		circuit.KVAa, circuit.KVAb, circuit.KVAc, circuit.PFTotal, circuit.VUnbalance, circuit.IUnbalance, circuit.I4,
	}
}

// minima are what the minimum modules look at. The first three are those of the documented Modbus
// map, all that a 7300 has.
func minima() []circuit.Quantity {
	return []circuit.Quantity{
		circuit.VlnAverage, circuit.IAverage, circuit.Frequency,
		circuit.KWTotal, circuit.KVARTotal, circuit.KVATotal, circuit.PFTotal,
		circuit.Va, circuit.Vb, circuit.Vc, circuit.Vab, circuit.Vbc, circuit.Vca, circuit.VllAverage,
		circuit.Ia, circuit.Ib, circuit.Ic, circuit.KWa, circuit.KWb, circuit.KWc, circuit.KVARa, circuit.KVARb, circuit.KVARc,
		circuit.KVAa, circuit.KVAb, circuit.KVAc, circuit.KWDemand, circuit.KVARDemand, circuit.KVADemand,
		circuit.VUnbalance, circuit.IUnbalance, circuit.I4,
	}
}

func linkedTo(quantities []circuit.Quantity) (inputs [][]ion.Handle) {
	for _, q := range quantities {
		inputs = append(inputs, []ion.Handle{handleOf(q)})
	}
	return inputs
}

func extremePort(first ion.Handle, name string, kind ReadingKind, of []circuit.Quantity, suffix string) []port {
	return []port{{first: first, name: name, source: Documented,
		reading:  func(i int) Reading { return Reading{Kind: kind, Quantity: of[i]} },
		labelled: func(i int) string { return of[i].String() + suffix },
		measured: func(i int) string { return of[i].Unit() }}, happenings()}
}

// recorded is what the Revenue Log records.
//
// Assumption: the list. Clients have seen energies, kW tot, kVAR tot and Vln avg in one.
func recorded() []ion.Handle {
	return []ion.Handle{
		ion.HandleIntegrated, ion.HandleIntegrated + 1, ion.HandleIntegrated + 2, ion.HandleIntegrated + 3, ion.HandleIntegrated + 4,
		handleOf(circuit.KWTotal), handleOf(circuit.KVARTotal), handleOf(circuit.KVATotal),
		handleOf(circuit.VlnAverage), handleOf(circuit.VllAverage), handleOf(circuit.IAverage), handleOf(circuit.PFTotal),
		handleOf(circuit.Frequency), handleOf(circuit.KWDemand), handleOf(circuit.VUnbalance), handleOf(circuit.IUnbalance),
	}
}
