package control

// Button is a button of the front panel that strikes a fault. The page has the same.
type Button struct {
	Name  string // in a command line
	Label string // on the page
	Fault string
}

// Buttons are those of the page, beside cable, power and reset.
func Buttons() []Button {
	return []Button{
		{"dip", "Dip, 0.3 s", "brown-out for 300ms"},
		{"freeze", "Freeze, 5 s", "watchdog-reset by 5s"},
		{"silent", "Silent, 15 s", "meter-silent for 15s"},
		{"lose-answer", "Lose an answer", "reply-lost"},
	}
}
