// Package fieldmask says which parts of a message matter: a server that is
// asked for two fields of a big struct need not encode the others, and a
// client that reads two need not decode them.
//
//	mask, err := fieldmask.Allow(item.Type(), "$.id", "$.tags[0].name", `$.prices{"EUR"}`)
//
// A path leads from the message, $, to a part of it, and means everything
// below that part:
//
//	.name  .7     a field, by its name or id
//	[1, 3]  [*]   elements of a list or set, by their places
//	{"k", "l"}    entries of a map, by their keys: strings,
//	{1, 2}  {*}   or integers and numbers of enums
//
// Structs of code that was generated with field masks have SetFieldMask: they
// are sent and received by the mask from then on, whoever encodes them. Nothing
// else is encoded then; what does not pass is skipped, not decoded. For structs
// that have only descriptors, Marshal and Unmarshal apply a mask to the
// encoding. Package dynamic takes masks in either direction.
//
// A mask of [Allow] lets through what its paths mean, and the structs around
// it; one of [Deny] lets through all but that. An index or key that is named
// goes before *.
//
// Required fields and members of unions always pass, with all that is in them
// unless a path leads on into them: without them there is no message.
//
// Fields that the IDL does not have pass where a mask denies, and in unions.
//
// Masks are immutable and may be used concurrently. A nil *Mask lets
// everything through.
package fieldmask

import (
	"encoding/binary"

	"github.com/volo-go/volo/pilota/thrift"
	"github.com/volo-go/volo/pilota/thrift/descriptor"
)

// A Struct is a struct of generated code that can be encoded in parts.
type Struct interface {
	thrift.Struct

	// MaskedSize returns the number of bytes that AppendMasked appends.
	MaskedSize(m *Mask) int

	// AppendMasked is AppendBinary for what m, which must be for the type of
	// the struct, lets through.
	AppendMasked(b []byte, m *Mask) ([]byte, error)
}

// A Mask is what paths mean, at one place of a message.
type Mask struct {
	deny bool
	here bool // a path ends here
	// Where paths lead on to. At most one kind of them is in use, as the type
	// at this place has it.
	fields map[int16]*Mask
	ints   map[int64]*Mask // elements, and entries with such keys
	texts  map[string]*Mask
	every  *Mask // *
}

// Allow returns a mask for messages of a type that lets through what the paths
// mean. Without paths that is nothing but required fields.
func Allow(t *descriptor.Type, paths ...string) (*Mask, error) { return build(t, false, paths) }

// Deny returns a mask for messages of a type that lets through all but what
// the paths mean.
func Deny(t *descriptor.Type, paths ...string) (*Mask, error) { return build(t, true, paths) }

func build(t *descriptor.Type, deny bool, paths []string) (*Mask, error) {
	root := &Mask{deny: deny}
	for _, p := range paths {
		if err := root.add(t, p); err != nil {
			return nil, err
		}
	}
	if root.here && !deny {
		return nil, nil // $ is everything
	}
	return root, nil
}

// Field returns whether a field passes, and the mask for what is in it.
func (m *Mask) Field(id int16) (in *Mask, ok bool) {
	if m == nil {
		return nil, true
	}
	return m.verdict(m.fields[id])
}

// Kept is Field for a field that passes in any case: required ones, and
// members of unions.
func (m *Mask) Kept(id int16) *Mask {
	in, _ := m.Field(id)
	return in
}

// Element returns whether an element of a list or set passes, and the mask for
// what is in it.
func (m *Mask) Element(i int) (in *Mask, ok bool) { return m.Int(int64(i)) }

// Int returns whether the entry of a map passes that has an integer or an enum
// for a key, and the mask for its value.
func (m *Mask) Int(key int64) (in *Mask, ok bool) {
	if m == nil {
		return nil, true
	}
	next := m.ints[key]
	if next == nil {
		next = m.every
	}
	return m.verdict(next)
}

// Text returns whether the entry of a map passes that has a string or a binary
// for a key, and the mask for its value.
func (m *Mask) Text(key string) (in *Mask, ok bool) {
	if m == nil {
		return nil, true
	}
	next := m.texts[key]
	if next == nil {
		next = m.every
	}
	return m.verdict(next)
}

// Every is Int or Text for a key that only * names: one that is no integer, no
// enum, no string and no binary.
func (m *Mask) Every() (in *Mask, ok bool) {
	if m == nil {
		return nil, true
	}
	return m.verdict(m.every)
}

// Unknown returns whether fields pass that the IDL does not have.
func (m *Mask) Unknown() bool { return m == nil || m.deny }

// Key is Int or Text for a key that is encoded in wire, whichever suits its
// type, which is no typedef. Other keys than integers, enums, strings and
// binaries no path can name but by *.
func (m *Mask) Key(t *descriptor.Type, wire []byte) (in *Mask, ok bool) {
	if m == nil {
		return nil, true
	}
	switch t.Kind {
	case descriptor.I8:
		return m.Int(int64(int8(wire[0])))
	case descriptor.I16:
		return m.Int(int64(int16(binary.BigEndian.Uint16(wire))))
	case descriptor.I32, descriptor.EnumKind:
		return m.Int(int64(int32(binary.BigEndian.Uint32(wire))))
	case descriptor.I64:
		return m.Int(int64(binary.BigEndian.Uint64(wire)))
	case descriptor.String, descriptor.Binary:
		return m.Text(string(wire[4:]))
	}
	return m.verdict(m.every)
}

// verdict judges what lies one step on, nil if no path leads there.
func (m *Mask) verdict(next *Mask) (in *Mask, ok bool) {
	switch {
	case next == nil:
		return nil, m.deny
	case next.here:
		return nil, !m.deny
	}
	return next, true
}
