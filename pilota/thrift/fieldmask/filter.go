package fieldmask

import (
	"encoding/binary"

	"github.com/volo-go/volo/pilota/thrift"
	"github.com/volo-go/volo/pilota/thrift/descriptor"
)

// Filter appends to dst what the mask, which must be of type t, lets through
// of the value of that type that wire holds. What passes whole is copied
// without a look into it. The error, if any, is a [*thrift.DecodeError].
func (m *Mask) Filter(dst []byte, t *descriptor.Type, wire []byte) ([]byte, error) {
	f := filter{new(thrift.Decoder), dst}
	f.Reset(wire, thrift.DecodeOptions{})
	rest, err := f.value(t.Underlying(), wire, m)
	if err == nil && len(rest) > 0 {
		err = f.Fail(rest, thrift.ErrTrailing)
	}
	if err != nil {
		return dst, err
	}
	return f.out, nil
}

// Marshal returns the encoding of what the mask lets through of s, a struct of
// type t as generated code has it.
func (m *Mask) Marshal(t *descriptor.Type, s thrift.Struct) ([]byte, error) {
	if g, ok := s.(Struct); ok {
		return g.AppendMasked(make([]byte, 0, g.MaskedSize(m)), m)
	}
	wire, err := thrift.Marshal(s)
	if m == nil || err != nil {
		return wire, err
	}
	return m.Filter(wire[:0], t, wire) // what is written is never ahead of what is read
}

// Unmarshal decodes from wire what the mask lets through into s, which should
// be new.
func (m *Mask) Unmarshal(t *descriptor.Type, wire []byte, s thrift.Struct) error {
	if m == nil {
		return thrift.Unmarshal(wire, s)
	}
	wire, err := m.Filter(nil, t, wire)
	if err != nil {
		return err
	}
	// Nobody else has these bytes.
	return thrift.UnmarshalOptions(wire, s, thrift.DecodeOptions{Strings: thrift.Alias})
}

// Consume decodes what the mask, which is not nil, lets through of the struct
// of type t at the front of b into s, and returns what follows. Generated code
// calls it for a struct that has a mask.
func (m *Mask) Consume(d *thrift.Decoder, t *descriptor.Struct, b []byte, s thrift.Struct) ([]byte, error) {
	f := filter{Decoder: d}
	rest, err := f.structure(t, b, m)
	if err != nil {
		return rest, err
	}
	o := d.Options()
	if o.Strings == thrift.CopyOnce {
		o.Strings = thrift.Alias // nobody else has these bytes
	}
	return rest, thrift.UnmarshalOptions(f.out, s, o)
}

// A filter copies parts of a message.
type filter struct {
	*thrift.Decoder
	out []byte
}

// whole copies a value.
func (f *filter) whole(t *descriptor.Type, b []byte) ([]byte, error) {
	rest, err := f.Skip(b, t.Wire())
	f.out = append(f.out, b[:len(b)-len(rest)]...)
	return rest, err
}

// value filters the value at the front of b and returns what follows.
func (f *filter) value(t *descriptor.Type, b []byte, m *Mask) ([]byte, error) {
	if m == nil {
		return f.whole(t, b)
	}
	switch t.Kind {
	case descriptor.StructKind:
		return f.structure(t.Struct, b, m)
	case descriptor.List, descriptor.Set:
		return f.list(t, b, m)
	case descriptor.Map:
		return f.entries(t, b, m)
	}
	return f.whole(t, b)
}

func (f *filter) structure(s *descriptor.Struct, b []byte, m *Mask) (rest []byte, err error) {
	if err := f.Enter(b); err != nil {
		return b, thrift.InStruct(err, s.Name)
	}
	for {
		key := thrift.FieldKey(b)
		if key>>16 == 0 {
			f.out = append(f.out, 0)
			f.Leave()
			return b[1:], nil
		}
		field := s.FieldByID(int16(key))
		if field == nil || uint32(field.Type.Wire()) != key>>16 || len(b) < 3 {
			// No path can mean it.
			if rest, err = f.ConsumeUnknown(b); err != nil {
				return rest, thrift.InStruct(err, s.Name)
			}
			if m.deny || s.Class == descriptor.Union {
				f.out = append(f.out, b[:len(b)-len(rest)]...)
			}
			b = rest
			continue
		}
		in, ok := m.Field(field.ID)
		if field.Requiredness == descriptor.Required || s.Class == descriptor.Union {
			ok = true
		}
		if ok {
			f.out = append(f.out, b[:3]...)
			rest, err = f.value(field.Type.Underlying(), b[3:], in)
		} else {
			rest, err = f.Skip(b[3:], field.Type.Wire())
		}
		if err != nil {
			return rest, thrift.InField(err, s.Name, field.Name)
		}
		b = rest
	}
}

func (f *filter) list(t *descriptor.Type, b []byte, m *Mask) ([]byte, error) {
	n, b, err := f.ConsumeListHeader(b, t.Elem.Wire(), t.Elem.MinSize())
	if err != nil {
		return b, err
	}
	f.out = append(f.out, byte(t.Elem.Wire()), 0, 0, 0, 0)
	count, passed, elem := len(f.out)-4, uint32(0), t.Elem.Underlying()
	for i := range n {
		in, ok := m.Element(i)
		if ok {
			passed++
			b, err = f.value(elem, b, in)
		} else {
			b, err = f.Skip(b, elem.Wire())
		}
		if err != nil {
			return b, thrift.InElement(err, i)
		}
	}
	binary.BigEndian.PutUint32(f.out[count:], passed)
	return b, nil
}

func (f *filter) entries(t *descriptor.Type, b []byte, m *Mask) ([]byte, error) {
	key, elem := t.Key.Underlying(), t.Elem.Underlying()
	n, b, err := f.ConsumeMapHeader(b, key.Wire(), elem.Wire(), key.MinSize()+elem.MinSize())
	if err != nil {
		return b, err
	}
	f.out = append(f.out, byte(key.Wire()), byte(elem.Wire()), 0, 0, 0, 0)
	count, passed := len(f.out)-4, uint32(0)
	for i := range n {
		rest, err := f.Skip(b, key.Wire())
		if err != nil {
			return rest, thrift.InKey(err, i)
		}
		in, ok := m.Key(key, b[:len(b)-len(rest)])
		if ok {
			passed++
			f.out = append(f.out, b[:len(b)-len(rest)]...)
			b, err = f.value(elem, rest, in)
		} else {
			b, err = f.Skip(rest, elem.Wire())
		}
		if err != nil {
			return b, thrift.InValue(err, i)
		}
	}
	binary.BigEndian.PutUint32(f.out[count:], passed)
	return b, nil
}
