package invoke

import (
	"bytes"
	"encoding/json"
)

// A template is JSON with every field that is being written. A type that is
// inside itself is left out, or empty, the second time, and so is every type
// once the template has got long: types that hold each other may multiply.
type template struct {
	b    []byte
	open map[any]bool // the types that we are in
}

// maxTemplate is how long a template gets before it says no more about types
// than it must.
const maxTemplate = 64 << 10

// full reports whether the template is long.
func (t *template) full() bool { return len(t.b) > maxTemplate }

func newTemplate() *template { return &template{open: make(map[any]bool)} }

// done returns the JSON, indented.
func (t *template) done() json.RawMessage {
	var out bytes.Buffer
	if err := json.Indent(&out, t.b, "", "  "); err != nil {
		return nil
	}
	return out.Bytes()
}

func (t *template) text(s string) { t.b = append(t.b, s...) }

func (t *template) quote(s string) {
	b, _ := json.Marshal(s) // strings cannot fail
	t.b = append(t.b, b...)
}

// member begins the member number n of an object.
func (t *template) member(n int, name string) {
	if n > 0 {
		t.text(",")
	}
	t.quote(name)
	t.text(":")
}
