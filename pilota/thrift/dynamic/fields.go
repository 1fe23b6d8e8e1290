package dynamic

import (
	"math"
	"math/bits"

	"github.com/volo-go/volo/pilota/thrift"
	"github.com/volo-go/volo/pilota/thrift/descriptor"
	"github.com/volo-go/volo/pilota/thrift/fieldmask"
)

// What both readers and both writers have to know about the fields of a
// struct.

// A fieldSet is a set of positions.
type fieldSet []uint64

// add reports whether i is new.
func (s fieldSet) add(i int) bool {
	bit := uint64(1) << (i % 64)
	had := s[i/64]&bit != 0
	s[i/64] |= bit
	return !had
}

func (s fieldSet) has(i int) bool { return s[i/64]&(1<<(i%64)) != 0 }

// count returns how many positions are in the set.
func (s fieldSet) count() (n int) {
	for _, word := range s {
		n += bits.OnesCount64(word)
	}
	return n
}

func (o *Options) maxContainer() int {
	if o.Decode.MaxContainer > 0 {
		return o.Decode.MaxContainer
	}
	return math.MaxInt32
}

func (o *Options) maxString() int {
	if o.Decode.MaxString > 0 {
		return o.Decode.MaxString
	}
	return math.MaxInt32
}

// fieldIn asks a mask about a field.
func fieldIn(mask *fieldmask.Mask, s *descriptor.Struct, f *descriptor.Field) (*fieldmask.Mask, bool) {
	if mask == nil {
		return nil, true
	}
	if f.Requiredness == descriptor.Required || s.Class == descriptor.Union {
		return mask.Kept(f.ID), true
	}
	return mask.Field(f.ID)
}

// isScalar tells whether a kind is neither a container nor a struct.
func isScalar(k descriptor.Kind) bool {
	switch k {
	case descriptor.List, descriptor.Set, descriptor.Map, descriptor.StructKind:
		return false
	}
	return true
}

// appendAbsent appends what a struct needs of the fields that were not given,
// and its stop. extra is whether it has fields that the descriptor lacks. The
// errors are about no offset yet.
func appendAbsent(wire []byte, s *descriptor.Struct, seen fieldSet, extra bool, mask *fieldmask.Mask, o *Options) ([]byte, error) {
	if s.Class == descriptor.Union {
		if n := seen.count(); n > 1 || (n == 1) == extra {
			return wire, inStruct(wrong(-1, thrift.ErrInvalidUnion), s.Name)
		}
		return append(wire, byte(thrift.STOP)), nil
	}
	for i, f := range s.Fields {
		if seen.has(i) || f.Requiredness == descriptor.Optional {
			continue
		}
		if f.Requiredness != descriptor.Required {
			if !o.Defaults {
				continue
			}
			if _, passes := fieldIn(mask, s, f); !passes {
				continue
			}
			if f.Default == nil && f.Type.Underlying().Kind == descriptor.StructKind {
				continue
			}
		} else if f.Default == nil {
			return wire, inField(wrong(-1, thrift.ErrMissingRequired), s.Name, f.Name)
		}
		wire = append(wire, byte(f.Type.Wire()), byte(uint16(f.ID)>>8), byte(f.ID))
		wire = appendValue(wire, f.Type.Underlying(), f.Default)
	}
	return append(wire, byte(thrift.STOP)), nil
}

// checkFields makes sure that b is encoded fields of none of the ids of s.
func checkFields(b []byte, s *descriptor.Struct, o *Options) error {
	for len(b) > 0 {
		key := thrift.FieldKey(b)
		if len(b) < 3 || key>>16 == 0 {
			return thrift.ErrTruncated
		}
		if f := s.FieldByID(int16(key)); f != nil && f.Type.Wire() == thrift.Type(key>>16) {
			return ErrDuplicate
		}
		rest, err := thrift.Skip(b[3:], thrift.Type(key>>16), o.maxDepth())
		if err != nil {
			return err
		}
		b = rest
	}
	return nil
}
