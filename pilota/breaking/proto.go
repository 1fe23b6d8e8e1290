package breaking

import (
	"slices"
	"strings"

	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"

	"github.com/volo-go/volo/pilota/protoidl"
	"github.com/volo-go/volo/pilota/source"
)

// Proto compares two states of Protobuf files. Files are found again by the
// name that they are imported by; only the inputs of the old state are
// compared. Old files are shown as "name@against".
func Proto(before, now *protoidl.Files, against string) []Finding {
	p := proto{newComparison(against), declare(before), declare(now), map[string]string{}}
	files := map[string]*descriptorpb.FileDescriptorProto{}
	for _, f := range now.Set.File {
		files[f.GetName()] = f
	}
	for _, old := range before.Set.File {
		if n := files[old.GetName()]; n != nil {
			p.packages[old.GetPackage()] = n.GetPackage()
		}
	}
	for _, old := range before.Set.File {
		if !slices.Contains(before.Inputs, old.GetName()) {
			continue
		}
		if f := files[old.GetName()]; f != nil {
			p.file(old, f)
		} else {
			p.add("file-removed", source.Span{}, before.Span(old), "file `%s` is gone", old.GetName())
		}
		p.declarations(old)
		p.extended(old)
	}
	return p.sorted()
}

type proto struct {
	*comparison
	old, now *declarations
	packages map[string]string // what those of the old state are called now
}

// declarations are messages, enums and services by full name, with a dot
// before it.
type declarations struct {
	files    *protoidl.Files
	order    []string
	messages map[string]message
	enums    map[string]enum
	services map[string]service

	extensions []field
	resolved   *protoregistry.Files // nil if they could not be made
}

// A place is where a declaration stands.
type place struct {
	files *protoidl.Files
	file  *descriptorpb.FileDescriptorProto
	path  []int32
}

// span returns the place of a part, of its name if it has one.
func (p place) span(path ...int32) source.Span {
	full := slices.Concat(p.path, path)
	if p.files.Location(p.file, append(full, 1)...) != nil && len(full)%2 == 0 {
		return p.files.Span(p.file, append(full, 1)...)
	}
	return p.files.Span(p.file, full...)
}

// inner returns the place of something that is declared inside.
func (p place) inner(kind int32, i int) place {
	return place{p.files, p.file, slices.Concat(p.path, []int32{kind, int32(i)})}
}

type message struct {
	place
	full string
	*descriptorpb.DescriptorProto
}

type enum struct {
	place
	full string
	*descriptorpb.EnumDescriptorProto
}

type service struct {
	place
	*descriptorpb.ServiceDescriptorProto
}

// The numbers of fields in descriptors, as source information has them.
const (
	fileMessage, fileEnum, fileService, fileExtension = 4, 5, 6, 7
	messageField, messageNested                       = 2, 3
	messageEnum, messageExtension                     = 4, 6
	enumValue, serviceMethod                          = 2, 2
)

func declare(files *protoidl.Files) *declarations {
	d := &declarations{files: files, messages: map[string]message{}, enums: map[string]enum{}, services: map[string]service{}}
	d.resolved, _ = (protodesc.FileOptions{AllowUnresolvable: true}).NewFiles(files.Set)
	for _, f := range files.Set.File {
		scope := ""
		if f.GetPackage() != "" {
			scope = "." + f.GetPackage()
		}
		at := func(path ...int32) place { return place{files, f, path} }
		for i, m := range f.MessageType {
			d.message(scope, message{place: at(fileMessage, int32(i)), DescriptorProto: m})
		}
		for i, e := range f.EnumType {
			d.enum(scope, enum{place: at(fileEnum, int32(i)), EnumDescriptorProto: e})
		}
		for i, e := range f.Extension {
			d.extension(scope, at(fileExtension, int32(i)), e)
		}
		for i, s := range f.Service {
			d.services[scope+"."+s.GetName()] = service{at(fileService, int32(i)), s}
			d.order = append(d.order, scope+"."+s.GetName())
		}
	}
	return d
}

func (d *declarations) enum(scope string, e enum) {
	name := scope + "." + e.GetName()
	e.full = name
	d.enums[name] = e
	d.order = append(d.order, name)
}

func (d *declarations) message(scope string, m message) {
	name := scope + "." + m.GetName()
	m.full = name
	d.messages[name] = m
	d.order = append(d.order, name)
	for i, n := range m.NestedType {
		at := m.inner(messageNested, i)
		if n.GetOptions().GetMapEntry() { // which nobody has written
			at = m.inner(messageField, slices.IndexFunc(m.Field, func(f *descriptorpb.FieldDescriptorProto) bool {
				return f.GetTypeName() == name+"."+n.GetName()
			}))
		}
		d.message(name, message{place: at, DescriptorProto: n})
	}
	for i, e := range m.EnumType {
		d.enum(name, enum{place: m.inner(messageEnum, i), EnumDescriptorProto: e})
	}
	for i, e := range m.Extension {
		d.extension(name, m.inner(messageExtension, i), e)
	}
}

func (p *proto) file(old, f *descriptorpb.FileDescriptorProto) {
	before, now := p.old.files, p.now.files
	if a, b := old.GetPackage(), f.GetPackage(); a != b {
		p.add("package-changed", now.Span(f, 2), before.Span(old, 2), "the package is `%s`, was `%s`", b, a)
	}
	if a, b := old.GetOptions().GetGoPackage(), f.GetOptions().GetGoPackage(); a != b {
		p.add("namespace-changed", now.Span(f, 8), before.Span(old, 8), "go_package is %q, was %q", b, a)
	}
}

// renamedType returns what a full name is called if its package has another name.
func (p *proto) renamedType(name string, file *descriptorpb.FileDescriptorProto) string {
	if rest, ok := strings.CutPrefix(name, "."+file.GetPackage()+"."); ok {
		if pkg, ok := p.packages[file.GetPackage()]; ok {
			return strings.TrimSuffix("."+pkg, ".") + "." + rest
		}
	}
	return name
}

// declarations compares what an old file declares.
func (p *proto) declarations(f *descriptorpb.FileDescriptorProto) {
	for _, name := range p.old.order {
		now := p.renamedType(name, f)
		short := strings.TrimPrefix(strings.TrimPrefix(name, "."+f.GetPackage()), ".")
		if m, ok := p.old.messages[name]; ok && m.file == f {
			n, ok := p.now.messages[now]
			if p.kept(ok, "message", short, m.place, n.place) {
				p.message(m, n, short)
			}
		}
		if e, ok := p.old.enums[name]; ok && e.file == f {
			n, ok := p.now.enums[now]
			if p.kept(ok, "enum", short, e.place, n.place) {
				p.enum(e, n, short)
			}
		}
		if s, ok := p.old.services[name]; ok && s.file == f {
			if n, ok := p.now.services[now]; ok {
				p.service(s, n)
			} else {
				p.add("service-removed", source.Span{}, s.span(), "service `%s` is gone", short)
			}
		}
	}
}

// kept reports whether a type is still there, and complains if not, or if it
// has moved.
func (p *proto) kept(ok bool, what, name string, before, now place) bool {
	switch {
	case !ok:
		p.add("type-removed", source.Span{}, before.span(), "%s `%s` is gone", what, name)
	case before.file.GetName() != now.file.GetName():
		p.add("type-moved", now.span(), before.span(), "%s `%s` has moved to `%s`", what, name, now.file.GetName())
	}
	return ok
}

func (p *proto) message(old, m message, name string) {
	byName, byNumber := map[string]int{}, map[int32]int{}
	for i, f := range m.Field {
		byName[f.GetName()], byNumber[f.GetNumber()] = i, i
	}
	known := map[int32]bool{}
	for i, f := range old.Field {
		before := old.span(messageField, int32(i))
		known[f.GetNumber()] = true
		if at, ok := byNumber[f.GetNumber()]; ok {
			p.field(p.old.field(old, i), p.now.field(m, at), name+"."+m.Field[at].GetName())
			continue
		}
		if at, ok := byName[f.GetName()]; ok {
			n := m.Field[at]
			known[n.GetNumber()] = true
			p.add("field-number-changed", m.span(messageField, int32(at)), before,
				"field `%s.%s` has number %d, had %d", name, f.GetName(), n.GetNumber(), f.GetNumber())
			continue
		}
		rule := "field-removed"
		switch {
		case p.old.field(old, i).label() == descriptorpb.FieldDescriptorProto_LABEL_REQUIRED:
			rule = "required-field-removed"
		case !reserved(m.ReservedRange, f.GetNumber()):
			rule = "field-removed-without-reservation"
		case !slices.Contains(m.ReservedName, f.GetName()):
			rule = "field-removed-name-free"
		}
		p.add(rule, m.span(), before, "field `%s.%s`, %d, is gone", name, f.GetName(), f.GetNumber())
	}
	for i, f := range m.Field {
		if p.now.field(m, i).label() == descriptorpb.FieldDescriptorProto_LABEL_REQUIRED && !known[f.GetNumber()] {
			p.add("required-field-added", m.span(messageField, int32(i)), source.Span{}, "required field `%s.%s` is new", name, f.GetName())
		}
	}
	for _, r := range old.ReservedRange {
		closed := func(r *descriptorpb.DescriptorProto_ReservedRange) span { return span{r.GetStart(), r.GetEnd()} }
		if n := firstFree(spans(m.ReservedRange, closed), closed(r)); n < r.GetEnd() {
			p.add("reservation-removed", m.span(), old.span(), "number %d of message `%s` is no longer reserved", n, name)
		}
	}
	for _, n := range old.ReservedName {
		if !slices.Contains(m.ReservedName, n) {
			p.add("reservation-removed", m.span(), old.span(), "name %q of message `%s` is no longer reserved", n, name)
		}
	}
	for _, r := range old.ExtensionRange {
		open := func(r *descriptorpb.DescriptorProto_ExtensionRange) span { return span{r.GetStart(), r.GetEnd()} }
		if n := firstFree(spans(m.ExtensionRange, open), open(r)); n < r.GetEnd() {
			p.add("extension-range-removed", m.span(), old.span(), "number %d of message `%s` is no longer for extensions", n, name)
		}
	}
}

// A span of numbers is from one up to another, which is not in it.
type span struct{ start, end int32 }

func spans[T any](list []T, of func(T) span) []span {
	out := make([]span, len(list))
	for i, e := range list {
		out[i] = of(e)
	}
	return out
}

// firstFree returns the first number of r that is in none of the spans, its
// end if there is none.
func firstFree(all []span, r span) int32 {
	n := r.start
	for n < r.end {
		at := slices.IndexFunc(all, func(s span) bool { return s.start <= n && n < s.end })
		if at < 0 {
			return n
		}
		n = all[at].end
	}
	return r.end
}

func reserved(ranges []*descriptorpb.DescriptorProto_ReservedRange, n int32) bool {
	return slices.ContainsFunc(ranges, func(r *descriptorpb.DescriptorProto_ReservedRange) bool {
		return r.GetStart() <= n && n < r.GetEnd()
	})
}

func (p *proto) enum(old, e enum, name string) {
	byName, byNumber := map[string]int{}, map[int32]int{}
	for i, v := range e.Value {
		byName[v.GetName()], byNumber[v.GetNumber()] = i, i
	}
	for i, v := range old.Value {
		before := old.span(enumValue, int32(i))
		if at, ok := byName[v.GetName()]; ok {
			if n := e.Value[at]; n.GetNumber() != v.GetNumber() {
				p.add("enum-value-renumbered", e.span(enumValue, int32(at)), before, "`%s.%s` is %d, was %d", name, v.GetName(), n.GetNumber(), v.GetNumber())
			}
			continue
		}
		if at, ok := byNumber[v.GetNumber()]; ok {
			p.add("enum-value-renamed", e.span(enumValue, int32(at)), before, "`%s.%s` was called `%s`", name, e.Value[at].GetName(), v.GetName())
			continue
		}
		rule := "enum-value-removed"
		switch {
		case !slices.ContainsFunc(e.ReservedRange, func(r *descriptorpb.EnumDescriptorProto_EnumReservedRange) bool {
			return r.GetStart() <= v.GetNumber() && v.GetNumber() <= r.GetEnd()
		}):
			rule = "enum-value-removed-without-reservation"
		case !slices.Contains(e.ReservedName, v.GetName()):
			rule = "enum-value-removed-name-free"
		}
		p.add(rule, e.span(), before, "`%s.%s`, %d, is gone", name, v.GetName(), v.GetNumber())
	}
	for _, r := range old.ReservedRange {
		// The last number of a range of an enum is in it; the last that there
		// is has none behind it.
		inclusive := func(r *descriptorpb.EnumDescriptorProto_EnumReservedRange) span {
			return span{r.GetStart(), max(r.GetEnd(), r.GetEnd()+1)}
		}
		if n := firstFree(spans(e.ReservedRange, inclusive), inclusive(r)); n < inclusive(r).end {
			p.add("reservation-removed", e.span(), old.span(), "number %d of enum `%s` is no longer reserved", n, name)
		}
	}
	for _, n := range old.ReservedName {
		if !slices.Contains(e.ReservedName, n) {
			p.add("reservation-removed", e.span(), old.span(), "name %q of enum `%s` is no longer reserved", n, name)
		}
	}
	if p.old.closed(old) != p.now.closed(e) {
		p.add("enum-openness-changed", e.span(), old.span(), "enum `%s` is closed on one side only", name)
	}
}

// closed reports whether an enum is.
func (d *declarations) closed(e enum) bool {
	ed, ok := d.find(e.full).(protoreflect.EnumDescriptor)
	return ok && ed.IsClosed()
}

func (p *proto) service(old, s service) {
	methods := map[string]int{}
	for i, m := range s.Method {
		methods[m.GetName()] = i
	}
	for i, m := range old.Method {
		before := old.span(serviceMethod, int32(i))
		at, ok := methods[m.GetName()]
		if !ok {
			p.add("method-removed", s.span(), before, "method `%s.%s` is gone", s.GetName(), m.GetName())
			continue
		}
		p.method(old.file, m, s.Method[at], s.GetName()+"."+m.GetName(), before, s.span(serviceMethod, int32(at)))
	}
}

func (p *proto) method(file *descriptorpb.FileDescriptorProto, old, m *descriptorpb.MethodDescriptorProto, name string, before, now source.Span) {
	for _, side := range []struct{ what, a, b string }{
		{"takes", old.GetInputType(), m.GetInputType()},
		{"returns", old.GetOutputType(), m.GetOutputType()},
	} {
		if p.renamedType(side.a, file) != side.b {
			p.add("method-type-changed", now, before, "method `%s` %s `%s`, not `%s`", name, side.what, side.b[1:], side.a[1:])
		}
	}
	for _, side := range []struct {
		what string
		a, b bool
	}{{"the client", old.GetClientStreaming(), m.GetClientStreaming()}, {"the server", old.GetServerStreaming(), m.GetServerStreaming()}} {
		if side.a != side.b {
			p.add("method-streaming-changed", now, before, "%s of method `%s` streams on one side only", side.what, name)
		}
	}
	if a, b := old.GetOptions().GetIdempotencyLevel(), m.GetOptions().GetIdempotencyLevel(); a != b && a != descriptorpb.MethodOptions_IDEMPOTENCY_UNKNOWN {
		p.add("method-idempotency-changed", now, before, "method `%s` is %s, was %s", name, b, a)
	}
}
