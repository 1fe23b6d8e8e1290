package genproto

import (
	"fmt"
	"slices"
	"strings"

	"google.golang.org/protobuf/compiler/protogen"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/gofeaturespb"
)

// methods are the names that the codec adds to a message.
var methods = []string{"ProtobufSize", "AppendProtobuf", "PutProtobuf", "ConsumeProtobuf"}

// withCodec returns those of messages, and of the messages in them, that get a
// codec.
func withCodec(messages []*protogen.Message) (found []*protogen.Message) {
	for _, m := range messages {
		if hasCodec(m) {
			found = append(found, m)
		}
		found = append(found, withCodec(m.Messages)...)
	}
	return found
}

// hasCodec tells whether m gets a codec. It depends on the descriptor only, so
// that all runs of the generator agree.
func hasCodec(m *protogen.Message) bool {
	if m.Desc.IsMapEntry() {
		return false
	}
	if o, ok := m.Desc.Options().(*descriptorpb.MessageOptions); ok && o.GetMessageSetWireFormat() {
		return false
	}
	if m.APILevel != gofeaturespb.GoFeatures_API_OPEN && slices.ContainsFunc(m.Fields, isLazy) {
		return false
	}
	return !slices.ContainsFunc(m.Fields, func(f *protogen.Field) bool { return slices.Contains(methods, f.GoName) }) &&
		!slices.ContainsFunc(m.Oneofs, func(o *protogen.Oneof) bool { return slices.Contains(methods, o.GoName) })
}

// isLazy tells whether a message is to be decoded when it is asked for.
func isLazy(f *protogen.Field) bool {
	d, ok := f.Desc.(interface{ IsLazy() bool })
	return ok && f.Message != nil && d.IsLazy()
}

// A writer writes the codec of one message.
type writer struct {
	*protogen.GeneratedFile
	file    *protogen.File
	aliases aliases
	m       *protogen.Message
	chain   bool // of the loop that is being written
}

// QualifiedGoIdent returns the name of something as the file has to write it.
func (w *writer) QualifiedGoIdent(id protogen.GoIdent) string {
	return w.aliases.qualify(w.GeneratedFile, id)
}

// f writes a line, formatted as [fmt.Sprintf] does.
func (w *writer) f(format string, args ...any) {
	w.P(fmt.Sprintf(format, args...))
}

// rt returns the name of something in the runtime.
func (w *writer) rt(name string) string { return w.QualifiedGoIdent(runtimePackage.Ident(name)) }

// codecFile writes the codec of messages beside a base file.
func codecFile(p *protogen.Plugin, f *protogen.File, v variant, messages []*protogen.Message) {
	g := p.NewGeneratedFile(f.GeneratedFilenamePrefix+v.suffix+Suffix, f.GoImportPath)
	g.P(Header)
	g.P("// source: ", f.Desc.Path())
	g.P()
	if v.constraint != "" {
		g.P(v.constraint)
		g.P()
	}
	g.P("package ", f.GoPackageName)
	g.P()
	a := importAliased(g, f.GoImportPath, typesOf(messages))
	for _, m := range messages {
		w := &writer{GeneratedFile: g, file: f, aliases: a, m: m}
		w.reflect()
		w.size()
		w.append()
		w.put()
		w.consume()
	}
}

// reflect writes ProtoReflect, which leads package proto to our codec.
func (w *writer) reflect() {
	w.P()
	w.P("// ProtoReflect returns a reflective view of the message.")
	w.P("func (x *", w.m.GoIdent, ") ProtoReflect() ", reflectPackage.Ident("Message"), " {")
	w.P("m := x.", stockReflect, "()")
	w.P("if x == nil {")
	w.P("return m")
	w.P("}")
	w.P("return (*", w.rt("Reflection"), ")(&x.state)")
	w.P("}")
}

// mayBePartial tells whether a message can lack a required field, itself or
// in a message that it holds. seen are those that are being looked at.
func mayBePartial(m protoreflect.MessageDescriptor, seen map[protoreflect.FullName]bool) bool {
	if seen[m.FullName()] {
		return false
	}
	seen[m.FullName()] = true
	if m.RequiredNumbers().Len() > 0 || m.ExtensionRanges().Len() > 0 {
		return true
	}
	for i := range m.Fields().Len() {
		if sub := m.Fields().Get(i).Message(); sub != nil && mayBePartial(sub, seen) {
			return true
		}
	}
	return false
}

// ordered returns the fields in the order of the stock encoder: members of
// oneofs last, by oneof, everything else by number.
func (w *writer) ordered() []*protogen.Field {
	fields := slices.Clone(w.m.Fields)
	group := func(f *protogen.Field) int {
		if !inOneof(f) {
			return -1
		}
		return f.Oneof.Desc.Index()
	}
	slices.SortFunc(fields, func(a, b *protogen.Field) int {
		if d := group(a) - group(b); d != 0 {
			return d
		}
		return int(a.Desc.Number()) - int(b.Desc.Number())
	})
	return fields
}

// steps returns what a method does field by field: single fields, and the
// members of a oneof together.
func (w *writer) steps() (steps [][]*protogen.Field) {
	for _, f := range w.ordered() {
		if n := len(steps); n > 0 && inOneof(f) && inOneof(steps[n-1][0]) && steps[n-1][0].Oneof == f.Oneof {
			steps[n-1] = append(steps[n-1], f)
			continue
		}
		steps = append(steps, []*protogen.Field{f})
	}
	return steps
}

// hasExtensions tells whether the message has numbers for extensions.
func (w *writer) hasExtensions() bool { return w.m.Desc.ExtensionRanges().Len() > 0 }

// shell returns an expression for a message that shares the extension fields
// and has nothing else.
func (w *writer) shell() string {
	return "&" + w.QualifiedGoIdent(w.m.GoIdent) + "{extensionFields: x.extensionFields}"
}

// inExtensions returns a condition on the variable tag.
func (w *writer) inExtensions() string {
	var terms []string
	for i := range w.m.Desc.ExtensionRanges().Len() {
		r := w.m.Desc.ExtensionRanges().Get(i)
		terms = append(terms, fmt.Sprintf("tag>>3 >= %d && tag>>3 < %d", r[0], r[1]))
	}
	return strings.Join(terms, " || ")
}
