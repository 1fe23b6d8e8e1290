package invoke_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"sync"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/volo-go/volo/pilota/protoidl"
	"github.com/volo-go/volo/volo-cli/internal/invoke"
	vologrpc "github.com/volo-go/volo/volo-grpc"
)

// A mirror is a server that says about itself what a test wants.
type mirror struct {
	address string
	file    protoreflect.FileDescriptor // of the reflection service

	mu       sync.Mutex
	services []string
	// files answers a question for a symbol or a file; without any, it is not
	// found.
	files func(question string) [][]byte
}

func newMirror(t testing.TB) *mirror {
	t.Helper()
	parsed, list := protoidl.Compile(protoidl.Options{Inputs: []string{"reflection.proto"}, ReadFile: os.ReadFile})
	if err := list.Err(); err != nil {
		t.Fatal(err)
	}
	m := &mirror{}
	var err error
	if m.file, err = protodesc.NewFile(parsed.Set.File[0], nil); err != nil {
		t.Fatal(err)
	}
	server := vologrpc.NewServer()
	const name = "grpc.reflection.v1.ServerReflection"
	if err := server.Register(&vologrpc.Service{Name: name, Handler: m, Methods: []*vologrpc.Method{{
		Service: name, Name: "ServerReflectionInfo", Kind: vologrpc.BidiStreaming,
		NewRequest:  func() proto.Message { return m.message("ServerReflectionRequest") },
		NewResponse: func() proto.Message { return m.message("ServerReflectionResponse") },
		Serve:       func(_ context.Context, _ any, s *vologrpc.ServerStream) error { return m.serve(s) },
	}}}); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	m.address = l.Addr().String()
	served := make(chan error, 1)
	go func() { served <- server.Serve(l) }()
	t.Cleanup(func() {
		server.Close()
		<-served
	})
	return m
}

func (m *mirror) message(name protoreflect.Name) *dynamicpb.Message {
	return dynamicpb.NewMessage(m.file.Messages().ByName(name))
}

// field returns a field of a message.
func field(msg protoreflect.Message, name protoreflect.Name) protoreflect.FieldDescriptor {
	return msg.Descriptor().Fields().ByName(name)
}

func (m *mirror) serve(s *vologrpc.ServerStream) error {
	for {
		question, answer := m.message("ServerReflectionRequest"), m.message("ServerReflectionResponse")
		if err := s.Recv(question); err != nil {
			return nil
		}
		m.answer(question, answer)
		if err := s.Send(answer); err != nil {
			return err
		}
	}
}

func (m *mirror) answer(question, answer protoreflect.Message) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if question.Has(field(question, "list_services")) {
		list := answer.Mutable(field(answer, "list_services_response")).Message()
		for _, name := range m.services {
			s := list.Mutable(field(list, "service")).List().AppendMutable().Message()
			s.Set(field(s, "name"), protoreflect.ValueOfString(name))
		}
		return
	}
	asked := question.Get(field(question, "file_containing_symbol")).String() + question.Get(field(question, "file_by_filename")).String()
	files := m.files(asked)
	if files == nil {
		e := answer.Mutable(field(answer, "error_response")).Message()
		e.Set(field(e, "error_code"), protoreflect.ValueOfInt32(5))
		e.Set(field(e, "error_message"), protoreflect.ValueOfString("nothing of that name"))
		return
	}
	list := answer.Mutable(field(answer, "file_descriptor_response")).Message()
	for _, f := range files {
		list.Mutable(field(list, "file_descriptor_proto")).List().Append(protoreflect.ValueOfBytes(f))
	}
}

// says makes the mirror tell of services and files, by their paths. A symbol is
// in the first of them.
func (m *mirror) says(services []string, files ...*descriptorpb.FileDescriptorProto) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.services = services
	m.files = func(question string) [][]byte {
		for i, f := range files {
			if question == f.GetName() || i == 0 && !strings.HasSuffix(question, ".proto") {
				b, err := proto.Marshal(f)
				if err != nil {
					panic(err)
				}
				return [][]byte{b}
			}
		}
		return nil
	}
}

func (m *mirror) open(t testing.TB) *invoke.Peer {
	t.Helper()
	peer, err := invoke.Open(t.Context(), invoke.Config{Target: m.address})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { peer.Close() })
	return peer
}

// file parses a .proto without its imports, as a server may send it.
func file(t testing.TB, name, text string, imports ...string) *descriptorpb.FileDescriptorProto {
	t.Helper()
	parsed, list := protoidl.Compile(protoidl.Options{Inputs: []string{name}, ReadFile: func(path string) ([]byte, error) {
		if path == name {
			return []byte("syntax = \"proto3\";\n" + text), nil
		}
		return nil, os.ErrNotExist
	}})
	if err := list.Err(); err != nil {
		t.Fatal(err)
	}
	f := proto.CloneOf(parsed.Set.File[len(parsed.Set.File)-1])
	f.Dependency = append(f.Dependency, imports...)
	return f
}

// foreign makes a field of A have a type that another file may declare.
func foreign(f *descriptorpb.FileDescriptorProto, kind descriptorpb.FieldDescriptorProto_Type, name string) *descriptorpb.FileDescriptorProto {
	f.MessageType[0].Field[0].Type, f.MessageType[0].Field[0].TypeName = kind.Enum(), proto.String(name)
	return f
}

const service = "package p; message A { int32 x = 1; } service S { rpc Get(A) returns (A); }"

func TestWhatServersSayOfThemselvesIsTakenAsFarAsItGoes(t *testing.T) {
	const message, enum = descriptorpb.FieldDescriptorProto_TYPE_MESSAGE, descriptorpb.FieldDescriptorProto_TYPE_ENUM
	m := newMirror(t)
	for _, tt := range []struct {
		what     string
		files    []*descriptorpb.FileDescriptorProto
		template string // of p.S/Get, white space aside
	}{
		{"a file", []*descriptorpb.FileDescriptorProto{file(t, "a.proto", service)}, `{"x":0}`},
		{"two that import each other", []*descriptorpb.FileDescriptorProto{
			file(t, "a.proto", service, "b.proto"), file(t, "b.proto", "package q; message B {}", "a.proto")}, `{"x":0}`},
		{"an import that is there", []*descriptorpb.FileDescriptorProto{
			foreign(file(t, "a.proto", service, "b.proto"), message, ".q.B"), file(t, "b.proto", "package q; message B { bool y = 1; }")}, `{"x":{"y":false}}`},
		{"an import that is nowhere", []*descriptorpb.FileDescriptorProto{file(t, "a.proto", service, "nowhere.proto")}, `{"x":0}`},
		{"a message of an import that is nowhere", []*descriptorpb.FileDescriptorProto{
			foreign(file(t, "a.proto", service, "nowhere.proto"), message, ".q.B")}, `{"x":{}}`},
		{"an enum of an import that is nowhere", []*descriptorpb.FileDescriptorProto{
			foreign(file(t, "a.proto", service, "nowhere.proto"), enum, ".q.E")}, `{"x":0}`},
		{"an import that everybody has", []*descriptorpb.FileDescriptorProto{
			foreign(file(t, "a.proto", service, "google/protobuf/descriptor.proto"), message, ".google.protobuf.UninterpretedOption.NamePart")}, `{"x":{"namePart":"","isExtension":false}}`},
	} {
		t.Run(tt.what, func(t *testing.T) {
			m.says([]string{"p.S"}, tt.files...)
			peer := m.open(t)
			d, err := peer.Describe(t.Context(), "p.S/Get")
			if err != nil {
				t.Fatal(err)
			}
			if got := strings.Join(strings.Fields(string(d.Template)), ""); got != tt.template {
				t.Errorf("got %s, want %s", got, tt.template)
			}
			everything(t.Context(), peer)
		})
	}
}

func TestServersThatSayNothingUsefulAreTold(t *testing.T) {
	m := newMirror(t)
	bytes := func(b ...byte) func(string) [][]byte { return func(string) [][]byte { return [][]byte{b} } }
	endless := func(question string) [][]byte {
		n := 0
		fmt.Sscanf(question, "f%d.proto", &n)
		b, err := proto.Marshal(&descriptorpb.FileDescriptorProto{
			Name: proto.String(fmt.Sprintf("f%d.proto", n)), Dependency: []string{fmt.Sprintf("f%d.proto", n+1)},
			Package: proto.String(strings.Repeat("p", 3<<20))})
		if err != nil {
			panic(err)
		}
		return [][]byte{b}
	}
	for _, tt := range []struct {
		what  string
		files func(string) [][]byte
		want  string
	}{
		{"no such thing", func(string) [][]byte { return nil }, `reflection: file_containing_symbol "p.S": NOT_FOUND: nothing of that name`},
		{"no descriptors", bytes(0xFF, 0xFF), `reflection: file_containing_symbol "p.S": proto:`},
		{"no files", func(string) [][]byte { return [][]byte{} }, "not found"},
		{"a file without anything", bytes(), "reflection: the server sends a malformed "},
		{"a file that imports itself", func(string) [][]byte {
			b, _ := proto.Marshal(file(t, "a.proto", service, "a.proto"))
			return [][]byte{b}
		}, "reflection: the server sends a malformed a.proto: "},
		{"files without end", endless, "reflection: the server sends more than 64 MiB of files to describe one name; name its .proto files with --idl"},
	} {
		m.mu.Lock()
		m.services, m.files = []string{"p.S"}, tt.files
		m.mu.Unlock()
		_, err := m.open(t).Service(t.Context(), "p.S")
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: got %v, want %s", tt.what, err, tt.want)
		}
	}
}

// Each message has two fields of the next: written out, they are a million.
func TestTemplatesOfTypesThatMultiplyEnd(t *testing.T) {
	var text, thrift strings.Builder
	for i := range 30 {
		fmt.Fprintf(&text, "message M%d { M%d a = 1; M%d b = 2; }\n", i, i+1, i+1)
		fmt.Fprintf(&thrift, "struct M%d { 1: M%d a, 2: list<M%d> b, 3: map<string, M%d> c }\n", i, i+1, i+1, i+1)
	}
	text.WriteString("message M30 {}\nservice S { rpc Get(M0) returns (M0); }")
	thrift.WriteString("struct M30 {}\nservice S { M0 Get(1: M0 m) }")
	for name, idl := range map[string]string{"a.proto": "syntax = \"proto3\";\n" + text.String(), "a.thrift": thrift.String()} {
		peer, err := invoke.Open(t.Context(), invoke.Config{IDLs: []string{name}, ReadFile: func(path string) ([]byte, error) {
			if path == name {
				return []byte(idl), nil
			}
			return nil, os.ErrNotExist
		}})
		if err != nil {
			t.Fatal(err)
		}
		d, err := peer.Describe(t.Context(), "S/Get")
		if err != nil || len(d.Template) > 4<<20 || len(d.Template) < 1<<10 {
			t.Fatalf("%s: got a template of %d bytes, %v", name, len(d.Template), err)
		}
		method, err := peer.Method(t.Context(), "S/Get")
		if err != nil {
			t.Fatal(err)
		}
		if fault := peer.Check(t.Context(), method, d.Template); fault != nil {
			t.Errorf("%s: the template is no request: %+v", name, fault)
		}
	}
}

// everything asks for all that there is to know.
func everything(ctx context.Context, peer *invoke.Peer) error {
	names, err := peer.Services(ctx)
	for _, name := range names {
		s, e := peer.Service(ctx, name)
		if err = errors.Join(err, e); e != nil {
			continue
		}
		_, e = peer.Describe(ctx, name)
		err = errors.Join(err, e)
		for _, method := range s.Methods {
			d, e := peer.Describe(ctx, method.FullName())
			if err = errors.Join(err, e); e == nil {
				peer.Check(ctx, method, d.Template)
			}
			peer.Check(ctx, method, []byte(`{"x": {"y": [1, null, "s"]}, "z": 1e9}`))
			_, e = peer.Prepare(ctx, method, invoke.Call{}, []byte("{}"))
			err = errors.Join(err, e)
		}
	}
	_, e := peer.Outline(ctx)
	return errors.Join(err, e)
}

// FuzzReflection lets a server say anything of itself: an error or an answer,
// never a panic.
func FuzzReflection(f *testing.F) {
	m := newMirror(f)
	for _, files := range [][]*descriptorpb.FileDescriptorProto{
		{file(f, "a.proto", service)},
		{file(f, "a.proto", service, "b.proto"), file(f, "b.proto", "package q; message B { B b = 1; map<string, B> m = 2; oneof o { int64 i = 3; bytes y = 4; } }", "a.proto")},
		{foreign(file(f, "a.proto", service, "b.proto"), descriptorpb.FieldDescriptorProto_TYPE_MESSAGE, ".q.B"), file(f, "b.proto", "package q; message B { enum E { Z = 0; } repeated E y = 1; }")},
		{foreign(file(f, "a.proto", service, "b.proto"), descriptorpb.FieldDescriptorProto_TYPE_ENUM, ".q.E")},
	} {
		var all [2][]byte
		for i, file := range files {
			b, err := proto.Marshal(file)
			if err != nil {
				f.Fatal(err)
			}
			all[i] = b
		}
		f.Add("p.S", all[0], all[1])
	}
	f.Fuzz(func(t *testing.T, name string, first, second []byte) {
		m.mu.Lock()
		m.services = []string{name}
		m.files = func(question string) [][]byte {
			if question == "b.proto" {
				return [][]byte{second}
			}
			return [][]byte{first}
		}
		m.mu.Unlock()
		peer, err := invoke.Open(t.Context(), invoke.Config{Target: m.address})
		if err != nil {
			t.Fatal(err)
		}
		defer peer.Close()
		everything(t.Context(), peer)
	})
}
