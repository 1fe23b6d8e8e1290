package invoke

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"sync"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/volo-go/volo/pilota/protoidl"
	vologrpc "github.com/volo-go/volo/volo-grpc"
)

//go:embed reflection.proto
var reflectionProto string

// A reflector is a source that asks the server, for what is looked for and
// what that needs.
type reflector struct {
	client *vologrpc.Client

	mu       sync.Mutex // held while the server is asked, so that it is asked once
	versions []*vologrpc.Method
	names    []string
	files    protoregistry.Files

	malformed error // the first file that was none
}

// newReflector returns a source that asks in v1 and, if the server does not
// know it, in v1alpha.
func newReflector(client *vologrpc.Client) (*reflector, error) {
	r := &reflector{client: client.With(vologrpc.CallCompression("identity"))} // not all servers can decompress
	for _, pkg := range []string{"grpc.reflection.v1", "grpc.reflection.v1alpha"} {
		text := strings.Replace(reflectionProto, "grpc.reflection.v1", pkg, 1)
		files, list := protoidl.Compile(protoidl.Options{
			Inputs: []string{"reflection.proto"}, ReadFile: only("reflection.proto", text),
		})
		if err := list.Err(); err != nil {
			return nil, err
		}
		file, err := protodesc.NewFile(files.Set.File[0], nil)
		if err != nil {
			return nil, err
		}
		message := func(name protoreflect.Name) func() proto.Message {
			d := file.Messages().ByName(name)
			return func() proto.Message { return dynamicpb.NewMessage(d) }
		}
		r.versions = append(r.versions, &vologrpc.Method{
			Service: pkg + ".ServerReflection", Name: "ServerReflectionInfo", Kind: vologrpc.BidiStreaming, Idempotent: true,
			NewRequest: message("ServerReflectionRequest"), NewResponse: message("ServerReflectionResponse"),
		})
	}
	return r, nil
}

// only returns a ReadFile that knows one file.
func only(file, text string) func(string) ([]byte, error) {
	return func(name string) ([]byte, error) {
		if name != file {
			return nil, fs.ErrNotExist
		}
		return []byte(text), nil
	}
}

func (r *reflector) services(ctx context.Context) ([]string, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.names != nil {
		return r.names, nil
	}
	err := r.converse(ctx, func(c *conversation) error {
		answer, err := c.ask("list_services", "*")
		if err != nil {
			return err
		}
		list := get(answer, "list_services_response").Message()
		all := get(list, "service").List()
		for i := range all.Len() {
			r.names = append(r.names, get(all.Get(i).Message(), "name").String())
		}
		return nil
	})
	return r.names, err
}

func (r *reflector) find(ctx context.Context, name protoreflect.FullName) (protoreflect.Descriptor, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if d, err := r.files.FindDescriptorByName(name); err == nil {
		return d, nil
	}
	err := r.converse(ctx, func(c *conversation) error {
		received, err := c.files("file_containing_symbol", string(name))
		if err != nil {
			return err
		}
		for _, path := range slices.Sorted(maps.Keys(received)) {
			if err := r.register(c, path, received); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	d, err := r.files.FindDescriptorByName(name)
	if err != nil && r.malformed != nil {
		err = r.malformed
	}
	return d, err
}

// register adds a file and, before it, what it imports, which the server is
// asked for unless it has sent it. What cannot be had is left out: only who
// uses it will miss it. The error is [errEndless].
func (r *reflector) register(c *conversation, path string, received map[string]*descriptorpb.FileDescriptorProto) error {
	if _, err := r.files.FindFileByPath(path); err == nil {
		return nil
	}
	file := received[path]
	if file == nil {
		more, err := c.files("file_by_filename", path)
		if errors.Is(err, errEndless) {
			return err
		}
		if file = more[path]; err != nil || file == nil {
			if known, err := protoregistry.GlobalFiles.FindFileByPath(path); err == nil {
				_ = r.files.RegisterFile(known)
			}
			return nil
		}
		for path, f := range more {
			received[path] = f
		}
	}
	received[path] = &descriptorpb.FileDescriptorProto{} // a cycle ends here
	for _, dependency := range file.Dependency {
		if err := r.register(c, dependency, received); err != nil {
			return err
		}
	}
	fd, err := (protodesc.FileOptions{AllowUnresolvable: true}).New(file, &r.files)
	if err == nil {
		_ = r.files.RegisterFile(fd) // of two files with one name the first counts
	} else if r.malformed == nil {
		r.malformed = fmt.Errorf("reflection: the server sends a malformed %s: %w", path, err)
	}
	return nil
}

// What a server may send to describe one name: so many bytes, of which each
// file counts as at least fileCost.
const (
	maxDescribed = 64 << 20
	fileCost     = 1 << 10
)

var errEndless = fmt.Errorf("reflection: the server sends more than %d MiB of files to describe one name; name its .proto files with --idl", maxDescribed>>20)

// A conversation is one stream of questions and answers.
type conversation struct {
	method *vologrpc.Method
	stream *vologrpc.ClientStream
	got    int // bytes of files
}

// converse has f talk to the server, in the first version that it knows.
func (r *reflector) converse(ctx context.Context, f func(*conversation) error) error {
	var err error
	for i, m := range r.versions {
		err = r.try(ctx, m, f)
		if err == nil {
			r.versions = r.versions[i : i+1]
			return nil
		}
		if vologrpc.CodeOf(err) != vologrpc.Unimplemented {
			return err
		}
	}
	return fmt.Errorf("the server has no reflection service; name its .proto files or a descriptor set with --idl (%v)", err)
}

func (r *reflector) try(ctx context.Context, m *vologrpc.Method, f func(*conversation) error) error {
	stream, err := r.client.Stream(ctx, m, nil)
	if err != nil {
		return err
	}
	defer stream.Close()
	return f(&conversation{method: m, stream: stream})
}

// ask asks one question.
func (c *conversation) ask(field protoreflect.Name, value string) (protoreflect.Message, error) {
	question := c.method.NewRequest().ProtoReflect()
	question.Set(question.Descriptor().Fields().ByName(field), protoreflect.ValueOfString(value))
	sent := c.stream.Send(question.Interface()) // if the stream has ended, Recv tells why
	answer := c.method.NewResponse().ProtoReflect()
	if err := c.stream.Recv(answer.Interface()); err != nil {
		return nil, fmt.Errorf("reflection: %w", err)
	}
	if sent != nil {
		return nil, fmt.Errorf("reflection: %w", sent)
	}
	if failed := answer.Descriptor().Fields().ByName("error_response"); answer.Has(failed) {
		e := answer.Get(failed).Message()
		return nil, fmt.Errorf("reflection: %s %q: %s: %s", field, value,
			vologrpc.Code(get(e, "error_code").Int()), get(e, "error_message"))
	}
	return answer, nil
}

// files asks for files and returns those that came, by path.
func (c *conversation) files(field protoreflect.Name, value string) (map[string]*descriptorpb.FileDescriptorProto, error) {
	answer, err := c.ask(field, value)
	if err != nil {
		return nil, err
	}
	all := get(get(answer, "file_descriptor_response").Message(), "file_descriptor_proto").List()
	received := make(map[string]*descriptorpb.FileDescriptorProto, all.Len())
	for i := range all.Len() {
		if c.got += max(fileCost, len(all.Get(i).Bytes())); c.got > maxDescribed {
			return nil, errEndless
		}
		file := new(descriptorpb.FileDescriptorProto)
		if err := proto.Unmarshal(all.Get(i).Bytes(), file); err != nil {
			return nil, fmt.Errorf("reflection: %s %q: %w", field, value, err)
		}
		received[file.GetName()] = file
	}
	return received, nil
}

func get(m protoreflect.Message, field protoreflect.Name) protoreflect.Value {
	return m.Get(m.Descriptor().Fields().ByName(field))
}
