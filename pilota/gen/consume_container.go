package gen

import (
	"fmt"

	"github.com/volo-go/volo/pilota/ir"
)

// Containers are read by a header, which says how much to allocate, and a
// loop. The structs in them are cut from slabs.

func (r *record) consumeList(t *ir.Type, dst string, at place) {
	if name := bulk(t.Elem); name != "" {
		if isGeneric(t.Elem) {
			name += "[" + r.goType(t.Elem) + "]"
		}
		r.P("if %s, b, err = %s.Consume%s(d, %s); err != nil { return b, %s }", dst, r.runtime(), name, at.from(), at.in("err"))
		return
	}
	n, v, i := r.local("n"), r.local("v"), r.local("i")
	r.P("var %s int", n)
	r.P("if %s, b, err = d.ConsumeListHeader(%s, %s.%s, %d); err != nil { return b, %s }",
		n, at.from(), r.runtime(), wire(t.Elem).name, minSize(t.Elem), at.in("err"))
	r.P("%s := make([]%s, %s)", v, r.goType(t.Elem), n)
	slab := r.slab(t.Elem)
	r.P("for %s := range %s {", i, v)
	r.element(t.Elem, slab, fmt.Sprintf("%s-%s", n, i), fmt.Sprintf("%s[%s]", v, i), at.inside(r, "InElement", i))
	r.P("}")
	r.P("%s = %s", dst, v)
}

func (r *record) consumeMap(t *ir.Type, dst string, at place) {
	n, m, i := r.local("n"), r.local("m"), r.local("i")
	entries := keyIsEntry(t.Key)
	r.P("var %s int", n)
	r.P("if %s, b, err = d.ConsumeMapHeader(%s, %s.%s, %s.%s, %d); err != nil { return b, %s }",
		n, at.from(), r.runtime(), wire(t.Key).name, r.runtime(), wire(t.Elem).name, minSize(t.Key)+minSize(t.Elem), at.in("err"))
	r.P("%s := make(%s, %s)", m, r.goType(t), n)
	keys, values := "", r.slab(t.Elem)
	if entries {
		keys = r.slab(t.Key)
	}
	left := fmt.Sprintf("%s-%s", n, i)
	inKey, inValue := at.inside(r, "InKey", i), at.inside(r, "InValue", i)
	// The header has been checked for entries of the least size, and these
	// have no other.
	inKey.fits = fixedSize(t.Key) > 0 && fixedSize(t.Elem) > 0
	inValue.fits = inKey.fits
	if inKey.fits {
		r.P("for range %s {", n)
	} else {
		r.P("for %s := range %s {", i, n)
	}
	if entries {
		r.element(t.Key, keys, left, fmt.Sprintf("%s[%s].Key", m, i), inKey)
		r.element(t.Elem, values, left, fmt.Sprintf("%s[%s].Value", m, i), inValue)
	} else {
		k, v := r.local("k"), r.local("v")
		r.P("var %s %s", k, r.keyType(t.Key))
		key := t.Key
		if under(key).Kind == ir.Binary {
			key = &ir.Type{Kind: ir.String}
		}
		r.consume(key, k, inKey)
		r.P("var %s %s", v, r.goType(t.Elem))
		r.element(t.Elem, values, left, v, inValue)
		r.P("%s[%s] = %s", m, k, v)
	}
	r.P("}")
	r.P("%s = %s", dst, m)
}

// slab declares memory for the structs of a container, and returns its name;
// empty if the elements are no structs.
func (r *record) slab(elem *ir.Type) string {
	if under(elem).Kind != ir.StructKind {
		return ""
	}
	s := r.local("s")
	r.P("var %s []%s", s, r.structType(elem))
	return s
}

// element reads an element into dst: structs into the slab, of which left are
// still to come.
func (r *record) element(t *ir.Type, slab, left, dst string, at place) {
	if slab == "" {
		r.consume(t, dst, at)
		return
	}
	e := r.local("e")
	r.P("if len(%s) == 0 { %s = %s.Slab[%s](%s, b) }", slab, slab, r.runtime(), r.structType(t), left)
	r.P("%s := &%s[0]", e, slab)
	r.P("%s = %s[1:]", slab, slab)
	r.P("%s = %s", dst, e)
	if hasDefaults(under(t).Struct) {
		r.P("%s.SetDefaults()", e)
	}
	r.P("if b, err = %s.ConsumeBinary(d, b); err != nil { return b, %s }", e, at.in("err"))
}
