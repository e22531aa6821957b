package bench

import "ionbench/simulator/fault"

// Order is what the host's side has to carry out: a fault of its own or of its connection
// that strikes or, if it lasts, ends. With an ip-reset the host is gone for the station
// (HostGone) until it connects again.
type Order struct {
	Fault fault.Fault
	Ends  bool
}

// Orders hands out what the host's side has to carry out, in the order in which it came.
func (s *Station) Orders() []Order {
	orders := s.orders
	s.orders = nil
	return orders
}

// orderAgain tells a host that begins what is at work at its side since the one before it.
// What that one did not hear of any more concerns nobody.
func (s *Station) orderAgain() {
	s.orders = nil
	for i := range s.plan {
		if k := &s.plan[i]; k.active && k.fault.Kind.Place() == fault.PlaceHost {
			s.orders = append(s.orders, Order{Fault: k.fault})
		}
	}
}
