package dynamic

import (
	"encoding/binary"
	"math"

	"github.com/volo-go/volo/pilota/thrift"
	"github.com/volo-go/volo/pilota/thrift/descriptor"
	"github.com/volo-go/volo/pilota/thrift/fieldmask"
)

// ToValue returns a value of type t, which wire must hold and nothing else, as
// a tree that keeps no reference to wire:
//
//	struct, union, exception  map[string]any, by the names of the fields
//	list, set                 []any
//	map                       map[any]any; [][2]any, keys and values, if the
//	                          keys are structs or containers
//	string, binary            string, []byte; as keys string
//	enum                      string, the name; int32 if it has none
//	bool, i8 … i64, double    bool, int8 … int64, float64
//	uuid                      [16]byte
//
// The error, if any, is a [*thrift.DecodeError].
func ToValue(t *descriptor.Type, wire []byte, o Options) (any, error) {
	w := treeWriter{newReader(wire, &o)}
	v, rest, err := w.value(t.Underlying(), wire, o.Mask)
	if err == nil {
		err = w.end(rest)
	}
	if err != nil {
		return nil, err
	}
	return v, nil
}

// A treeWriter turns a message into a tree.
type treeWriter struct{ reader }

func (w *treeWriter) value(t *descriptor.Type, b []byte, mask *fieldmask.Mask) (any, []byte, error) {
	switch t.Kind {
	case descriptor.StructKind:
		return w.structure(t.Struct, b, mask)
	case descriptor.List, descriptor.Set:
		return w.list(t, b, mask)
	case descriptor.Map:
		return w.entries(t, b, mask)
	case descriptor.String:
		v, rest, err := w.ConsumeBytes(b)
		return string(v), rest, err
	case descriptor.Binary:
		v, rest, err := w.ConsumeBytes(b)
		return append([]byte{}, v...), rest, err
	}
	v, rest, err := w.scalar(t, b)
	if err != nil {
		return nil, rest, err
	}
	switch t.Kind {
	case descriptor.Bool:
		return v[0] != 0, rest, nil
	case descriptor.I8:
		return int8(v[0]), rest, nil
	case descriptor.I16:
		return int16(binary.BigEndian.Uint16(v)), rest, nil
	case descriptor.I64:
		return int64(binary.BigEndian.Uint64(v)), rest, nil
	case descriptor.Double:
		return math.Float64frombits(binary.BigEndian.Uint64(v)), rest, nil
	case descriptor.UUID:
		return [16]byte(v), rest, nil
	}
	n := int32(binary.BigEndian.Uint32(v))
	if t.Kind == descriptor.EnumKind && !w.o.EnumNumbers {
		if e := t.Enum.ByNumber(n); e != nil {
			return e.Name, rest, nil
		}
	}
	return n, rest, nil
}

func (w *treeWriter) structure(s *descriptor.Struct, b []byte, mask *fieldmask.Mask) (any, []byte, error) {
	tree := make(map[string]any)
	k, err := w.begin(s, b)
	if err != nil {
		return nil, b, err
	}
	for {
		f, rest, err := w.next(&k, b)
		if b = rest; err != nil {
			return nil, b, err
		}
		if f == nil {
			break
		}
		if in, ok := fieldIn(mask, s, f); ok {
			tree[f.Name], b, err = w.value(f.Type.Underlying(), b, in)
		} else {
			b, err = w.skip(f.Type, b)
		}
		if err != nil {
			return nil, b, thrift.InField(err, s.Name, f.Name)
		}
	}
	if k.kept != nil {
		tree[UnknownName] = k.kept
	}
	if w.o.Defaults && s.Class != descriptor.Union {
		err = w.defaults(tree, s, mask)
	}
	return tree, b, err
}

func (w *treeWriter) defaults(tree map[string]any, s *descriptor.Struct, mask *fieldmask.Mask) (err error) {
	for _, f := range s.Fields {
		in, ok := fieldIn(mask, s, f)
		if _, there := tree[f.Name]; there || f.Default == nil || !ok {
			continue
		}
		o := *w.o
		o.Mask = in
		if tree[f.Name], err = ToValue(f.Type, appendValue(nil, f.Type.Underlying(), f.Default), o); err != nil {
			return thrift.InField(err, s.Name, f.Name)
		}
	}
	return nil
}

func (w *treeWriter) list(t *descriptor.Type, b []byte, mask *fieldmask.Mask) (any, []byte, error) {
	n, b, err := w.ConsumeListHeader(b, t.Elem.Wire(), t.Elem.MinSize())
	if err != nil {
		return nil, b, err
	}
	elem := t.Elem.Underlying()
	list := make([]any, 0, n)
	for i := range n {
		in, ok := mask.Element(i)
		if !ok {
			b, err = w.skip(elem, b)
		} else {
			var v any
			v, b, err = w.value(elem, b, in)
			list = append(list, v)
		}
		if err != nil {
			return nil, b, thrift.InElement(err, i)
		}
	}
	return list, b, nil
}

func (w *treeWriter) entries(t *descriptor.Type, b []byte, mask *fieldmask.Mask) (any, []byte, error) {
	key, elem := t.Key.Underlying(), t.Elem.Underlying()
	n, b, err := w.ConsumeMapHeader(b, key.Wire(), elem.Wire(), key.MinSize()+elem.MinSize())
	if err != nil {
		return nil, b, err
	}
	byKey, pairs := map[any]any{}, [][2]any{}
	for i := range n {
		k, rest, err := w.value(key, b, nil)
		if err != nil {
			return nil, rest, thrift.InKey(err, i)
		}
		in, ok := mask.Key(key, b[:len(b)-len(rest)])
		if !ok {
			if b, err = w.skip(elem, rest); err != nil {
				return nil, b, thrift.InValue(err, i)
			}
			continue
		}
		v, rest, err := w.value(elem, rest, in)
		if err != nil {
			return nil, rest, thrift.InValue(err, i)
		}
		b = rest
		switch k := k.(type) {
		case []byte:
			byKey[string(k)] = v
		case map[string]any, map[any]any, []any, [][2]any:
			pairs = append(pairs, [2]any{k, v})
		default:
			byKey[k] = v
		}
	}
	if !isScalar(key.Kind) {
		return pairs, b, nil
	}
	return byKey, b, nil
}
