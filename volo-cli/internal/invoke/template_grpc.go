package invoke

import (
	"encoding/json"

	"google.golang.org/protobuf/reflect/protoreflect"
	_ "google.golang.org/protobuf/types/known/emptypb" // of which the template of an Any is one
)

func protoTemplate(d protoreflect.MessageDescriptor) json.RawMessage {
	t := newTemplate()
	t.message(d)
	return t.done()
}

// wellKnown are the messages for which JSON has forms of their own.
var wellKnown = map[protoreflect.FullName]string{
	"google.protobuf.Any":         `{"@type":"type.googleapis.com/google.protobuf.Empty","value":{}}`,
	"google.protobuf.Timestamp":   `"1970-01-01T00:00:00Z"`,
	"google.protobuf.Duration":    `"0s"`,
	"google.protobuf.Struct":      `{}`,
	"google.protobuf.Value":       `null`,
	"google.protobuf.ListValue":   `[]`,
	"google.protobuf.FieldMask":   `""`,
	"google.protobuf.Empty":       `{}`,
	"google.protobuf.BoolValue":   `false`,
	"google.protobuf.Int32Value":  `0`,
	"google.protobuf.UInt32Value": `0`,
	"google.protobuf.Int64Value":  `"0"`,
	"google.protobuf.UInt64Value": `"0"`,
	"google.protobuf.FloatValue":  `0`,
	"google.protobuf.DoubleValue": `0`,
	"google.protobuf.StringValue": `""`,
	"google.protobuf.BytesValue":  `""`,
}

func (t *template) message(d protoreflect.MessageDescriptor) {
	if text, ok := wellKnown[d.FullName()]; ok {
		t.text(text)
		return
	}
	t.open[d.FullName()] = true
	defer delete(t.open, d.FullName())
	t.text("{")
	n := 0
	for i := range d.Fields().Len() {
		f := d.Fields().Get(i)
		if o := f.ContainingOneof(); o != nil && o.Fields().Get(0) != f {
			continue // one member at a time
		}
		if f.Cardinality() != protoreflect.Repeated && t.recurs(f) {
			continue
		}
		t.member(n, f.JSONName())
		t.field(f)
		n++
	}
	t.text("}")
}

// recurs reports whether the value of a field is left out: it would be inside
// one of its own type, or too much.
func (t *template) recurs(f protoreflect.FieldDescriptor) bool {
	return f.Message() != nil && (t.full() || t.open[f.Message().FullName()])
}

func (t *template) field(f protoreflect.FieldDescriptor) {
	switch {
	case f.IsMap():
		t.text("{")
		if !t.recurs(f.MapValue()) {
			t.member(0, mapKey(f.MapKey()))
			t.value(f.MapValue())
		}
		t.text("}")
	case f.IsList():
		t.text("[")
		if !t.recurs(f) {
			t.value(f)
		}
		t.text("]")
	default:
		t.value(f)
	}
}

func mapKey(f protoreflect.FieldDescriptor) string {
	switch f.Kind() {
	case protoreflect.StringKind:
		return ""
	case protoreflect.BoolKind:
		return "false"
	}
	return "0"
}

func (t *template) value(f protoreflect.FieldDescriptor) {
	switch f.Kind() {
	case protoreflect.MessageKind, protoreflect.GroupKind:
		t.message(f.Message())
	case protoreflect.EnumKind:
		if f.Enum().FullName() == "google.protobuf.NullValue" {
			t.text("null")
			return
		}
		if f.Enum().Values().Len() == 0 {
			t.text("0") // the server has not sent it
			return
		}
		t.quote(string(f.Enum().Values().Get(0).Name()))
	case protoreflect.BoolKind:
		t.text("false")
	case protoreflect.StringKind, protoreflect.BytesKind:
		t.quote("")
	case protoreflect.Int64Kind, protoreflect.Uint64Kind, protoreflect.Sint64Kind, protoreflect.Fixed64Kind, protoreflect.Sfixed64Kind:
		t.quote("0") // in JSON, they are strings
	default:
		t.text("0")
	}
}
