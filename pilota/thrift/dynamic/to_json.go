package dynamic

import (
	"encoding/binary"
	"math"
	"slices"
	"strconv"

	"github.com/volo-go/volo/pilota/thrift"
	"github.com/volo-go/volo/pilota/thrift/descriptor"
	"github.com/volo-go/volo/pilota/thrift/fieldmask"
)

// ToJSON appends to dst the JSON of a value of type t, which wire must hold
// and nothing else, and returns the extended slice. On an error, a
// [*thrift.DecodeError], dst is returned as it was.
func ToJSON(dst []byte, t *descriptor.Type, wire []byte, o Options) ([]byte, error) {
	w := &jsonWriter{reader: newReader(wire, &o), out: dst}
	w.seen, w.members = w.few[:0], w.fewMembers[:0]
	rest, err := w.value(t.Underlying(), wire, o.Mask)
	if err == nil {
		err = w.end(rest)
	}
	if err != nil {
		return dst, err
	}
	return w.out, nil
}

// A jsonWriter turns a message into JSON.
type jsonWriter struct {
	reader
	out     []byte
	members []member // of the structs that are being written, inner ones last

	// Where most messages have room enough.
	few        [8]uint64
	fewMembers [32]member
}

// value writes the value at the front of b, of a type that is no typedef, and
// returns what follows.
func (w *jsonWriter) value(t *descriptor.Type, b []byte, mask *fieldmask.Mask) ([]byte, error) {
	switch t.Kind {
	case descriptor.StructKind:
		return w.structure(t.Struct, b, mask)
	case descriptor.List, descriptor.Set:
		return w.list(t, b, mask)
	case descriptor.Map:
		return w.entries(t, b, mask)
	}
	return w.scalarText(t, b, false)
}

func (w *jsonWriter) structure(s *descriptor.Struct, b []byte, mask *fieldmask.Mask) ([]byte, error) {
	w.out = append(w.out, '{')
	base := len(w.members)
	k, err := w.begin(s, b)
	if err != nil {
		return b, err
	}
	for {
		f, rest, err := w.next(&k, b)
		if b = rest; err != nil {
			return b, err
		}
		if f == nil {
			break
		}
		if k.again {
			w.repeated(base, f)
		}
		w.members = append(w.members, member{f, len(w.out)})
		if in, ok := fieldIn(mask, s, f); ok {
			w.name(f.Name)
			b, err = w.value(f.Type.Underlying(), b, in)
			w.out = append(w.out, ',')
		} else {
			b, err = w.skip(f.Type, b)
		}
		if err != nil {
			return b, thrift.InField(err, s.Name, f.Name)
		}
	}
	if w.o.Defaults && s.Class != descriptor.Union {
		if err := w.defaults(s, base, mask); err != nil {
			return b, err
		}
	}
	if len(k.kept) > 0 {
		w.name(UnknownName)
		w.base64(k.kept)
	}
	w.members = w.members[:base]
	w.close('}')
	return b, nil
}

// A member is a field in the output. What it takes ends with a comma.
type member struct {
	f    *descriptor.Field
	from int
}

// repeated removes what the output has of f already: the last one counts. The
// members of the struct are those from base on.
func (w *jsonWriter) repeated(base int, f *descriptor.Field) {
	members := w.members[base:]
	for i, m := range members {
		if m.f != f {
			continue
		}
		end := len(w.out)
		if i+1 < len(members) {
			end = members[i+1].from
		}
		w.out = append(w.out[:m.from], w.out[end:]...)
		copy(members[i:], members[i+1:])
		for j := i; j < len(members)-1; j++ {
			members[j].from -= end - m.from
		}
		w.members = w.members[:len(w.members)-1]
		return
	}
}

// name begins a member of an object.
func (w *jsonWriter) name(name string) {
	w.out = append(w.out, '"')
	w.out = append(w.out, name...) // an identifier
	w.out = append(w.out, '"', ':')
}

// close ends an object or array, in place of the comma after its last member.
func (w *jsonWriter) close(c byte) {
	if last := len(w.out) - 1; w.out[last] == ',' {
		w.out[last] = c
		return
	}
	w.out = append(w.out, c)
}

// defaults writes the default values of fields that were not there.
func (w *jsonWriter) defaults(s *descriptor.Struct, base int, mask *fieldmask.Mask) error {
	for _, f := range s.Fields {
		there := slices.ContainsFunc(w.members[base:], func(m member) bool { return m.f == f })
		if f.Default == nil || there {
			continue
		}
		in, ok := fieldIn(mask, s, f)
		if !ok {
			continue
		}
		w.name(f.Name)
		o := *w.o
		o.Mask = in
		var err error
		if w.out, err = ToJSON(w.out, f.Type, appendValue(nil, f.Type.Underlying(), f.Default), o); err != nil {
			return thrift.InField(err, s.Name, f.Name)
		}
		w.out = append(w.out, ',')
	}
	return nil
}

func (w *jsonWriter) list(t *descriptor.Type, b []byte, mask *fieldmask.Mask) ([]byte, error) {
	n, b, err := w.ConsumeListHeader(b, t.Elem.Wire(), t.Elem.MinSize())
	if err != nil {
		return b, err
	}
	elem := t.Elem.Underlying()
	w.out = append(w.out, '[')
	for i := range n {
		in, ok := mask.Element(i)
		if !ok {
			if b, err = w.skip(elem, b); err != nil {
				return b, thrift.InElement(err, i)
			}
			continue
		}
		if b, err = w.value(elem, b, in); err != nil {
			return b, thrift.InElement(err, i)
		}
		w.out = append(w.out, ',')
	}
	w.close(']')
	return b, nil
}

func (w *jsonWriter) entries(t *descriptor.Type, b []byte, mask *fieldmask.Mask) ([]byte, error) {
	key, elem := t.Key.Underlying(), t.Elem.Underlying()
	n, b, err := w.ConsumeMapHeader(b, key.Wire(), elem.Wire(), key.MinSize()+elem.MinSize())
	if err != nil {
		return b, err
	}
	open, close := byte('{'), byte('}')
	if !isScalar(key.Kind) {
		open, close = '[', ']'
	}
	w.out = append(w.out, open)
	for i := range n {
		if b, err = w.entry(key, elem, b, i, mask); err != nil {
			return b, err
		}
	}
	w.close(close)
	return b, nil
}

func (w *jsonWriter) entry(key, elem *descriptor.Type, b []byte, i int, mask *fieldmask.Mask) ([]byte, error) {
	before := len(w.out)
	var rest []byte
	var err error
	if isScalar(key.Kind) {
		rest, err = w.scalarText(key, b, true)
		w.out = append(w.out, ':')
	} else {
		w.out = append(w.out, `{"key":`...)
		rest, err = w.value(key, b, nil)
		w.out = append(w.out, `,"value":`...)
	}
	if err != nil {
		return rest, thrift.InKey(err, i)
	}
	in, ok := mask.Key(key, b[:len(b)-len(rest)])
	if !ok {
		w.out = w.out[:before]
		rest, err = w.skip(elem, rest)
	} else if rest, err = w.value(elem, rest, in); isScalar(key.Kind) {
		w.out = append(w.out, ',')
	} else {
		w.out = append(w.out, '}', ',')
	}
	if err != nil {
		return rest, thrift.InValue(err, i)
	}
	return rest, nil
}

// scalarText writes a scalar; quoted, if it is the name of a member.
func (w *jsonWriter) scalarText(t *descriptor.Type, b []byte, quoted bool) ([]byte, error) {
	if t.Kind == descriptor.String || t.Kind == descriptor.Binary {
		v, rest, err := w.ConsumeBytes(b)
		if err != nil {
			return rest, err
		}
		if t.Kind == descriptor.Binary && !w.o.BinaryText {
			w.base64(v)
		} else {
			w.out = appendQuoted(w.out, v)
		}
		return rest, nil
	}
	v, rest, err := w.reader.scalar(t, b)
	if err != nil {
		return rest, err
	}
	if quoted = quoted || w.isText(t.Kind, t.Enum, v); quoted {
		w.out = append(w.out, '"')
	}
	switch t.Kind {
	case descriptor.Bool:
		w.out = strconv.AppendBool(w.out, v[0] != 0)
	case descriptor.Double:
		w.out = appendDouble(w.out, math.Float64frombits(binary.BigEndian.Uint64(v)))
	case descriptor.UUID:
		w.out = appendUUID(w.out, v)
	default:
		if e := w.named(t.Enum, v); e != nil {
			w.out = append(w.out, e.Name...)
		} else {
			w.out = strconv.AppendInt(w.out, integer(t.Kind, v), 10)
		}
	}
	if quoted {
		w.out = append(w.out, '"')
	}
	return rest, nil
}
