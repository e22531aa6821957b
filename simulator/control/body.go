package control

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// members are what a body may hold, by their exact names, and where their values go.
type members map[string]any

// take reads the body of a request, one JSON object. It answers by itself if it cannot.
func (m members) take(w http.ResponseWriter, r *http.Request) bool {
	text, err := io.ReadAll(r.Body)
	if err == nil {
		err = m.read(text)
	}
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		refuse(w, http.StatusRequestEntityTooLarge, fmt.Sprintf("the body is longer than %d bytes", large.Limit), "a fault is a line of text")
	case err != nil:
		refuse(w, http.StatusBadRequest, "the body is no such JSON: "+err.Error(), "GET /v1/openapi.json shows what it should be")
	default:
		return true
	}
	return false
}

// read takes the members one by one. A decoder that fills a struct would let pass a member that comes twice, of
// which the last counts, and names in other letters.
func (m members) read(text []byte) error {
	text = bytes.TrimPrefix(text, []byte("\ufeff")) // some clients begin with the mark of UTF-8, which RFC 8259 lets a reader pass over
	if len(bytes.TrimSpace(text)) == 0 {
		if len(m) == 0 {
			return nil // there is nothing to say
		}
		return errors.New("it is empty")
	}
	var object map[string]json.RawMessage
	if err := json.Unmarshal(text, &object); err != nil {
		return misshapen("it", err)
	}
	if object == nil {
		return errors.New("it is null, and should be an object")
	}
	d := json.NewDecoder(bytes.NewReader(text))
	_, err := d.Token() // the brace
	seen := map[string]bool{}
	for err == nil && d.More() {
		var name json.Token
		if name, err = d.Token(); err == nil {
			err = m.member(d, name.(string), seen)
		}
	}
	return err
}

func (m members) member(d *json.Decoder, name string, seen map[string]bool) error {
	value, known := m[name]
	switch {
	case !known:
		return fmt.Errorf("unknown field %q", name)
	case seen[name]:
		return fmt.Errorf("%s comes twice", name)
	}
	seen[name] = true
	return misshapen(name, d.Decode(value))
}

// misshapen says what is wrong with the whole or with a member, without the names of what it is read into.
func misshapen(what string, err error) error {
	wrong := new(json.UnmarshalTypeError)
	switch {
	case err == nil:
		return nil
	case !errors.As(err, &wrong):
		return errors.New(strings.TrimPrefix(err.Error(), "json: "))
	case what == "it":
		return fmt.Errorf("it is %s, and should be an object", one(wrong.Value))
	}
	return fmt.Errorf("%s cannot be %s", what, one(wrong.Value))
}

// one is a kind of JSON value with its article.
func one(kind string) string {
	if kind == "array" || kind == "object" {
		return "an " + kind
	}
	return "a " + kind
}
