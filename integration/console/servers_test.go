package console_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/volo-go/volo/metainfo"
	"github.com/volo-go/volo/pilota"
	"github.com/volo-go/volo/pilota/protoidl"
	"github.com/volo-go/volo/pilota/thrift/dynamic"
	vologrpc "github.com/volo-go/volo/volo-grpc"
	"github.com/volo-go/volo/volo-grpc/reflection"
	volothrift "github.com/volo-go/volo/volo-thrift"
	"github.com/volo-go/volo/volo-thrift/generic"
)

// shop serves testdata/shop.thrift and returns where.
func shop(t *testing.T) string {
	t.Helper()
	files, diagnostics := pilota.Describe(pilota.Options{Inputs: []string{"testdata/shop.thrift"}})
	if files == nil {
		t.Fatal(diagnostics)
	}
	handle := func(ctx context.Context, method string, args []byte) ([]byte, error) {
		zone, _ := metainfo.Persistent(ctx, "ZONE")
		metainfo.SendBackward(ctx, "SEEN_IN", zone)
		switch text := string(args); {
		case method == "Put" && strings.HasPrefix(text, `{"item":`):
			return args[len(`{"item":`) : len(args)-1], nil
		case text == `{"id":9007199254740993}`:
			return []byte(`{"id": 9007199254740993, "name": "chair", "size": "LARGE", "price": {"cents": 12900}, "fragile": false, "weight": 7.5}`), nil
		}
		e, err := generic.NewException(files[0].Struct("NoSuchItem"), []byte(`{"id": 3, "similar": [9007199254740993]}`), dynamic.Options{})
		if err != nil {
			return nil, err
		}
		return nil, e
	}
	server := volothrift.NewServer()
	if err := server.Register(generic.NewJSONService(files[0].Service("Shop"), handle, generic.Options{})); err != nil {
		t.Fatal(err)
	}
	return serve(t, server)
}

// note is the type of what is said at the desk. It is linked in, so to say,
// which is where reflection looks.
var note = sync.OnceValues(func() (protoreflect.MessageDescriptor, error) {
	files, diagnostics := protoidl.Compile(protoidl.Options{Inputs: []string{"testdata/desk.proto"}})
	if err := diagnostics.Err(); err != nil {
		return nil, err
	}
	registry, err := protodesc.NewFiles(files.Set)
	if err != nil {
		return nil, err
	}
	d, err := registry.FindDescriptorByName("shop.v1.Note")
	if err != nil {
		return nil, err
	}
	return d.(protoreflect.MessageDescriptor), protoregistry.GlobalFiles.RegisterFile(d.ParentFile())
})

// A signal is something that a server tells a test.
type signal chan struct{}

// wait waits for it.
func (s signal) wait(t *testing.T) {
	t.Helper()
	select {
	case <-s:
	case <-time.After(time.Minute):
		t.Fatal("the server has heard nothing")
	}
}

// desk serves testdata/desk.proto with reflection, and returns where, and what
// hears of calls of Wait that have begun and of those that were canceled.
func desk(t *testing.T) (addr string, begun, canceled signal) {
	t.Helper()
	desc, err := note()
	if err != nil {
		t.Fatal(err)
	}
	text := desc.Fields().ByName("text")
	fresh := func() proto.Message { return dynamicpb.NewMessage(desc) }
	method := func(name string, kind vologrpc.Kind, serve func(*vologrpc.ServerStream) error) *vologrpc.Method {
		m := &vologrpc.Method{Service: "shop.v1.Desk", Name: name, Kind: kind, NewRequest: fresh, NewResponse: fresh}
		m.Serve = func(_ context.Context, _ any, s *vologrpc.ServerStream) error { return serve(s) }
		return m
	}
	ask := method("Ask", vologrpc.Unary, nil)
	ask.Invoke = func(ctx context.Context, _ any, req proto.Message) (proto.Message, error) {
		said := req.ProtoReflect().Get(text).String()
		if said == "no" {
			return nil, vologrpc.Errorf(vologrpc.NotFound, "nobody says %s", said).WithDetails(req)
		}
		if err := vologrpc.SetHeader(ctx, "asked-by", vologrpc.MetadataFrom(ctx).Get("who")); err != nil {
			return nil, err
		}
		return req, vologrpc.SetTrailer(ctx, "at", "the desk")
	}
	wait := method("Wait", vologrpc.Unary, nil)
	begun, canceled = make(signal, 8), make(signal, 8)
	wait.Invoke = func(ctx context.Context, _ any, _ proto.Message) (proto.Message, error) {
		begun <- struct{}{}
		<-ctx.Done()
		canceled <- struct{}{}
		return nil, ctx.Err()
	}
	server := vologrpc.NewServer()
	if err := server.Register(&vologrpc.Service{Name: "shop.v1.Desk", Methods: []*vologrpc.Method{
		ask, wait,
		method("Repeat", vologrpc.ServerStreaming, func(s *vologrpc.ServerStream) error {
			m := fresh()
			if err := s.Recv(m); err != nil {
				return err
			}
			for range 3 {
				if err := s.Send(m); err != nil {
					return err
				}
			}
			return nil
		}),
		method("Listen", vologrpc.ClientStreaming, func(s *vologrpc.ServerStream) error {
			sum, n := fresh(), 0
			err := each(s, fresh, func(proto.Message) error { n++; return nil })
			sum.ProtoReflect().Set(text, protoreflect.ValueOfString(fmt.Sprint(n, " notes")))
			if err != nil {
				return err
			}
			return s.Send(sum)
		}),
		method("Talk", vologrpc.BidiStreaming, func(s *vologrpc.ServerStream) error { return each(s, fresh, s.Send) }),
	}}); err != nil {
		t.Fatal(err)
	}
	if err := reflection.Register(server); err != nil {
		t.Fatal(err)
	}
	return serve(t, server), begun, canceled
}

// each hands what a stream receives on.
func each(s *vologrpc.ServerStream, fresh func() proto.Message, f func(proto.Message) error) error {
	for {
		m := fresh()
		if err := s.Recv(m); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
		if err := f(m); err != nil {
			return err
		}
	}
}

// serve runs a server until the test ends, and returns where.
func serve(t *testing.T, server interface {
	Serve(net.Listener) error
	Close() error
}) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(l) }()
	t.Cleanup(func() { server.Close(); <-served })
	return l.Addr().String()
}
