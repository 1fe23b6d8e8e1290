package gen

import (
	"fmt"
	"strings"

	"github.com/volo-go/volo/pilota/ir"
)

// Appending writes as many bytes as possible in one go: headers and values of
// fixed size pile up in a run, and when something of variable size comes, the
// run makes room for all of its bytes with one check and stores them at
// constant offsets.

// A segment of a run is a constant byte, or an expression of one to 16 bytes.
type segment struct {
	constant byte
	value    string // of type uint8 to uint64, or an array of 16 bytes
	size     int    // 0 for a constant
}

// An appender writes an AppendBinary method.
type appender struct {
	*record
	run []segment
}

func (r *record) appendBinary() {
	r.method("AppendBinary implements thrift.Struct.", "AppendBinary(b []byte) (_ []byte, err error)")
	r.P("if p == nil { return b, %s.Nil(%s) }", r.runtime(), r.idl())
	r.ownMask("p.AppendMasked(b, p.mask)")
	a := &appender{record: r}
	if r.s.Class == ir.Union {
		r.P("set := 0")
	}
	for _, f := range r.s.Fields {
		a.field(f, "")
	}
	if r.keep {
		a.flush()
		a.unknown()
	}
	if r.s.Class == ir.Union {
		a.flush()
		r.checkUnion(r.runtime() + ".ErrInvalidUnion")
	}
	a.bytes(0)
	a.flush()
	r.P("return b, nil")
	r.P("}")
}

// unknown writes the fields that were kept.
func (a *appender) unknown() {
	if a.s.Class == ir.Union {
		a.P("if len(p.unknown) > 0 { set++ }")
	}
	a.P("b = append(b, p.unknown...)")
}

// field writes a field, header and all. in is what the mask for the value is
// called, if there is one.
func (a *appender) field(f *ir.Field, in string) {
	expr := "p." + a.g.names[f]
	header := []byte{byte(wire(f.Type).code), byte(uint16(f.ID) >> 8), byte(f.ID)}
	if !canBeUnset(f) {
		if under(f.Type).Kind == ir.StructKind {
			a.flush()
			a.P("if %s == nil { return b, %s.NilField(%s, %q) }", expr, a.runtime(), a.idl(), f.Name)
		}
		a.bytes(header...)
		a.value(f, f.Type, expr, in, a.inField(f))
		return
	}
	a.flush()
	a.P("if %s != nil {", expr)
	if a.s.Class == ir.Union {
		a.countMember()
	}
	if isPointer(f) {
		expr = "*" + expr
	}
	a.bytes(header...)
	a.value(f, f.Type, expr, in, a.inField(f))
	a.flush()
	a.P("}")
}

// value writes a value of a type, or what the mask called in lets through of
// it. place adds to an error where it happened.
func (a *appender) value(f *ir.Field, t *ir.Type, expr, in string, place func(string) string) {
	u := under(t)
	if n := fixedSize(u); n > 0 {
		a.fixed(unsigned(a.record, u.Kind, expr), n)
		return
	}
	switch {
	case u.Kind == ir.StructKind && in != "":
		a.flush()
		a.P("if b, err = %s.AppendMasked(b, %s); err != nil { return b, %s }", expr, in, place("err"))
	case u.Kind == ir.StructKind:
		a.flush()
		a.P("if b, err = %s.AppendBinary(b); err != nil { return b, %s }", expr, place("err"))
	case u.Kind == ir.String, u.Kind == ir.Binary:
		a.length(f, expr)
		a.flush()
		a.P("b = append(b, %s...)", expr)
	case in != "" && u.Kind != ir.Map:
		a.flush()
		a.unlessMasked(u, in, func() {
			a.value(f, t, expr, "", place)
			a.flush()
		}, func() { a.maskedContainer(f, u, expr, in, place) })
	case in != "":
		a.maskedContainer(f, u, expr, in, place)
	case u.Kind == ir.Map:
		a.bytes(byte(wire(u.Key).code), byte(wire(u.Elem).code))
		a.length(f, expr)
		a.flush()
		a.entries(f, u, expr, place)
	default:
		a.bytes(byte(wire(u.Elem).code))
		a.length(f, expr)
		a.flush()
		a.elements(f, u, expr, place)
	}
}

// length writes the length of a string or container.
func (a *appender) length(f *ir.Field, expr string) {
	// What is in the run must be out before control may leave; it is not,
	// but on an error nobody looks at b.
	a.P("if len(%s) > %s.MaxLength { return b, %s.TooLong(%s, %q) }", expr, a.runtime(), a.runtime(), a.idl(), f.Name)
	a.fixed("uint32(len("+expr+"))", 4)
}

func (a *appender) elements(f *ir.Field, t *ir.Type, expr string, place func(string) string) {
	switch name := bulk(t.Elem); name {
	case "":
	case "Strings", "Binaries":
		a.P("if b, err = %s.AppendStrings(b, %s); err != nil { return b, %s }", a.runtime(), expr, place("err"))
		return
	default:
		a.P("b = %s.Append%s(b, %s)", a.runtime(), name, expr)
		return
	}
	i, e := a.local("i"), a.local("e")
	inElement := func(err string) string {
		return place(fmt.Sprintf("%s.InElement(%s, %s)", a.runtime(), err, i))
	}
	body := a.captured(func() {
		a.value(f, t.Elem, e, "", inElement)
		a.flush()
	})
	if !containsWord(body, i) {
		i = "_"
	}
	a.P("for %s, %s := range %s {", i, e, expr)
	a.P("%s}", body)
}

func (a *appender) entries(f *ir.Field, t *ir.Type, expr string, place func(string) string) {
	k, v := a.local("k"), a.local("v")
	if keyIsEntry(t.Key) {
		a.P("for _, %s := range %s {", k, expr)
		a.value(f, t.Key, k+".Key", "", place)
		a.value(f, t.Elem, k+".Value", "", place)
	} else {
		a.P("for %s, %s := range %s {", k, v, expr)
		a.value(f, t.Key, k, "", place)
		a.value(f, t.Elem, v, "", place)
	}
	a.flush()
	a.P("}")
}

func (a *appender) bytes(constants ...byte) {
	for _, c := range constants {
		a.run = append(a.run, segment{constant: c})
	}
}

func (a *appender) fixed(value string, size int) {
	a.run = append(a.run, segment{value: value, size: size})
}

// unsigned returns an expression for the encoding of a scalar as a number.
func unsigned(r *record, k ir.Kind, expr string) string {
	switch k {
	case ir.Bool:
		return r.runtime() + ".Bool(" + expr + ")"
	case ir.I8:
		return "byte(" + expr + ")"
	case ir.I16:
		return "uint16(" + expr + ")"
	case ir.I64:
		return "uint64(" + expr + ")"
	case ir.Double:
		return r.std("math", "math") + ".Float64bits(" + expr + ")"
	case ir.UUID:
		return expr
	}
	return "uint32(" + expr + ")"
}

// flush writes the run.
func (a *appender) flush() {
	run := a.run
	a.run = nil
	if len(run) == 0 {
		return
	}
	if constants, ok := allConstant(run); ok {
		a.P("b = append(b, %s)", constants)
		return
	}
	total := 0
	for _, s := range run {
		total += max(1, s.size)
	}
	w := a.local("w")
	a.P("if cap(b)-len(b) < %d { b = %s.Grow(b, %d) }", total, a.runtime(), total)
	a.P("%s := (*[%d]byte)(b[len(b):len(b)+%d])", w, total, total)
	a.P("b = b[:len(b)+%d]", total)
	for at := 0; len(run) > 0; {
		n, used := a.store(w, run, at, total)
		at, run = at+n, run[used:]
	}
}

func allConstant(run []segment) (string, bool) {
	list := make([]string, len(run))
	for i, s := range run {
		if s.size > 0 {
			return "", false
		}
		list[i] = fmt.Sprint(s.constant)
	}
	return strings.Join(list, ", "), true
}

// store writes the first value or the first constants of a run at offset at
// of w and returns how many bytes and segments that were.
func (a *appender) store(w string, run []segment, at, total int) (bytes, segments int) {
	if s := run[0]; s.size > 0 {
		a.storeValue(w, at, s)
		return s.size, 1
	}
	n := 0 // constants in a row
	for n < len(run) && n < 8 && run[n].size == 0 {
		n++
	}
	// The last byte of a word may be a value of one byte.
	tail, taken := "", n
	if n == 3 && n < len(run) && run[n].size == 1 {
		tail, taken = " | uint32("+run[n].value+")", 4
	}
	// A word may be wider than its constants: what follows in the run is
	// written later.
	for _, width := range []int{8, 4, 2, 1} {
		if width > 2*n && width > 1 || at+width > total {
			continue
		}
		covered := min(width, n)
		word := uint64(0)
		for i := range covered {
			word |= uint64(run[i].constant) << (8 * (width - 1 - i))
		}
		if tail != "" && width == 4 {
			a.putWord(w, at, 4, fmt.Sprintf("0x%08X%s", word, tail))
			return taken, taken
		}
		if width == 8 && n <= 4 {
			continue
		}
		a.putWord(w, at, width, fmt.Sprintf("0x%0*X", 2*width, word))
		return covered, covered
	}
	panic("unreachable: a run has room for each of its bytes")
}

func (a *appender) storeValue(w string, at int, s segment) {
	if s.size == 16 {
		a.P("*(*[16]byte)(%s[%d:%d]) = %s", w, at, at+16, s.value)
		return
	}
	a.putWord(w, at, s.size, s.value)
}

func (a *appender) putWord(w string, at, size int, value string) {
	if size == 1 {
		a.P("%s[%d] = %s", w, at, value)
		return
	}
	binary := a.std("encoding/binary", "binary")
	a.P("%s.BigEndian.PutUint%d(%s[%d:%d], %s)", binary, 8*size, w, at, at+size, value)
}
