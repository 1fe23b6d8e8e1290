package gen

import (
	"fmt"

	"github.com/volo-go/volo/pilota/ir"
)

// With field masks a struct has a second way into bytes, which asks the mask
// at each field, element and entry whether it passes. It is the first way with
// questions: what lies whole behind one is left to BinarySize and
// AppendBinary. The way back from bytes is package fieldmask's: it copies what
// passes, and ConsumeBinary decodes the copy.

const (
	fieldmaskPath = runtimePath + "/fieldmask"
	fieldmaskName = "fieldmask"
)

// maskMethods are what the generator declares on structs for masks.
var maskMethods = []string{"MaskedSize", "AppendMasked", "SetFieldMask", "FieldMask"}

func (r *record) mask() string { return "*" + r.std(fieldmaskPath, fieldmaskName) + ".Mask" }

// masks writes the methods that are about masks.
func (r *record) masks() {
	if !r.masked {
		return
	}
	r.method("SetFieldMask makes the "+classNames[r.s.Class]+" send and receive only what m, a mask for\n"+
		"// its type, lets through; nil lets everything through. Masks do not travel.", "SetFieldMask(m "+r.mask()+")")
	r.P("p.mask = m")
	r.P("}")
	r.method("FieldMask returns what SetFieldMask has set.", "FieldMask() "+r.mask())
	r.P("if p == nil { return nil }")
	r.P("return p.mask")
	r.P("}")
	r.maskedSize()
	r.appendMasked()
}

// ownMask writes what a method does if the struct has a mask.
func (r *record) ownMask(do string) {
	if r.masked {
		r.P("if p.mask != nil { return %s }", do)
	}
}

// consumeOwnMask is ownMask for ConsumeBinary, which decodes what is left.
func (r *record) consumeOwnMask() {
	if !r.masked {
		return
	}
	r.P("if m := p.mask; m != nil {")
	r.P("p.mask = nil")
	r.P("b, err = m.Consume(d, p.Descriptor(), b, p)")
	r.P("p.mask = m")
	r.P("return b, err")
	r.P("}")
}

// isWhole tells whether no path leads on into a type.
func isWhole(t *ir.Type) bool {
	k := under(t).Kind
	return fixedSize(t) > 0 || k == ir.String || k == ir.Binary
}

// passes tells whether a field passes in any case.
func (r *record) passes(f *ir.Field) bool {
	return f.Requiredness == ir.Required || r.s.Class == ir.Union
}

// withField writes what body does with a field if it passes. The mask for what
// is in it is called in; it is empty if there is nothing to ask.
func (r *record) withField(f *ir.Field, body func(in string)) {
	in := ""
	if !isWhole(f.Type) {
		in = r.local("in")
	}
	switch {
	case !r.passes(f):
		r.P("if %s, ok := m.Field(%d); ok {", orBlank(in), f.ID)
		body(in)
		r.P("}")
	case in != "":
		r.P("%s := m.Kept(%d)", in, f.ID)
		body(in)
	default:
		body("")
	}
}

func orBlank(name string) string {
	if name == "" {
		return "_"
	}
	return name
}

// withElements writes what body does with each element of a list, or entry of
// a map, that passes. Variables that it does not use are left out.
func (r *record) withElements(u *ir.Type, expr, in string, body func(e elements)) {
	e := elements{i: r.local("i"), key: r.local("k"), value: r.local("e")}
	if !isWhole(u.Elem) {
		e.in = r.local("in")
	}
	entries := u.Kind == ir.Map && keyIsEntry(u.Key)
	index, value := e.i, e.value
	asked := fmt.Sprintf("%s.Element(%s)", in, e.i)
	switch {
	case entries:
		index, value, asked = "_", e.i, in+".Every()"
		e.key, e.value = e.i+".Key", e.i+".Value"
	case u.Kind == ir.Map:
		index, asked = e.key, entryPasses(in, u.Key, e.key)
	}
	text := r.captured(func() {
		if e.in == "" {
			r.P("if _, ok := %s; !ok { continue }", asked)
		} else {
			r.P("%s, ok := %s", e.in, asked)
			r.P("if !ok { continue }")
		}
		body(e)
	})
	vars := ""
	switch indexed := containsWord(text, index); {
	case containsWord(text, value) && indexed:
		vars = index + ", " + value + " := "
	case containsWord(text, value):
		vars = "_, " + value + " := "
	case indexed:
		vars = index + " := "
	}
	r.P("for %srange %s {\n%s}", vars, expr, text)
}

// An elements is what the variables of a loop over a container are called.
type elements struct{ i, key, value, in string }

// entryPasses returns the question for an entry of a map.
func entryPasses(in string, key *ir.Type, expr string) string {
	switch under(key).Kind {
	case ir.I8, ir.I16, ir.I32, ir.I64, ir.EnumKind:
		return fmt.Sprintf("%s.Int(int64(%s))", in, expr)
	case ir.String, ir.Binary:
		return fmt.Sprintf("%s.Text(string(%s))", in, expr)
	}
	return in + ".Every()"
}

// maskedSize writes MaskedSize.
func (r *record) maskedSize() {
	r.method("MaskedSize returns the number of bytes that AppendMasked appends.", "MaskedSize(m "+r.mask()+") int")
	r.P("if m == nil { return p.BinarySize() }")
	r.P("if p == nil { return 0 }")
	r.P("n := 1")
	for _, f := range r.s.Fields {
		expr := "p." + r.g.names[f]
		r.withField(f, func(in string) {
			if canBeUnset(f) {
				r.P("if %s != nil {", expr)
				defer r.P("}")
			}
			if isPointer(f) && fixedSize(f.Type) == 0 {
				expr = "*" + expr
			}
			r.P("n += 3")
			r.maskedSizeOf(f.Type, expr, in)
		})
	}
	if r.keep {
		r.ifUnknownPasses(func() { r.P("n += len(p.unknown)") })
	}
	r.P("return n")
	r.P("}")
}

// maskedSizeOf adds to n the size of what passes of a value.
func (r *record) maskedSizeOf(t *ir.Type, expr, in string) {
	u := under(t)
	if in == "" {
		whole := r.sizeOf(t, expr)
		for _, line := range whole.added() {
			r.P("%s", line)
		}
		return
	}
	switch u.Kind {
	case ir.StructKind:
		r.P("n += %s.MaskedSize(%s)", expr, in)
	case ir.Map:
		r.P("n += 6")
		r.withElements(u, expr, in, func(e elements) {
			r.maskedSizeOf(u.Key, e.key, "")
			r.maskedSizeOf(u.Elem, e.value, e.in)
		})
	default:
		r.unlessMasked(u, in, func() { r.maskedSizeOf(t, expr, "") }, func() {
			r.P("n += 5")
			r.withElements(u, expr, in, func(e elements) { r.maskedSizeOf(u.Elem, e.value, e.in) })
		})
	}
}

// unlessMasked writes whole for a list without a mask that goes in one piece,
// and parts for others.
func (r *record) unlessMasked(u *ir.Type, in string, whole, parts func()) {
	if bulk(u.Elem) == "" {
		parts()
		return
	}
	r.P("if %s == nil {", in)
	whole()
	r.P("} else {")
	parts()
	r.P("}")
}

// ifUnknownPasses writes what body does with unknown fields, which no path can
// mean.
func (r *record) ifUnknownPasses(body func()) {
	if r.s.Class == ir.Union {
		body()
		return
	}
	r.P("if m.Unknown() {")
	body()
	r.P("}")
}

// appendMasked writes AppendMasked.
func (r *record) appendMasked() {
	r.method("AppendMasked is AppendBinary for what m lets through, whatever mask the "+classNames[r.s.Class]+"\n// itself has.",
		"AppendMasked(b []byte, m "+r.mask()+") (_ []byte, err error)")
	r.P("if m == nil { return p.AppendBinary(b) }")
	r.P("if p == nil { return b, %s.Nil(%s) }", r.runtime(), r.idl())
	a := &appender{record: r}
	if r.s.Class == ir.Union {
		r.P("set := 0")
	}
	for _, f := range r.s.Fields {
		r.withField(f, func(in string) {
			a.field(f, in)
			a.flush()
		})
	}
	if r.keep {
		r.ifUnknownPasses(a.unknown)
	}
	if r.s.Class == ir.Union {
		r.checkUnion(r.runtime() + ".ErrInvalidUnion")
	}
	r.P("return append(b, 0), nil")
	r.P("}")
}

// maskedContainer writes what passes of a container, whose size is known then.
func (a *appender) maskedContainer(f *ir.Field, u *ir.Type, expr, in string, place func(string) string) {
	at, n := a.local("at"), a.local("n")
	if u.Kind == ir.Map {
		a.bytes(byte(wire(u.Key).code))
	}
	a.bytes(byte(wire(u.Elem).code), 0, 0, 0, 0)
	a.flush()
	a.P("%s, %s := len(b), 0", at, n)
	a.withElements(u, expr, in, func(e elements) {
		a.P("%s++", n)
		inElement := place
		if u.Kind == ir.Map {
			a.value(f, u.Key, e.key, "", place)
		} else {
			inElement = func(err string) string {
				return place(fmt.Sprintf("%s.InElement(%s, %s)", a.runtime(), err, e.i))
			}
		}
		a.value(f, u.Elem, e.value, e.in, inElement)
		a.flush()
	})
	a.P("if %s > %s.MaxLength { return b, %s.TooLong(%s, %q) }", n, a.runtime(), a.runtime(), a.idl(), f.Name)
	a.P("%s.BigEndian.PutUint32(b[%s-4:], uint32(%s))", a.std("encoding/binary", "binary"), at, n)
}
