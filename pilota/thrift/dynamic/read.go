package dynamic

import (
	"encoding/binary"
	"fmt"

	"github.com/volo-go/volo/pilota/thrift"
	"github.com/volo-go/volo/pilota/thrift/descriptor"
)

// A reader takes messages apart by their descriptors.
type reader struct {
	thrift.Decoder
	o    *Options
	seen fieldSet // positions of all structs on the way, inner ones last
}

func newReader(wire []byte, o *Options) reader {
	r := reader{o: o}
	options := o.Decode
	options.Strings = thrift.Alias // every string is copied on its way out
	r.Reset(wire, options)
	return r
}

// end makes sure that nothing follows.
func (r *reader) end(rest []byte) error {
	if len(rest) > 0 {
		return r.Fail(rest, fmt.Errorf("%w: %d", thrift.ErrTrailing, len(rest)))
	}
	return nil
}

// A walk passes through the fields of one struct.
type walk struct {
	s       *descriptor.Struct
	base    int    // of the struct's positions in seen
	members int    // so far
	again   bool   // the latest field was there before
	kept    []byte // fields that the descriptor lacks, with KeepUnknown
}

// begin starts the walk through the struct at the front of b.
func (r *reader) begin(s *descriptor.Struct, b []byte) (walk, error) {
	if err := r.Enter(b); err != nil {
		return walk{}, thrift.InStruct(err, s.Name)
	}
	w := walk{s: s, base: len(r.seen)}
	r.seen = append(r.seen, make(fieldSet, len(s.Fields)/64+1)...)
	return w, nil
}

// next returns the next field that the descriptor has with the type that the
// wire has; rest begins with its value. At the end of the struct, where it
// checks what the IDL requires, f is nil, and rest is what follows.
func (r *reader) next(w *walk, b []byte) (f *descriptor.Field, rest []byte, err error) {
	for {
		key := thrift.FieldKey(b)
		if key>>16 == 0 {
			return nil, b[1:], r.finish(w, b[1:])
		}
		f := w.s.FieldByID(int16(key))
		if f != nil && uint32(f.Type.Wire()) == key>>16 && len(b) >= 3 {
			w.members++
			w.again = !r.seen[w.base:].add(f.Position())
			return f, b[3:], nil
		}
		rest, err := r.ConsumeUnknown(b)
		if err == nil && r.o.Unknown == RefuseUnknown {
			err = r.Fail(b, fmt.Errorf("%w %d of type %v", ErrUnknownField, int16(key), thrift.Type(key>>16)))
		}
		if err != nil {
			return nil, rest, thrift.InStruct(err, w.s.Name)
		}
		if r.o.Unknown == KeepUnknown {
			w.members++
			w.kept = append(w.kept, b[:len(b)-len(rest)]...)
		}
		b = rest
	}
}

// finish checks that what must be there is there. b is what follows.
func (r *reader) finish(w *walk, b []byte) error {
	r.Leave()
	seen := r.seen[w.base:]
	r.seen = r.seen[:w.base]
	if w.s.Class == descriptor.Union && w.members != 1 {
		return thrift.InStruct(r.Fail(b, thrift.ErrInvalidUnion), w.s.Name)
	}
	for i, f := range w.s.Fields {
		if f.Requiredness == descriptor.Required && !seen.has(i) {
			return thrift.InField(r.Fail(b, thrift.ErrMissingRequired), w.s.Name, f.Name)
		}
	}
	return nil
}

// skip passes over a value, which is checked as far as its framing goes.
func (r *reader) skip(t *descriptor.Type, b []byte) ([]byte, error) { return r.Skip(b, t.Wire()) }

// scalar returns the bytes of a scalar of fixed size.
func (r *reader) scalar(t *descriptor.Type, b []byte) (v, rest []byte, err error) {
	n := t.MinSize()
	if len(b) < n {
		return nil, b, r.Fail(b, thrift.ErrTruncated)
	}
	return b[:n], b[n:], nil
}

// integer returns the number that an integer or an enum is.
func integer(k descriptor.Kind, v []byte) int64 {
	switch k {
	case descriptor.I8:
		return int64(int8(v[0]))
	case descriptor.I16:
		return int64(int16(binary.BigEndian.Uint16(v)))
	case descriptor.I64:
		return int64(binary.BigEndian.Uint64(v))
	}
	return int64(int32(binary.BigEndian.Uint32(v)))
}
