package invoke

import (
	"encoding/json"
	"strconv"

	"github.com/volo-go/volo/pilota/thrift/descriptor"
)

func thriftTemplate(typ *descriptor.Type) json.RawMessage {
	t := newTemplate()
	t.thrift(typ, nil)
	return t.done()
}

// thrift writes a value of a type; def is its default, nil if it has none.
func (t *template) thrift(typ *descriptor.Type, def *descriptor.Value) {
	if def == nil {
		def = new(descriptor.Value)
	}
	switch u := typ.Underlying(); u.Kind {
	case descriptor.Bool:
		t.text(strconv.FormatBool(def.Bool))
	case descriptor.Double:
		text, err := json.Marshal(def.Double)
		if err != nil {
			text = []byte("0") // no number is NaN in JSON
		}
		t.b = append(t.b, text...)
	case descriptor.String:
		t.quote(def.Text)
	case descriptor.Binary:
		t.quote("")
	case descriptor.UUID:
		t.quote("00000000-0000-0000-0000-000000000000")
	case descriptor.List, descriptor.Set:
		t.text("[")
		if !t.inside(u.Elem) {
			t.thrift(u.Elem, nil)
		}
		t.text("]")
	case descriptor.Map:
		t.thriftMap(u)
	case descriptor.EnumKind:
		t.thriftEnum(u.Enum, int32(def.Int))
	case descriptor.StructKind:
		t.thriftStruct(u.Struct)
	default:
		t.text(strconv.FormatInt(def.Int, 10))
	}
}

// inside reports whether a value of typ is left out: it would be inside one of
// its own type, or too much.
func (t *template) inside(typ *descriptor.Type) bool {
	switch u := typ.Underlying(); u.Kind {
	case descriptor.StructKind:
		return t.full() || t.open[u.Struct]
	case descriptor.List, descriptor.Set:
		return t.inside(u.Elem)
	case descriptor.Map:
		return t.inside(u.Key) || t.inside(u.Elem)
	}
	return false
}

// thriftMap writes an object or, if keys are no scalars, an array of pairs.
func (t *template) thriftMap(u *descriptor.Type) {
	switch u.Key.Underlying().Kind {
	case descriptor.StructKind, descriptor.List, descriptor.Set, descriptor.Map:
		t.text("[")
		if !t.inside(u) {
			t.text(`{"key":`)
			t.thrift(u.Key, nil)
			t.text(`,"value":`)
			t.thrift(u.Elem, nil)
			t.text("}")
		}
		t.text("]")
		return
	}
	t.text("{")
	if !t.inside(u) {
		key := newTemplate()
		key.thrift(u.Key, nil)
		if key.b[0] != '"' { // as a key, every scalar is a string
			key.b = strconv.AppendQuote(nil, string(key.b))
		}
		t.b = append(append(t.b, key.b...), ':')
		t.thrift(u.Elem, nil)
	}
	t.text("}")
}

func (t *template) thriftEnum(e *descriptor.Enum, def int32) {
	switch v := e.ByNumber(def); {
	case v != nil:
		t.quote(v.Name)
	case len(e.Values) > 0:
		t.quote(e.Values[0].Name)
	default:
		t.text("0")
	}
}

func (t *template) thriftStruct(s *descriptor.Struct) {
	t.open[s] = true
	defer delete(t.open, s)
	t.text("{")
	n := 0
	for _, f := range s.Fields {
		if f.Type.Underlying().Kind == descriptor.StructKind && t.inside(f.Type) {
			continue
		}
		t.member(n, f.Name)
		t.thrift(f.Type, f.Default)
		if n++; s.Class == descriptor.Union {
			break // one member at a time
		}
	}
	t.text("}")
}
