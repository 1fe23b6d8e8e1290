package gen

import (
	"fmt"
	"strings"

	"github.com/volo-go/volo/pilota/ir"
)

// stubsFile writes the services of an IDL file. The package of stubs imports
// the framework, so that types alone need not.
func (g *generator) stubsFile(w *Writer, f *ir.File) error {
	for _, s := range f.Services {
		st := &stub{Writer: w, s: s, name: g.names[s]}
		st.contract()
		st.client()
		st.service()
		st.describe()
		for _, m := range s.AllMethods() {
			if err := st.method(m); err != nil {
				return err
			}
		}
	}
	return nil
}

// A stub is a service on its way into Go. Inherited methods are written out
// like the others, so that a service needs no package but those of its types.
type stub struct {
	*Writer
	s    *ir.Service
	name string // of the interface
}

func (st *stub) framework() string { return st.std(frameworkPath, frameworkName) }
func (st *stub) context() string   { return st.std("context", "context") }

// local is the name of a part of a method's stub.
func (st *stub) local(m *ir.Method, part string) string { return st.g.names[localKey{st.s, m}] + part }

// goName is the name of a method in the interface.
func (st *stub) goName(m *ir.Method) string { return st.g.names[methodKey{st.s, m}] }

// contract writes the interface.
func (st *stub) contract() {
	st.P("\n// %s is the name of the service on the wire.", serviceName(st.name))
	st.P("const %s = %q", serviceName(st.name), st.s.Name)
	st.P("")
	st.Doc(&st.s.Decl, "")
	if st.s.Doc != "" && !st.g.opts.NoComments {
		st.P("//")
	}
	st.P("// %s is implemented by handlers, which must be safe for concurrent use, and\n// by [*%s].", st.name, clientType(st.name))
	st.P("type %s interface {", st.name)
	for _, m := range st.s.AllMethods() {
		st.Doc(&m.Decl, "")
		st.P("%s%s", st.goName(m), st.signature(m))
	}
	st.P("}")
}

// signature returns the parameters and results of a method.
func (st *stub) signature(m *ir.Method) string {
	var params strings.Builder
	fmt.Fprintf(&params, "(ctx %s.Context", st.context())
	for i, name := range st.parameters(m) {
		fmt.Fprintf(&params, ", %s %s", name, st.fieldType(m.Arguments.Fields[i]))
	}
	if m.Type == nil {
		return params.String() + ") error"
	}
	return params.String() + ") (" + st.goType(m.Type) + ", error)"
}

// parameters returns the names of a method's parameters, none of which hides
// what the bodies of stubs use.
func (st *stub) parameters(m *ir.Method) []string {
	sc := newScope("ctx", "c", "v", "call", "args", "err")
	for name := range predeclared {
		sc[name] = true
	}
	var names []string
	for _, f := range m.Arguments.Fields {
		names = append(names, sc.take(st.g.unexported(f.Name)))
	}
	return names
}

// client writes the client type and its constructors.
func (st *stub) client() {
	v, client := st.framework(), clientType(st.name)
	st.P("\n// A %s calls %s over the network. It is safe for concurrent use.", client, st.s.Name)
	st.P("type %s struct{ c *%s.Client }", client, v)

	st.P("\n// %s returns a client for a target, as [%s.NewClient] takes it.", newClient(st.name), v)
	st.P("func %s(target string, opts ...%s.ClientOption) (*%s, error) {", newClient(st.name), v, client)
	st.P("c, err := %s.NewClient(target, opts...)", v)
	st.P("if err != nil { return nil, err }")
	st.P("return &%s{c}, nil", client)
	st.P("}")

	st.P("\n// %sOver returns a client that shares the connections of another, for\n// several services of one peer.", st.name)
	st.P("func %sOver(c *%s.Client) *%s { return &%s{c} }", st.name, v, client, client)

	st.P("\n// With returns a client that uses the same connections and gives its calls\n// these options.")
	st.P("func (c *%s) With(opts ...%s.CallOption) *%s { return &%s{c.c.With(opts...)} }", client, v, client, client)

	st.P("\n// Close closes the connections, those of clients made by With included.")
	st.P("func (c *%s) Close() error { return c.c.Close() }", client)
	for _, m := range st.s.AllMethods() {
		st.call(m)
	}
}

// call writes one method of the client.
func (st *stub) call(m *ir.Method) {
	st.P("")
	st.Doc(&m.Decl, st.goName(m)+" calls "+m.Name+".")
	st.P("func (c *%s) %s%s {", clientType(st.name), st.goName(m), st.signature(m))
	target := "call.args."
	if m.Oneway {
		target = "args."
		st.P("args := new(%s)", st.local(m, argsType))
	} else {
		st.P("call := new(%s)", st.local(m, callType))
	}
	for i, name := range st.parameters(m) {
		st.P("%s%s = %s", target, st.g.names[m.Arguments.Fields[i]], name)
	}
	invoke := fmt.Sprintf("c.c.Call(ctx, %s, &call.args, &call.result)", st.local(m, methodVar))
	switch {
	case m.Oneway:
		st.P("return c.c.Call(ctx, %s, args, nil)", st.local(m, methodVar))
	case m.Type == nil:
		st.P("return %s", invoke)
	case isPointer(success(m)):
		st.P("if err := %s; err != nil || call.result.Value == nil {", invoke)
		st.P("return *new(%s), err", st.goType(m.Type))
		st.P("}")
		st.P("return *call.result.Value, nil")
	default:
		st.P("if err := %s; err != nil { return nil, err }", invoke)
		st.P("return call.result.Value, nil")
	}
	st.P("}")
}

// success is the field of the result that holds the value; the method is not
// void.
func success(m *ir.Method) *ir.Field {
	for _, f := range m.Result.Fields {
		if f.ID == 0 {
			return f
		}
	}
	panic("a result without success: " + m.Name)
}

// service writes the constructor of what a server registers.
func (st *stub) service() {
	v := st.framework()
	st.P("\n// %s returns the service that h handles, to be registered with a server.", newService(st.name))
	st.P("func %s(h %s) *%s.Service {", newService(st.name), st.name, v)
	st.P("return &%s.Service{", v)
	st.P("Name: %s,", serviceName(st.name))
	st.P("Handler: h,")
	st.P("Methods: []*%s.Method{", v)
	for _, m := range st.s.AllMethods() {
		st.P("%s,", st.local(m, methodVar))
	}
	st.P("},")
	st.P("}")
	st.P("}")
}

// method writes the description of a method, and its arguments and result.
func (st *stub) method(m *ir.Method) error {
	st.descriptor(m)
	if !m.Oneway {
		st.P("\n// %s holds both halves of a call in one allocation.", st.local(m, callType))
		st.P("type %s struct {", st.local(m, callType))
		st.P("args %s", st.local(m, argsType))
		st.P("result %s", st.local(m, resultType))
		st.P("}")
	}
	if err := st.record(m.Arguments, st.local(m, argsType), "are the arguments of "+m.Name+"."); err != nil {
		return err
	}
	if m.Oneway {
		return nil
	}
	if err := st.record(m.Result, st.local(m, resultType), "is the result of "+m.Name+"."); err != nil {
		return err
	}
	st.result(m)
	return nil
}

// record writes arguments or a result as a struct with its codec.
func (st *stub) record(s *ir.Struct, name, doc string) error {
	r := &record{Writer: st.Writer, s: s, name: name}
	st.P("\n// %s %s", name, doc)
	st.P("type %s struct {", name)
	for _, f := range s.Fields {
		tag, err := r.tag(f)
		if err != nil {
			return err
		}
		st.P("%s %s %s", st.g.names[f], r.fieldType(f), tag)
	}
	st.P("}")
	r.setDefaults()
	r.codec()
	r.text()
	r.validation()
	return nil
}

func (st *stub) descriptor(m *ir.Method) {
	v, t := st.framework(), st.runtime()
	st.P("\nvar %s = &%s.Method{", st.local(m, methodVar), v)
	st.P("Service: %s,", serviceName(st.name))
	st.P("Name: %q,", m.Name)
	if m.Oneway {
		st.P("Oneway: true,")
	}
	if is, ok := m.Annotations.Get("idempotent"); ok && is != "false" {
		st.P("Idempotent: true,")
	}
	st.P("New: func() (%s.Struct, %s.Result) {", t, v)
	if m.Oneway {
		st.P("args := new(%s)", st.local(m, argsType))
		if hasDefaults(m.Arguments) {
			st.P("args.SetDefaults()")
		}
		st.P("return args, nil")
	} else {
		st.P("call := new(%s)", st.local(m, callType))
		if hasDefaults(m.Arguments) {
			st.P("call.args.SetDefaults()")
		}
		st.P("return &call.args, &call.result")
	}
	st.P("},")
	st.P("Invoke: func(ctx %s.Context, handler any, args %s.Struct, result %s.Result) error {", st.context(), t, v)
	st.invoke(m)
	st.P("},")
	st.P("}")
}

// invoke writes the call of the handler.
func (st *stub) invoke(m *ir.Method) {
	call := fmt.Sprintf("handler.(%s).%s(ctx", st.name, st.goName(m))
	if len(m.Arguments.Fields) > 0 {
		st.P("a := args.(*%s)", st.local(m, argsType))
	}
	for _, f := range m.Arguments.Fields {
		name := "a." + st.g.names[f]
		if under(f.Type).Kind == ir.StructKind && canBeUnset(f) && f.Requiredness != ir.Optional {
			// A handler is never given a nil that its caller has not meant.
			st.P("if %s == nil { %s = %s }", name, name, st.newStruct(f.Type))
		}
		call += ", " + name
	}
	call += ")"
	if m.Type == nil {
		st.P("return %s", call)
		return
	}
	st.P("v, err := %s", call)
	st.P("if err != nil { return err }")
	f := success(m)
	value := "v"
	switch {
	case isPointer(f):
		value = "&v"
	case under(f.Type).Kind != ir.StructKind:
		// An empty value is a value; nil would be none.
		st.P("if v == nil { v = %s{} }", st.plainType(f.Type))
	}
	st.P("result.(*%s).Value = %s", st.local(m, resultType), value)
	st.P("return nil")
}
