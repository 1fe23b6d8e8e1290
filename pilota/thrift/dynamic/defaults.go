package dynamic

import (
	"encoding/binary"
	"encoding/hex"
	"math"
	"strings"

	"github.com/volo-go/volo/pilota/thrift"
	"github.com/volo-go/volo/pilota/thrift/descriptor"
)

// appendValue appends the encoding of a value that the IDL has, the zero value
// of its type for nil. t is no typedef.
func appendValue(wire []byte, t *descriptor.Type, v *descriptor.Value) []byte {
	if v == nil {
		v = &descriptor.Value{Type: t}
	}
	switch t.Kind {
	case descriptor.Bool:
		return append(wire, thrift.Bool(v.Bool))
	case descriptor.I8:
		return append(wire, byte(v.Int))
	case descriptor.I16:
		return binary.BigEndian.AppendUint16(wire, uint16(v.Int))
	case descriptor.I32, descriptor.EnumKind:
		return binary.BigEndian.AppendUint32(wire, uint32(v.Int))
	case descriptor.I64:
		return binary.BigEndian.AppendUint64(wire, uint64(v.Int))
	case descriptor.Double:
		return binary.BigEndian.AppendUint64(wire, math.Float64bits(v.Double))
	case descriptor.String, descriptor.Binary:
		wire = binary.BigEndian.AppendUint32(wire, uint32(len(v.Text)))
		return append(wire, v.Text...)
	case descriptor.UUID:
		var id [16]byte
		hex.Decode(id[:], []byte(strings.ReplaceAll(v.Text, "-", ""))) // zero for no text
		return append(wire, id[:]...)
	case descriptor.List, descriptor.Set:
		wire = append(wire, byte(t.Elem.Wire()))
		wire = binary.BigEndian.AppendUint32(wire, uint32(len(v.List)))
		for _, e := range v.List {
			wire = appendValue(wire, t.Elem.Underlying(), e)
		}
		return wire
	case descriptor.Map:
		wire = append(wire, byte(t.Key.Wire()), byte(t.Elem.Wire()))
		wire = binary.BigEndian.AppendUint32(wire, uint32(len(v.Map)))
		for _, e := range v.Map {
			wire = appendValue(wire, t.Key.Underlying(), e.Key)
			wire = appendValue(wire, t.Elem.Underlying(), e.Value)
		}
		return wire
	}
	return appendLiteral(wire, t.Struct, v.Fields)
}

// appendLiteral appends a struct: the fields that a literal names, and what
// generated code writes of the others.
func appendLiteral(wire []byte, s *descriptor.Struct, fields []descriptor.FieldValue) []byte {
	for _, f := range s.Fields {
		value := f.Default
		given := false
		for _, fv := range fields {
			if fv.Field == f {
				value, given = fv.Value, true
			}
		}
		under := f.Type.Underlying()
		switch {
		case given:
		case f.Requiredness == descriptor.Optional:
			continue
		case value == nil && under.Kind == descriptor.StructKind:
			continue
		}
		wire = append(wire, byte(f.Type.Wire()), byte(uint16(f.ID)>>8), byte(f.ID))
		wire = appendValue(wire, under, value)
	}
	return append(wire, byte(thrift.STOP))
}
