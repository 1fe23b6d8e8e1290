package gen

import (
	"fmt"
	"slices"

	"github.com/volo-go/volo/pilota/ir"
)

// Consuming is a chain of comparisons in the order of the ids, one per field,
// each of which ends by looking at the next header. A message in that order,
// which is how everybody writes it, runs through the chain once with branches
// that are easy to predict; any other order takes more rounds. A round that
// met no field it knows stands at one that is unknown, or has another type
// than the IDL says, which amounts to the same.
//
// The chain of a big struct is cut into blocks that are passed over as a
// whole, so that a hostile order costs the root of what it could.
const blockSize = 8

func (r *record) consumeBinary() {
	r.method("ConsumeBinary implements thrift.Struct.",
		fmt.Sprintf("ConsumeBinary(d *%s.Decoder, b []byte) (_ []byte, err error)", r.runtime()))
	r.consumeOwnMask()
	if r.s.Recursive {
		r.P("if err = d.Enter(b); err != nil { return b, %s.InStruct(err, %s) }", r.runtime(), r.idl())
	}
	r.startCounting()
	r.P("key := %s.FieldKey(b)", r.runtime())
	r.P("for key >= 1<<16 {")
	if len(r.s.Fields) > 0 {
		r.P("n := len(b)")
		r.chain()
		r.P("if len(b) < n { continue }")
	}
	r.consumeUnknown()
	r.P("key = %s.FieldKey(b)", r.runtime())
	r.P("}")
	r.P("b = b[1:] // the stop")
	if r.s.Recursive {
		r.P("d.Leave()")
	}
	r.finishCounting()
	r.P("return b, nil")
	r.P("}")
}

// required returns the fields that must be there.
func required(s *ir.Struct) []*ir.Field {
	var fields []*ir.Field
	for _, f := range s.Fields {
		if f.Requiredness == ir.Required {
			fields = append(fields, f)
		}
	}
	return fields
}

func (r *record) startCounting() {
	if r.s.Class == ir.Union {
		r.P("set := 0")
	}
	for i := 0; i*64 < len(required(r.s)); i++ {
		r.P("seen%d := uint64(0)", i)
	}
}

// noteSeen remembers that a field is there.
func (r *record) noteSeen(f *ir.Field) {
	if r.s.Class == ir.Union {
		r.countMember()
	}
	if i := slices.Index(required(r.s), f); i >= 0 {
		r.P("seen%d |= 1 << %d", i/64, i%64)
	}
}

// finishCounting writes the checks after the stop.
func (r *record) finishCounting() {
	if r.s.Class == ir.Union {
		r.checkUnion("d.Fail(b, " + r.runtime() + ".ErrInvalidUnion)")
	}
	fields := required(r.s)
	for i := 0; len(fields) > 0; i++ {
		n := min(64, len(fields))
		names := ""
		for _, f := range fields[:n] {
			names += fmt.Sprintf(", %q", f.Name)
		}
		r.P("if seen%d != %#x { return b, d.Missing(b, %s, seen%d%s) }", i, ^uint64(0)>>(64-n), r.idl(), i, names)
		fields = fields[n:]
	}
}

func (r *record) consumeUnknown() {
	if !r.keep {
		r.P("if b, err = d.ConsumeUnknown(b); err != nil { return b, %s.InStruct(err, %s) }", r.runtime(), r.idl())
		return
	}
	r.P("rest, err := d.ConsumeUnknown(b)")
	r.P("if err != nil { return rest, %s.InStruct(err, %s) }", r.runtime(), r.idl())
	r.P("p.unknown = append(p.unknown, b[:len(b)-len(rest)]...)")
	r.P("b = rest")
	if r.s.Class == ir.Union {
		r.countMember()
	}
}

// chain writes the comparisons.
func (r *record) chain() {
	fields := slices.Clone(r.s.Fields)
	slices.SortStableFunc(fields, func(a, b *ir.Field) int { return int(a.ID) - int(b.ID) })
	blocks := len(fields) > 2*blockSize
	for len(fields) > 0 {
		n := len(fields)
		if blocks {
			n = min(n, blockSize)
			r.P("if int16(key) <= %d {", fields[n-1].ID)
		}
		for _, f := range fields[:n] {
			r.consumeField(f)
		}
		if blocks {
			r.P("}")
		}
		fields = fields[n:]
	}
}

func (r *record) consumeField(f *ir.Field) {
	r.P("if key == %s { // %s", hex(fieldKey(f)), fieldWords(f))
	r.noteSeen(f)
	dst := "p." + r.g.names[f]
	at := place{offset: 3, in: r.inField(f), truncated: fmt.Sprintf("d.Truncated(b, %s, %q)", r.idl(), f.Name)}
	switch {
	case !isPointer(f):
		r.consume(f.Type, dst, at)
	case under(f.Type).Kind == ir.String:
		v := r.local("v")
		r.P("var %s string", v)
		r.consume(f.Type, v, at)
		r.P("%s = %s.OptionalString(d, %s)", dst, r.runtime(), v)
	case under(f.Type).Kind == ir.UUID:
		v := r.local("v")
		r.P("var %s [16]byte", v)
		r.consume(f.Type, v, at)
		r.P("%s = &%s", dst, v)
	default:
		n := 3 + fixedSize(f.Type)
		r.P("if len(b) < %d { return b, %s }", n, at.truncated)
		r.P("%s = %s.Optional(d, %s)", dst, r.runtime(), r.typed(f.Type, 3))
		r.P("b = b[%d:]", n)
	}
	r.P("key = %s.FieldKey(b)", r.runtime())
	r.P("}")
}

// A place is where in the input a value begins, and in the IDL.
type place struct {
	offset    int                 // of the value within b
	fits      bool                // a scalar is known not to end too early
	in        func(string) string // adds the place to an error
	truncated string              // the error for a scalar that ends too early
}

// inside is the place of a part, at the front of b.
func (p place) inside(r *record, function, index string) place {
	in := func(err string) string {
		return p.in(fmt.Sprintf("%s.%s(%s, %s)", r.runtime(), function, err, index))
	}
	return place{in: in, truncated: in("d.Fail(b, " + r.runtime() + ".ErrTruncated)")}
}

// from is b without what precedes the value.
func (p place) from() string {
	if p.offset == 0 {
		return "b"
	}
	return fmt.Sprintf("b[%d:]", p.offset)
}

// consume reads a value into dst.
func (r *record) consume(t *ir.Type, dst string, at place) {
	u := under(t)
	switch u.Kind {
	case ir.String:
		r.P("if %s, b, err = d.ConsumeString(%s); err != nil { return b, %s }", dst, at.from(), at.in("err"))
	case ir.Binary:
		r.P("if %s, b, err = d.ConsumeBytes(%s); err != nil { return b, %s }", dst, at.from(), at.in("err"))
	case ir.StructKind:
		r.nested(t, dst)
		r.P("if b, err = %s.ConsumeBinary(d, %s); err != nil { return b, %s }", dst, at.from(), at.in("err"))
	case ir.Map:
		r.consumeMap(u, dst, at)
	case ir.List, ir.Set:
		r.consumeList(u, dst, at)
	default:
		n := at.offset + fixedSize(u)
		if !at.fits {
			r.P("if len(b) < %d { return b, %s }", n, at.truncated)
		}
		r.P("%s = %s", dst, r.decoded(u, at.offset))
		r.P("b = b[%d:]", n)
	}
}

// nested makes the struct that a field is decoded into.
func (r *record) nested(t *ir.Type, dst string) {
	s := under(t).Struct
	if !s.Recursive {
		r.P("%s = %s", dst, r.newStruct(t))
		return
	}
	r.P("%s = %s.New[%s](d)", dst, r.runtime(), r.structType(t))
	if hasDefaults(s) {
		r.P("%s.SetDefaults()", dst)
	}
}

// decoded returns an expression for a scalar that begins at an offset of b.
func (r *record) decoded(u *ir.Type, at int) string {
	n := fixedSize(u)
	switch u.Kind {
	case ir.Bool:
		return fmt.Sprintf("b[%d] != 0", at)
	case ir.I8:
		return fmt.Sprintf("int8(b[%d])", at)
	case ir.UUID:
		return fmt.Sprintf("[16]byte(b[%d:%d])", at, at+n)
	}
	word := fmt.Sprintf("%s.BigEndian.Uint%d(b[%d:%d])", r.std("encoding/binary", "binary"), 8*n, at, at+n)
	if u.Kind == ir.Double {
		return r.std("math", "math") + ".Float64frombits(" + word + ")"
	}
	return r.goType(u) + "(" + word + ")"
}

// typed is decoded as an expression of the very type.
func (r *record) typed(t *ir.Type, at int) string {
	if u := under(t); u.Kind != ir.Bool {
		return r.decoded(u, at)
	}
	return "bool(" + r.decoded(under(t), at) + ")"
}
