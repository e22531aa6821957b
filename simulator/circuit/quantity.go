package circuit

import "strconv"

// Quantity is something that is measured at an instant.
type Quantity uint8

// The quantities, phases a, b and c in this order, with their mean or total behind them.
const (
	Va         Quantity = iota // V, line to neutral
	Vb                         //
	Vc                         //
	VlnAverage                 //
	Vab                        // V, line to line
	Vbc                        //
	Vca                        //
	VllAverage                 //
	Ia                         // A
	Ib                         //
	Ic                         //
	IAverage                   //
	KWa                        // kW, below zero when the circuit delivers
	KWb                        //
	KWc                        //
	KWTotal                    //
	KVARa                      // kVAR, below zero when the current leads
	KVARb                      //
	KVARc                      //
	KVARTotal                  //
	KVAa                       // kVA
	KVAb                       //
	KVAc                       //
	KVATotal                   //
	PFa                        // %: kW for each kVA
	PFb                        //
	PFc                        //
	PFTotal                    //
	VUnbalance                 // %: the largest distance from the mean
	IUnbalance                 //
	Frequency                  // Hz
	I4                         // A, in the neutral
	KWDemand                   // mean of the 15 minutes before, new every five minutes
	KVARDemand                 //
	KVADemand                  //
	Quantities                 // how many there are
)

type quantityText struct{ name, unit string }

func quantityTexts() [Quantities]quantityText {
	return [Quantities]quantityText{
		{"Vln a", "V"}, {"Vln b", "V"}, {"Vln c", "V"}, {"Vln avg", "V"},
		{"Vll ab", "V"}, {"Vll bc", "V"}, {"Vll ca", "V"}, {"Vll avg", "V"},
		{"I a", "A"}, {"I b", "A"}, {"I c", "A"}, {"I avg", "A"},
		{"kW a", "kW"}, {"kW b", "kW"}, {"kW c", "kW"}, {"kW tot", "kW"},
		{"kVAR a", "kVAR"}, {"kVAR b", "kVAR"}, {"kVAR c", "kVAR"}, {"kVAR tot", "kVAR"},
		{"kVA a", "kVA"}, {"kVA b", "kVA"}, {"kVA c", "kVA"}, {"kVA tot", "kVA"},
		{"PF sign a", "%"}, {"PF sign b", "%"}, {"PF sign c", "%"}, {"PF sign tot", "%"},
		{"V unbal", "%"}, {"I unbal", "%"}, {"Freq", "Hz"}, {"I4", "A"},
		{"kW swd", "kW"}, {"kVAR swd", "kVAR"}, {"kVA swd", "kVA"},
	}
}

// String is the name of the quantity on meters of the family, such as "kW tot".
func (q Quantity) String() string {
	if q >= Quantities {
		return "quantity " + strconv.Itoa(int(q))
	}
	return quantityTexts()[q].name
}

// Unit is what the quantity is measured in.
func (q Quantity) Unit() string { return quantityTexts()[q].unit }

// Sample has every quantity at one instant.
type Sample [Quantities]float64

// Energy is what flows through the circuit, in kWh, kVARh and kVAh.
type Energy [EnergyCount]float64

// The energies. Those of one line never run at the same time.
const (
	KWhImport   = iota
	KWhExport   //
	KVARhImport // the current lags
	KVARhExport //
	KVAh
	EnergyCount
)
