package ion

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"ionbench/simulator/machine"
)

// Group is one of the five groups of settings that a failed upgrade does not retain, as the
// article says, in the order of its Template Paste Options window.
type Group uint8

// The groups, in the article's order.
const (
	PTCT Group = iota
	Clock
	Nameplate
	Energy
	ITC
	groupCount
)

type groupName struct{ key, title string }

func groupNames() [groupCount]groupName {
	return [groupCount]groupName{
		PTCT:      {"pt-ct", "PT/CT"},
		Clock:     {"clock", "Clock"},
		Nameplate: {"nameplate", "Nameplate"},
		Energy:    {"energy", "Energy Readings"},
		ITC:       {"itc", "ITC"},
	}
}

// Key is the group's word in flags and template files.
func (g Group) Key() string { return groupNames()[g].key }

// String is the group's name in the article.
func (g Group) String() string { return groupNames()[g].title }

// Groups is a set of groups: the ticked boxes of Template Paste Options.
type Groups uint8

// AllGroups has all boxes ticked.
const AllGroups Groups = 1<<groupCount - 1

// Of returns the set of exactly these groups.
func Of(groups ...Group) Groups {
	var s Groups
	for _, g := range groups {
		s |= 1 << g
	}
	return s
}

// Has reports whether g is in the set.
func (s Groups) Has(g Group) bool { return s&(1<<g) != 0 }

// List returns the groups of the set in the article's order.
func (s Groups) List() []Group {
	var list []Group
	for g := range groupCount {
		if s.Has(g) {
			list = append(list, g)
		}
	}
	return list
}

// String names the groups, such as "pt-ct,clock"; "none" for the empty set.
func (s Groups) String() string {
	if s == 0 {
		return "none"
	}
	var keys []string
	for _, g := range s.List() {
		keys = append(keys, g.Key())
	}
	return strings.Join(keys, ",")
}

// ParseGroup reads the key of one group.
func ParseGroup(key string) (Group, error) {
	for g, name := range groupNames() {
		if name.key == key {
			return Group(g), nil
		}
	}
	return 0, fmt.Errorf("unknown settings group %q: use pt-ct, clock, nameplate, energy, itc, all or none", key)
}

// SettingType is the type of a setting's value.
type SettingType uint8

// The types.
const (
	Number SettingType = iota // float32
	Count                     // unsigned integer
	Offset                    // signed integer
	Words                     // text
)

// Setting is one register that belongs to a group.
type Setting struct {
	Handle   Handle
	Group    Group
	Key      string // its name in template files and flags
	Unit     string // empty if it has none
	Type     SettingType
	Bytes    int     // size of an integer on the wire
	Min, Max float64 // bounds of a number; for Words, Max is the length in bytes
}

// MaxEnergy is the highest energy reading, in kWh, kVARh or kVAh.
//
// Assumption: nothing says where the readings of an ION 73xx roll over.
const MaxEnergy = 1e9

// SettingCount is the number of settings of all groups.
const SettingCount = 29

// SettingTable is every setting in the order in which it is saved and restored. The handles of
// the nameplate, of DST and of the time synchronisation are documented in the list of ION
// handles. Energy is at INT #1 to #5, as documented clients read it.
//
// Assumption: all other handles, and which registers make up a group.
func SettingTable() [SettingCount]Setting {
	return [SettingCount]Setting{
		{HandlePTPrimary, PTCT, "pt-primary", "V", Number, 0, 1, 999999},
		{HandlePTSecondary, PTCT, "pt-secondary", "V", Number, 0, 1, 999999},
		{HandleCTPrimary, PTCT, "ct-primary", "A", Number, 0, 1, 999999},
		{HandleCTSecondary, PTCT, "ct-secondary", "A", Number, 0, 1, 999999},
		{HandleVoltsMode, PTCT, "volts-mode", "", Count, 1, 0, 5},
		{HandleTZOffset, Clock, "tz-offset", "s", Offset, 4, -43200, 50400},
		{HandleDSTStart, Clock, "dst-start", "s", Count, 4, 0, math.MaxUint32},
		{HandleDSTEnd, Clock, "dst-end", "s", Count, 4, 0, math.MaxUint32},
		{HandleDSTOffset, Clock, "dst-offset", "s", Offset, 4, -7200, 7200},
		{HandleTimeSyncType, Clock, "timesync-type", "", Count, 1, 0, 1},
		{HandleOwner, Nameplate, "owner", "", Words, 0, 0, 80},
		{HandleTag1, Nameplate, "tag1", "", Words, 0, 0, 80},
		{HandleTag2, Nameplate, "tag2", "", Words, 0, 0, 80},
		{HandleVNominal, Nameplate, "v-nominal", "V", Number, 0, 0, 999999},
		{HandleINominal, Nameplate, "i-nominal", "A", Number, 0, 0, 999999},
		{HandleI4Nominal, Nameplate, "i4-nominal", "A", Number, 0, 0, 999999},
		{HandleI20Nominal, Nameplate, "i20-nominal", "A", Number, 0, 0, 999999},
		{HandleNominalFrequency, Nameplate, "nominal-frequency", "Hz", Count, 1, 50, 60},
		{HandleIntegrated, Energy, "kwh-import", "kWh", Number, 0, -MaxEnergy, MaxEnergy},
		{HandleIntegrated + 1, Energy, "kwh-export", "kWh", Number, 0, -MaxEnergy, MaxEnergy},
		{HandleIntegrated + 2, Energy, "kvarh-import", "kVARh", Number, 0, -MaxEnergy, MaxEnergy},
		{HandleIntegrated + 3, Energy, "kvarh-export", "kVARh", Number, 0, -MaxEnergy, MaxEnergy},
		{HandleIntegrated + 4, Energy, "kvah-total", "kVAh", Number, 0, -MaxEnergy, MaxEnergy},
		{HandleRatioIa, ITC, "ratio-ia", "", Number, 0, 0.5, 1.5},
		{HandleRatioIa + 1, ITC, "ratio-ib", "", Number, 0, 0.5, 1.5},
		{HandleRatioIa + 2, ITC, "ratio-ic", "", Number, 0, 0.5, 1.5},
		{HandleRatioIa + 3, ITC, "phase-ia", "min", Number, 0, -600, 600},
		{HandleRatioIa + 4, ITC, "phase-ib", "min", Number, 0, -600, 600},
		{HandleRatioIa + 5, ITC, "phase-ic", "min", Number, 0, -600, 600},
	}
}

// FirstEnergy is the index of the first energy reading in SettingTable; the others follow.
const FirstEnergy = 18

// EnergyCount is the number of energy readings.
const EnergyCount = 5

// SettingIndex returns the index of the setting with a handle.
func SettingIndex(h Handle) (int, bool) {
	for i, s := range SettingTable() {
		if s.Handle == h {
			return i, true
		}
	}
	return 0, false
}

// SettingNamed returns the index of the setting of a group with a key.
func SettingNamed(g Group, key string) (int, bool) {
	for i, s := range SettingTable() {
		if s.Group == g && s.Key == key {
			return i, true
		}
	}
	return 0, false
}

// ErrSetting is wrapped by every error about a setting's value.
var ErrSetting = errors.New("value not accepted")

// Check returns v in the setting's own type and size, or why the setting refuses it.
func (s Setting) Check(v Value) (Value, error) {
	if s.Type == Words {
		return s.checkText(v)
	}
	n, ok := v.Number()
	if !ok {
		return Value{}, fmt.Errorf("%s: %w: it takes a number", s.Key, ErrSetting)
	}
	return s.CheckNumber(n)
}

// CheckNumber is Check for a number. It looks at it before it is rounded to what the register holds.
func (s Setting) CheckNumber(n float64) (Value, error) {
	if s.Type == Words {
		return Value{}, fmt.Errorf("%s: %w: it takes text", s.Key, ErrSetting)
	}
	if math.IsNaN(n) || n < s.Min || n > s.Max {
		return Value{}, fmt.Errorf("%s: %w: %s is outside %s to %s", s.Key, ErrSetting, plain(n), plain(s.Min), plain(s.Max))
	}
	if s.Type != Number && n != math.Trunc(n) {
		return Value{}, fmt.Errorf("%s: %w: %s is no whole number", s.Key, ErrSetting, plain(n))
	}
	return s.number(n), nil
}

func (s Setting) checkText(v Value) (Value, error) {
	if v.Kind != KindText {
		return Value{}, fmt.Errorf("%s: %w: it takes text", s.Key, ErrSetting)
	}
	if err := checkWords(s.Key, v.Text, int(s.Max)); err != nil {
		return Value{}, err
	}
	return TextValue(v.Text), nil
}

func checkWords(what, text string, most int) error {
	if len(text) > most {
		return fmt.Errorf("%s: %w: %d bytes, at most %d", what, ErrSetting, len(text), most)
	}
	for _, c := range []byte(text) {
		if c < 0x20 || c > 0x7E {
			return fmt.Errorf("%s: %w: only printable ASCII", what, ErrSetting)
		}
	}
	return nil
}

// CheckTemplateName returns why a meter refuses a template of this name; nil if it takes it.
// The error wraps ErrSetting.
func CheckTemplateName(name string) error {
	const most = 80
	return checkWords("name", name, most)
}

func (s Setting) number(n float64) Value {
	switch s.Type {
	case Count:
		return UnsignedValue(uint64(n), s.Bytes)
	case Offset:
		return SignedValue(int64(n), s.Bytes)
	default:
		return FloatValue(float32(n))
	}
}

// Parse reads a value as a person writes it.
func (s Setting) Parse(text string) (Value, error) {
	if s.Type == Words {
		if strings.Trim(text, " ") != text {
			return Value{}, fmt.Errorf("%s: %w: it begins or ends with a blank, which a template file cannot keep", s.Key, ErrSetting)
		}
		return s.Check(TextValue(text))
	}
	n, err := strconv.ParseFloat(text, 64)
	if errors.Is(err, strconv.ErrSyntax) || strings.ContainsAny(text, "_xX") { // numbers are decimal everywhere
		return Value{}, fmt.Errorf("%s: %w: %q is no number", s.Key, ErrSetting, text)
	}
	return s.CheckNumber(n) // beyond what a float64 holds it is infinite
}

// Format writes a value as Parse reads it.
func (s Setting) Format(v Value) string {
	if v.Kind == KindText {
		return v.Text
	}
	n, _ := v.Number()
	if s.Type == Number {
		return strconv.FormatFloat(n, 'f', -1, 32)
	}
	return plain(n)
}

// Lowest is the lowest value that the setting takes; of a text, the empty one.
func (s Setting) Lowest() Value { return s.atBound(s.Min, 0) }

// Highest is the highest value that the setting takes; of a text, one of full length.
func (s Setting) Highest() Value { return s.atBound(s.Max, int(s.Max)) }

func (s Setting) atBound(n float64, letters int) Value {
	if s.Type == Words {
		return TextValue(strings.Repeat("~", letters))
	}
	return s.number(n)
}

func plain(n float64) string { return strconv.FormatFloat(n, 'f', -1, 64) }

// Number returns the value as a number; ok is false for anything else.
func (v Value) Number() (n float64, ok bool) {
	switch v.Kind {
	case KindFloat:
		return float64(v.Float), true
	case KindSigned:
		return float64(v.Int), true
	case KindUnsigned, KindBool:
		return float64(v.Uint), true
	default:
		return 0, false
	}
}

// Settings are what a person has set up in a meter: the name of its template and the five
// groups.
type Settings struct {
	Template string
	Values   [SettingCount]Value // by index in SettingTable
}

// Differs returns the groups in which s and o differ.
func (s *Settings) Differs(o *Settings) Groups {
	var differ Groups
	for i, setting := range SettingTable() {
		if !s.Values[i].Equal(o.Values[i]) {
			differ |= Of(setting.Group)
		}
	}
	return differ
}

// Paste copies some groups from o.
func (s *Settings) Paste(o *Settings, groups Groups) {
	for i, setting := range SettingTable() {
		if groups.Has(setting.Group) {
			s.Values[i] = o.Values[i]
		}
	}
}

// Declare declares the settings: the template's name and then each value, as ION values.
func (s *Settings) Declare(w *machine.State) {
	machine.Saved(w, &s.Template, appendTemplate, parseTemplate)
	machine.SavedList(w, s.Values[:], AppendValue, parseSaved)
}

// AppendSettings appends the settings in the form in which they are saved.
func AppendSettings(dst []byte, s *Settings) []byte {
	w := machine.Saving(dst)
	s.Declare(&w)
	return w.Result()
}

// ParseSettings reads what AppendSettings wrote, and returns the bytes after it.
func ParseSettings(b []byte) (Settings, []byte, error) {
	var s Settings
	w := machine.Loading(b)
	s.Declare(&w)
	return s, w.Rest(), w.Err()
}

func appendTemplate(dst []byte, name string) []byte { return AppendValue(dst, TextValue(name)) }

func parseTemplate(b []byte) (string, int, error) {
	name, n, err := ParseValue(b)
	if err == nil && name.Kind != KindText {
		err = errors.New("not text")
	}
	if err != nil {
		return "", 0, fmt.Errorf("template name: %w", err)
	}
	return name.Text, n, nil
}

// parseSaved reads the value of setting i.
func parseSaved(b []byte, i int) (Value, int, error) {
	setting := SettingTable()[i]
	v, n, err := ParseValue(b)
	if err == nil {
		v, err = setting.Check(v)
	}
	if err != nil {
		return Value{}, 0, fmt.Errorf("saved setting %s: %w", setting.Key, err)
	}
	return v, n, nil
}
