package dynamic

import (
	"encoding/binary"
	"fmt"

	"github.com/volo-go/volo/pilota/thrift"
	"github.com/volo-go/volo/pilota/thrift/descriptor"
	"github.com/volo-go/volo/pilota/thrift/fieldmask"
)

// FromJSON appends to dst the encoding of a value of type t that is given as
// JSON, and returns the extended slice. On an error, a [*SyntaxError] or a
// [*TextError], dst is returned as it was.
func FromJSON(dst []byte, t *descriptor.Type, text []byte, o Options) ([]byte, error) {
	r := &jsonReader{o: &o, wire: dst, depth: o.maxDepth()}
	r.seen = r.few[:0]
	r.text, r.scanner.depth = text, o.maxDepth()
	err := r.value(t.Underlying(), o.Mask)
	if err == nil {
		err = r.end()
	}
	if err != nil {
		return dst, err
	}
	return r.wire, nil
}

// A jsonReader turns JSON into a message. Values are appended to the message
// as they are met; what depends on how many there are, counts, is filled in
// afterwards.
type jsonReader struct {
	scanner
	o     *Options
	wire  []byte
	depth int      // levels of structs that are still allowed
	seen  fieldSet // positions of all structs on the way, inner ones last
	few   [8]uint64
}

// wrong returns err about the value at an offset.
func wrong(at int, err error) error { return &TextError{Offset: at, Err: err} }

// found describes what comes next, for errors.
func (r *jsonReader) found() string {
	switch c := r.peek(); {
	case c == '"':
		return "a string"
	case c == '{':
		return "an object"
	case c == '[':
		return "an array"
	case c == 't' || c == 'f':
		return "a bool"
	case c == 'n':
		return "null"
	case c == '-' || c >= '0' && c <= '9':
		return "a number"
	}
	return "no value"
}

// mismatch is the error for a value that cannot be one of type t. It is one of
// syntax if nothing sensible comes next.
func (r *jsonReader) mismatch(t *descriptor.Type) error {
	what := r.found()
	if what == "no value" {
		return r.unexpected("a value")
	}
	return wrong(r.at, fmt.Errorf("%w: %s for %s", ErrType, what, noun(t)))
}

// noun names a type with what people call it.
func noun(t *descriptor.Type) string {
	switch t.Kind {
	case descriptor.EnumKind:
		return "enum " + t.String()
	case descriptor.StructKind:
		return t.Struct.Class.String() + " " + t.Struct.Name
	}
	return t.String()
}

// value reads a value of a type that is no typedef.
func (r *jsonReader) value(t *descriptor.Type, mask *fieldmask.Mask) error {
	switch t.Kind {
	case descriptor.StructKind:
		return r.structure(t, mask)
	case descriptor.List, descriptor.Set:
		return r.list(t, mask)
	case descriptor.Map:
		return r.entries(t, mask)
	case descriptor.Bool:
		switch {
		case r.word("true"):
			r.wire = append(r.wire, 1)
		case r.word("false"):
			r.wire = append(r.wire, 0)
		default:
			return r.mismatch(t)
		}
		return nil
	}
	c := r.peek()
	at := r.at
	switch {
	case c == '"':
		text, err := r.str()
		if err != nil {
			return err
		}
		return r.scalar(t, text, at)
	case isNumeric(t.Kind) && (c == '-' || c >= '0' && c <= '9'):
		text, err := r.number()
		if err != nil {
			return err
		}
		return r.scalar(t, text, at)
	}
	return r.mismatch(t)
}

// isNumeric tells whether a kind may be written as a number.
func isNumeric(k descriptor.Kind) bool {
	switch k {
	case descriptor.I8, descriptor.I16, descriptor.I32, descriptor.I64, descriptor.Double, descriptor.EnumKind:
		return true
	}
	return false
}

// scalar appends the scalar that a text stands for, which began at an offset.
func (r *jsonReader) scalar(t *descriptor.Type, text []byte, at int) (err error) {
	if r.wire, err = appendText(r.wire, t, text, r.o); err != nil {
		return wrong(at, err)
	}
	return nil
}

func (r *jsonReader) structure(t *descriptor.Type, mask *fieldmask.Mask) error {
	if r.peek() != '{' {
		return r.mismatch(t)
	}
	s := t.Struct
	if r.depth--; r.depth < 0 {
		return inStruct(wrong(r.at, thrift.ErrDepth), s.Name)
	}
	start := r.at
	r.at++
	base, extra := len(r.seen), false
	r.seen = append(r.seen, make(fieldSet, len(s.Fields)/64+1)...)
	for first := true; ; first = false {
		more, err := r.more(first, '}')
		if err != nil {
			return err
		}
		if !more {
			break
		}
		stranger, err := r.member(s, base, mask)
		if err != nil {
			return err
		}
		extra = extra || stranger
	}
	r.depth++
	seen := r.seen[base:]
	r.seen = r.seen[:base]
	var err error
	if r.wire, err = appendAbsent(r.wire, s, seen, extra, mask, r.o); err != nil {
		if e, ok := err.(*TextError); ok {
			e.Offset = start
		}
	}
	return err
}

// member reads one member of an object that is a struct, and tells whether it
// was fields that the descriptor lacks. The positions of s begin at base.
func (r *jsonReader) member(s *descriptor.Struct, base int, mask *fieldmask.Mask) (strange bool, err error) {
	r.peek()
	at := r.at
	name, err := r.str()
	if err != nil {
		return false, err
	}
	f := s.Field(name)
	if f == nil {
		before := len(r.wire)
		err := r.stranger(s, string(name), at)
		return len(r.wire) > before, err
	}
	if err := r.expect(':'); err != nil {
		return false, err
	}
	if r.word("null") {
		return false, nil
	}
	if !r.seen[base:].add(f.Position()) {
		return false, inField(wrong(at, ErrDuplicate), s.Name, f.Name)
	}
	in, ok := fieldIn(mask, s, f)
	if !ok {
		return false, r.skip()
	}
	r.wire = append(r.wire, byte(f.Type.Wire()), byte(uint16(f.ID)>>8), byte(f.ID))
	if err := r.value(f.Type.Underlying(), in); err != nil {
		return false, inField(err, s.Name, f.Name)
	}
	return false, nil
}

// stranger reads a member that is no field.
func (r *jsonReader) stranger(s *descriptor.Struct, name string, at int) error {
	if name != UnknownName && !r.o.IgnoreNames {
		return inStruct(wrong(at, fmt.Errorf("%w %q", ErrUnknownField, name)), s.Name)
	}
	if err := r.expect(':'); err != nil {
		return err
	}
	if name != UnknownName || r.peek() != '"' {
		return r.skip()
	}
	at = r.at
	text, err := r.str()
	if err != nil {
		return err
	}
	fields, err := fromBase64(nil, text)
	if err == nil {
		err = checkFields(fields, s, r.o)
	}
	if err != nil {
		return inField(wrong(at, err), s.Name, UnknownName)
	}
	r.wire = append(r.wire, fields...)
	return nil
}

func (r *jsonReader) list(t *descriptor.Type, mask *fieldmask.Mask) error {
	if r.peek() != '[' {
		return r.mismatch(t)
	}
	start := r.at
	r.at++
	r.wire = append(r.wire, byte(t.Elem.Wire()), 0, 0, 0, 0)
	count, n, elem := len(r.wire)-4, 0, t.Elem.Underlying()
	for i := 0; ; i++ {
		more, err := r.more(i == 0, ']')
		if err != nil {
			return err
		}
		if !more {
			break
		}
		in, ok := mask.Element(i)
		if !ok {
			if err := r.skip(); err != nil {
				return err
			}
			continue
		}
		if err := r.value(elem, in); err != nil {
			return inElement(err, i)
		}
		n++
	}
	return r.count(count, n, start)
}

// count fills in how many elements a container has that began at an offset.
func (r *jsonReader) count(at, n, start int) error {
	if n > r.o.maxContainer() {
		return wrong(start, thrift.ErrContainerSize)
	}
	binary.BigEndian.PutUint32(r.wire[at:], uint32(n))
	return nil
}
