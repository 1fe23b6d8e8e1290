package genproto

import (
	"fmt"
	"path"
	"strings"

	"google.golang.org/protobuf/compiler/protogen"
	"google.golang.org/protobuf/types/descriptorpb"
)

// A stub is a service on its way into Go.
type stub struct {
	*protogen.GeneratedFile
	imports stubImports
	names   stubNames
	s       *protogen.Service
}

// f writes a line, formatted as [fmt.Sprintf] does.
func (st *stub) f(format string, args ...any) { st.P(fmt.Sprintf(format, args...)) }

// fw returns the name of something in the framework, which stubsFile imports.
func (st *stub) fw(name string) string { return "vologrpc." + name }

func (st *stub) ctx() string { return st.imports[contextPackage] + ".Context" }

func (st *stub) proto() string { return st.imports[protoPackage] + ".Message" }

// name returns what the service is called.
func (st *stub) name() string { return st.names.services[st.s] }

func (st *stub) client() string { return st.name() + "Client" }

// method returns what a method of the service is called.
func (st *stub) method(m *protogen.Method) string { return st.names.methods[m] }

func (st *stub) request(m *protogen.Method) string { return st.message(m.Input) }

func (st *stub) response(m *protogen.Method) string { return st.message(m.Output) }

func (st *stub) message(m *protogen.Message) string {
	return st.imports[m.GoIdent.GoImportPath] + "." + m.GoIdent.GoName
}

// stubsFile writes the services of a file, in a package of their own: the
// messages need not import the framework.
func stubsFile(p *protogen.Plugin, f *protogen.File) error {
	name := string(f.GoPackageName) + "grpc"
	dir, base := path.Split(f.GeneratedFilenamePrefix)
	g := p.NewGeneratedFile(path.Join(dir, name, base+Suffix), protogen.GoImportPath(path.Join(string(f.GoImportPath), name)))
	g.P(Header)
	g.P("// source: ", f.Desc.Path())
	g.P()
	g.P("// Package ", name, " has the services of package ", f.GoPackageName, ", for handlers and for callers.")
	g.P("package ", name)
	g.P()
	names := nameStubs(p, f.GoImportPath)
	imports := importsOf(p, f, names)
	imports.write(g)
	for _, s := range f.Services {
		st := &stub{g, imports, names, s}
		st.contract()
		st.callers()
		st.service()
	}
	return nil
}

// doc writes the comment of the schema, and more.
func (st *stub) doc(comments protogen.CommentSet, deprecated bool, more ...string) {
	var text []string
	if lead := strings.TrimSuffix(string(comments.Leading), "\n"); lead != "" {
		text = append(text, strings.Split(lead, "\n")...)
	}
	if len(text) > 0 && len(more) > 0 {
		text = append(text, "")
	}
	for _, line := range more {
		text = append(text, " "+line)
	}
	if deprecated {
		text = append(text, "", " Deprecated: Do not use.")
	}
	for _, line := range text {
		st.P("//", strings.TrimRight(line, " \t"))
	}
}

func isDeprecated(m *protogen.Method) bool {
	o, ok := m.Desc.Options().(*descriptorpb.MethodOptions)
	return ok && o.GetDeprecated()
}

// contract writes the interface.
func (st *stub) contract() {
	st.P()
	st.f("// %sName is the name of the service on the wire.", st.name())
	st.f("const %sName = %q", st.name(), st.s.Desc.FullName())
	st.P()
	o, ok := st.s.Desc.Options().(*descriptorpb.ServiceOptions)
	st.doc(st.s.Comments, ok && o.GetDeprecated(),
		st.name()+" is implemented by handlers, which must be safe for concurrent use.")
	st.f("type %s interface {", st.name())
	for _, m := range st.s.Methods {
		st.doc(m.Comments, isDeprecated(m))
		st.f("%s%s", st.method(m), st.handlerSignature(m))
	}
	st.P("}")
}

// handlerSignature returns the parameters and results of a handler's method.
func (st *stub) handlerSignature(m *protogen.Method) string {
	req, resp := st.request(m), st.response(m)
	switch kindOf(m) {
	case "Unary":
		return fmt.Sprintf("(ctx %s, req *%s) (*%s, error)", st.ctx(), req, resp)
	case "ServerStreaming":
		return fmt.Sprintf("(ctx %s, req *%s, stream *%s[%s]) error", st.ctx(), req, st.fw("Sender"), resp)
	case "ClientStreaming":
		return fmt.Sprintf("(ctx %s, stream *%s[%s]) (*%s, error)", st.ctx(), st.fw("Receiver"), req, resp)
	}
	return fmt.Sprintf("(ctx %s, stream *%s[%s, %s]) error", st.ctx(), st.fw("Duplex"), req, resp)
}

// kindOf returns the name of the method's kind in the framework.
func kindOf(m *protogen.Method) string {
	switch [2]bool{m.Desc.IsStreamingClient(), m.Desc.IsStreamingServer()} {
	case [2]bool{false, false}:
		return "Unary"
	case [2]bool{false, true}:
		return "ServerStreaming"
	case [2]bool{true, false}:
		return "ClientStreaming"
	}
	return "BidiStreaming"
}

// callers writes the client type, its constructors and its calls.
func (st *stub) callers() {
	client, name := st.client(), st.name()
	st.P()
	st.f("// %s calls %s over the network. It is safe for concurrent use.", client, st.s.Desc.FullName())
	st.f("type %s struct{ c *%s }", client, st.fw("Client"))
	st.P()
	st.f("// New%s returns a client with connections of its own to a target, as", client)
	st.f("// [%s] takes it.", st.fw("NewClient"))
	st.f("func New%s(target string, opts ...%s) (*%s, error) {", client, st.fw("ClientOption"), client)
	st.f("c, err := %s(target, opts...)", st.fw("NewClient"))
	st.P("if err != nil {")
	st.P("return nil, err")
	st.P("}")
	st.f("return &%s{c}, nil", client)
	st.P("}")
	st.P()
	st.f("// %sOver returns a client that shares the connections of another, for several", name)
	st.P("// services of one peer.")
	st.f("func %sOver(c *%s) *%s { return &%s{c} }", name, st.fw("Client"), client, client)
	st.P()
	st.P("// With returns a client that uses the same connections and gives its calls")
	st.P("// these options.")
	st.f("func (c *%s) With(opts ...%s) *%s { return &%s{c.c.With(opts...)} }", client, st.fw("CallOption"), client, client)
	st.P()
	st.P("// Close closes the connections, those of clients made by With included.")
	st.f("func (c *%s) Close() error { return c.c.Close() }", client)
	for _, m := range st.s.Methods {
		st.call(m)
	}
}

// call writes one method of the client.
func (st *stub) call(m *protogen.Method) {
	req, resp, method := st.request(m), st.response(m), methodsOf(st.name())+"."+st.method(m)
	st.P()
	more := []string(nil)
	if m.Comments.Leading == "" {
		more = append(more, fmt.Sprintf("%s calls %s.", st.method(m), m.Desc.FullName()))
	}
	st.doc(m.Comments, isDeprecated(m), more...)
	head := fmt.Sprintf("func (c *%s) %s(ctx %s", st.client(), st.method(m), st.ctx())
	switch kindOf(m) {
	case "Unary":
		st.f("%s, req *%s) (*%s, error) {", head, req, resp)
		st.f("resp := new(%s)", resp)
		st.f("if err := c.c.Unary(ctx, %s, req, resp); err != nil {", method)
		st.P("return nil, err")
		st.P("}")
		st.P("return resp, nil")
	case "ServerStreaming":
		st.f("%s, req *%s) (*%s[%s], error) {", head, req, st.fw("ServerStreamCall"), resp)
		st.f("return %s[%s](ctx, c.c, %s, req)", st.fw("OpenServerStream"), resp, method)
	case "ClientStreaming":
		st.f("%s) (*%s[%s, %s], error) {", head, st.fw("ClientStreamCall"), req, resp)
		st.f("return %s[%s, %s](ctx, c.c, %s)", st.fw("OpenClientStream"), req, resp, method)
	default:
		st.f("%s) (*%s[%s, %s], error) {", head, st.fw("BidiStreamCall"), req, resp)
		st.f("return %s[%s, %s](ctx, c.c, %s)", st.fw("OpenBidiStream"), req, resp, method)
	}
	st.P("}")
}

// service writes the constructor of the service and the methods.
func (st *stub) service() {
	name := st.name()
	st.P()
	st.f("// New%sService returns the service that h handles, to be registered with a", name)
	st.f("// server.")
	st.f("func New%sService(h %s) *%s {", name, name, st.fw("Service"))
	st.f("return &%s{Name: %sName, Handler: h, Methods: []*%s{", st.fw("Service"), name, st.fw("Method"))
	for _, m := range st.s.Methods {
		st.f("%s.%s,", methodsOf(name), st.method(m))
	}
	st.P("}}")
	st.P("}")
	if len(st.s.Methods) == 0 {
		return
	}
	st.P()
	st.f("// %s are the methods of %s. They are never changed.", methodsOf(name), st.s.Desc.FullName())
	st.f("var %s = struct {", methodsOf(name))
	for _, m := range st.s.Methods {
		st.f("%s *%s", st.method(m), st.fw("Method"))
	}
	st.P("}{")
	for _, m := range st.s.Methods {
		st.description(m)
	}
	st.P("}")
}

// description writes the description of one method.
func (st *stub) description(m *protogen.Method) {
	st.f("%s: &%s{", st.method(m), st.fw("Method"))
	st.f("Service: %sName,", st.name())
	st.f("Name: %q,", m.Desc.Name())
	st.f("Kind: %s,", st.fw(kindOf(m)))
	if o, ok := m.Desc.Options().(*descriptorpb.MethodOptions); ok && o.GetIdempotencyLevel() != descriptorpb.MethodOptions_IDEMPOTENCY_UNKNOWN {
		st.P("Idempotent: true,")
	}
	st.f("NewRequest: func() %s { return new(%s) },", st.proto(), st.request(m))
	st.f("NewResponse: func() %s { return new(%s) },", st.proto(), st.response(m))
	if kindOf(m) == "Unary" {
		st.f("Invoke: func(ctx %s, handler any, req %s) (%s, error) {", st.ctx(), st.proto(), st.proto())
		st.f("resp, err := handler.(%s).%s(ctx, req.(*%s))", st.name(), st.method(m), st.request(m))
		st.answer("resp")
	} else {
		st.f("Serve: func(ctx %s, handler any, stream *%s) error {", st.ctx(), st.fw("ServerStream"))
		st.serve(m)
	}
	st.P("},")
	st.P("},")
}

// answer writes the end of Invoke: a nil response never becomes a message.
func (st *stub) answer(v string) {
	st.P("if err != nil {")
	st.P("return nil, err")
	st.P("}")
	st.f("return %s, nil", v)
}

// serve writes the body of Serve.
func (st *stub) serve(m *protogen.Method) {
	req, resp := st.request(m), st.response(m)
	handler := fmt.Sprintf("handler.(%s).%s", st.name(), st.method(m))
	switch kindOf(m) {
	case "ServerStreaming":
		st.f("req := new(%s)", req)
		st.P("if err := stream.Recv(req); err != nil {")
		st.P("return err")
		st.P("}")
		st.f("return %s(ctx, req, %s[%s](stream))", handler, st.fw("NewSender"), resp)
	case "ClientStreaming":
		st.f("resp, err := %s(ctx, %s[%s](stream))", handler, st.fw("NewReceiver"), req)
		st.P("if err != nil {")
		st.P("return err")
		st.P("}")
		st.P("return stream.Send(resp)")
	default:
		st.f("return %s(ctx, %s[%s, %s](stream))", handler, st.fw("NewDuplex"), req, resp)
	}
}
