package lower

import (
	"strings"

	"github.com/volo-go/volo/pilota/ir"
	"github.com/volo-go/volo/pilota/report"
	"github.com/volo-go/volo/pilota/source"
	"github.com/volo-go/volo/pilota/thriftidl"
)

// A symbol is what a name of a file stands for. Exactly one of the members is
// set.
type symbol struct {
	typedef *ir.Typedef
	enum    *ir.Enum
	strct   *ir.Struct
	service *ir.Service
	value   *ir.Constant
}

// decl returns what all symbols have in common.
func (s *symbol) decl() *ir.Decl {
	switch {
	case s.typedef != nil:
		return &s.typedef.Decl
	case s.enum != nil:
		return &s.enum.Decl
	case s.strct != nil:
		return &s.strct.Decl
	case s.service != nil:
		return &s.service.Decl
	}
	return &s.value.Decl
}

// String returns what the symbol is, with its article.
func (s *symbol) String() string {
	switch {
	case s.typedef != nil:
		return "a typedef"
	case s.enum != nil:
		return "an enum"
	case s.service != nil:
		return "a service"
	case s.value != nil:
		return "a constant"
	case s.strct.Class == ir.Union:
		return "a union"
	case s.strct.Class == ir.Exception:
		return "an exception"
	}
	return "a struct"
}

// declare enters the definitions of every file into its scope. Bodies stay
// empty until all names are known.
func (r *run) declare() {
	r.values = make(map[*ir.Constant]*constant)
	r.defaulted = make(map[*ir.Field]bool)
	for _, u := range r.units {
		u.types = make(map[string]*symbol)
		u.consts = make(map[string]*symbol)
		for _, n := range u.tree.Nodes {
			r.define(u, n)
		}
	}
}

// decl returns the common part of a definition.
func (u *unit) decl(name thriftidl.Ident, doc string, a *thriftidl.Annotations) ir.Decl {
	return ir.Decl{Name: name.Name, File: u.ir, Doc: doc, Annotations: annotations(a), Span: name.Span}
}

// define enters one definition.
func (r *run) define(u *unit, n thriftidl.Node) {
	f := u.ir
	switch n := n.(type) {
	case *thriftidl.Const:
		c := &ir.Constant{Decl: u.decl(n.Name, n.MemberDoc(), n.Annotations)}
		f.Constants = append(f.Constants, c)
		r.values[c] = &constant{unit: u, syntax: n, ir: c}
		r.enter(u.consts, &symbol{value: c})
	case *thriftidl.Typedef:
		t := &ir.Typedef{Decl: u.decl(n.Name, n.MemberDoc(), n.Annotations)}
		f.Typedefs = append(f.Typedefs, t)
		r.enter(u.types, &symbol{typedef: t})
	case *thriftidl.Enum:
		e := &ir.Enum{Decl: u.decl(n.Name, n.Doc(), n.Annotations)}
		f.Enums = append(f.Enums, e)
		r.enter(u.types, &symbol{enum: e})
		r.enumValues(u, e, n)
	case *thriftidl.Senum:
		r.list.Warnf("deprecated-syntax", n.Name.Span, "`senum` is an old form").
			Hint("use an enum, or a string")
		e := &ir.Enum{Decl: u.decl(n.Name, n.Doc(), n.Annotations), Strings: true}
		for _, v := range n.Values {
			e.Names = append(e.Names, v.Value.String)
		}
		f.Enums = append(f.Enums, e)
		r.enter(u.types, &symbol{enum: e})
	case *thriftidl.Struct:
		s := &ir.Struct{Decl: u.decl(n.Name, n.Doc(), n.Annotations), Class: classes[n.Keyword]}
		f.Structs = append(f.Structs, s)
		r.enter(u.types, &symbol{strct: s})
	case *thriftidl.Service:
		s := &ir.Service{Decl: u.decl(n.Name, n.Doc(), n.Annotations)}
		f.Services = append(f.Services, s)
		r.enter(u.types, &symbol{service: s})
	}
}

var classes = map[string]ir.StructClass{"union": ir.Union, "exception": ir.Exception}

// enter adds a symbol to a scope.
func (r *run) enter(scope map[string]*symbol, s *symbol) {
	d := s.decl()
	if old := scope[d.Name]; old != nil {
		r.list.Errorf("duplicate-name", d.Span, "`%s` is defined twice", d.Name).
			Label("second definition").Relate(old.decl().Span, "first defined here, as %s", old)
		return
	}
	scope[d.Name] = s
}

// annotations lowers annotations; one without a value has the value that
// Apache gives it.
func annotations(a *thriftidl.Annotations) ir.Annotations {
	if a == nil {
		return nil
	}
	var list ir.Annotations
	for _, an := range a.List {
		value := "1"
		if an.Value != nil {
			value = an.Value.Value
		}
		list = append(list, ir.Annotation{Key: an.Key.Name, Value: value, Span: an.Span})
	}
	return list
}

// lookup finds name in the scope that pick chooses: of u, or if the name has
// dots, of an include of u. If it finds nothing it returns nil; if it finds
// several things, it complains and returns the first.
func (r *run) lookup(u *unit, name thriftidl.Ident, pick func(*unit) map[string]*symbol) *symbol {
	if s := pick(u)[name.Name]; s != nil {
		return s
	}
	prefix, rest, ok := cutLast(name.Name)
	if !ok {
		return nil
	}
	var found *symbol
	for _, inc := range u.includes {
		if inc.ir.Name != prefix {
			continue
		}
		s := pick(inc)[rest]
		switch {
		case s == nil:
		case found == nil:
			found = s
		default:
			r.list.Errorf("ambiguous-name", name.Span, "`%s` is defined in two included files", name.Name).
				Relate(found.decl().Span, "here").Relate(s.decl().Span, "and here").
				Hint("rename one of the files")
		}
	}
	return found
}

func typesOf(u *unit) map[string]*symbol  { return u.types }
func constsOf(u *unit) map[string]*symbol { return u.consts }

// cutLast cuts a name at its last dot.
func cutLast(name string) (before, after string, found bool) {
	if i := strings.LastIndexByte(name, '.'); i >= 0 {
		return name[:i], name[i+1:], true
	}
	return "", name, false
}

// unresolved complains that a name stands for nothing. It is silent if the
// file that should define it was not found or has syntax errors.
func (r *run) unresolved(list *report.List, u *unit, name thriftidl.Ident, what string, candidates func(*unit) []string) {
	prefix, rest, dotted := cutLast(name.Name)
	if !dotted && u.broken {
		return
	}
	included := false
	for _, inc := range u.includes {
		if inc.ir.Name == prefix || strings.HasPrefix(name.Name, inc.ir.Name+".") {
			if inc.broken {
				return
			}
			included = true
		}
	}
	for missing := range u.missing {
		if strings.HasPrefix(name.Name, missing+".") {
			return
		}
	}
	d := list.Errorf("unresolved-name", name.Span, "%s `%s` is not defined", what, name.Name)
	if dotted && !included && what == "type" {
		if u.ir.Name == prefix {
			d.Hint("names of this file have no prefix; write `%s`", rest)
			return
		}
		d.Hint("no file called `%s` is included", prefix)
	}
	switch meant := elsewhere[strings.ToLower(name.Name)]; {
	case what == "type" && meant != "":
		d.Hint("did you mean `%s`?", meant)
	case what == "constant" && (strings.EqualFold(name.Name, "true") || strings.EqualFold(name.Name, "false")):
		d.Hint("did you mean `%s`?", strings.ToLower(name.Name))
	default:
		r.suggest(d, u, name.Name, candidates)
	}
}

// elsewhere has types as Protobuf, Go and others call them, and what Thrift
// has for them. It has no numbers without a sign.
var elsewhere = map[string]string{
	"boolean": "bool", "bytes": "binary", "float": "double", "float32": "double", "float64": "double",
	"int": "i32", "int8": "i8", "int16": "i16", "int32": "i32", "int64": "i64", "integer": "i32", "long": "i64", "short": "i16",
	"uint8": "i8", "uint16": "i16", "uint32": "i32", "uint64": "i64", "uint": "i32", "u8": "i8", "u16": "i16", "u32": "i32", "u64": "i64",
	"str": "string", "text": "string",
}

// suggest adds the name that was perhaps meant, or the file that has it.
func (r *run) suggest(d *report.Diagnostic, u *unit, name string, candidates func(*unit) []string) {
	all := candidates(u)
	for _, inc := range u.includes {
		for _, c := range candidates(inc) {
			all = append(all, inc.ir.Name+"."+c)
		}
	}
	if best := report.Nearest(name, all); best != "" {
		d.Hint("did you mean `%s`?", best)
		return
	}
	for _, other := range r.units {
		for _, c := range candidates(other) {
			if c == name && other != u {
				d.Hint("`%s` has one; include it and write `%s.%s`", other.ir.Source.Name, other.ir.Name, c)
				return
			}
		}
	}
}

// names returns the names of a scope that keep accepts.
func names(scope map[string]*symbol, keep func(*symbol) bool) []string {
	var list []string
	for name, s := range scope {
		if keep(s) {
			list = append(list, name)
		}
	}
	return list
}

// enumValues lowers the values of an enum and numbers them.
func (r *run) enumValues(u *unit, e *ir.Enum, n *thriftidl.Enum) {
	next := int64(0)
	byName := make(map[string]source.Span)
	byNumber := make(map[int64]*ir.EnumValue)
	for _, v := range n.Values {
		span := v.Name.Span
		number, ok := next, true
		if v.Number != nil {
			span = v.Number.Span
			number, ok = v.Number.Int()
		}
		if !ok || number != int64(int32(number)) {
			r.enumRange(v)
			number, ok = next, false
		}
		if first, dup := byName[v.Name.Name]; dup {
			r.list.Errorf("duplicate-enum-value", v.Name.Span, "enum `%s` has two values `%s`", e.Name, v.Name.Name).
				Relate(first, "first used here")
			continue
		}
		byName[v.Name.Name] = v.Name.Span
		value := &ir.EnumValue{Decl: u.decl(v.Name, v.MemberDoc(), v.Annotations), Enum: e, Number: int32(number)}
		if old := byNumber[number]; old != nil && ok {
			r.list.Warnf("duplicate-enum-number", span, "number %d of `%s` is already taken", number, v.Name.Name).
				Relate(old.Span, "by `%s`", old.Name)
		} else if ok {
			byNumber[number] = value
		}
		e.Values = append(e.Values, value)
		next = min(number, 1<<31) + 1
	}
}

func (r *run) enumRange(v *thriftidl.EnumValue) {
	if v.Number == nil {
		r.list.Errorf("enum-range", v.Name.Span, "`%s` would be numbered beyond the 32 bits of an enum", v.Name.Name).
			Hint("give it a number")
		return
	}
	r.list.Errorf("enum-range", v.Number.Span, "%s does not fit the 32 bits of an enum", v.Number.Text).
		Label("must be from %d to %d", -1<<31, 1<<31-1)
}
