package gen

import "github.com/volo-go/volo/pilota/ir"

// typedefDecl writes a typedef as an alias: values need no conversion, and a
// name that documents stays one. An alias of a struct is the struct, not the
// pointer.
func (g *generator) typedefDecl(w *Writer, t *ir.Typedef) {
	target := w.goType(t.Type)
	if under(t.Type).Kind == ir.StructKind {
		target = target[1:]
	}
	name := g.names[t]
	w.P("")
	w.Doc(&t.Decl, name+" is another name for "+target+".")
	w.P("type %s = %s", name, target)
}
