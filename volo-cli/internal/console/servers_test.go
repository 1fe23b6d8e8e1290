package console_test

import (
	"context"
	"io"
	"io/fs"
	"net"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/volo-go/volo/metainfo"
	"github.com/volo-go/volo/pilota"
	"github.com/volo-go/volo/pilota/protoidl"
	"github.com/volo-go/volo/pilota/thrift/dynamic"
	vologrpc "github.com/volo-go/volo/volo-grpc"
	"github.com/volo-go/volo/volo-grpc/health"
	"github.com/volo-go/volo/volo-grpc/reflection"
	volothrift "github.com/volo-go/volo/volo-thrift"
	"github.com/volo-go/volo/volo-thrift/generic"
)

const shopThrift = `
/** Sizes that there are. */
enum Size { SMALL = 1 (unit = "cm"), LARGE = 2 }
senum Colour { "red", "blue" }
typedef i64 ID
union Price { 1: i64 cents, 2: string words }
/** Something to buy. */
struct Item {
  1: required ID id (go.tag = "id")
  2: string name = "nameless"
  3: optional Size size
  4: list<Item> parts
  5: map<i32, binary> pictures
  6: Price price
  7: Colour colour
}
struct Unused { 1: bool b }
exception NoSuchItem { 1: i64 id }
service Shop {
  // Finds an item.
  Item GetItem(1: i64 id) throws (1: NoSuchItem missing)
  void Put(1: Item item) (idempotent)
  oneway void Forget(1: i64 id)
}
`

const talkProto = `
syntax = "proto3";
package talk;
// A Word is said.
message Word {
  // What is said.
  string text = 1;
  int64 number = 2 [deprecated = true];
  repeated Word more = 3;
  map<string, int32> counts = 4;
  oneof mood { bool loud = 5; string soft_spoken = 6; }
  optional double weight = 7;
  enum Tone { PLAIN = 0; SHARP = 1; }
  Tone tone = 8;
}
message Unused { bytes b = 1; }
service Talk {
  // Says it back.
  rpc Echo(Word) returns (Word);
  rpc Gather(stream Word) returns (Word);
  rpc Repeat(Word) returns (stream Word);
  rpc Chat(stream Word) returns (stream Word);
  // Says nothing until it is canceled.
  rpc Wait(Word) returns (stream Word) { option deprecated = true; }
}
`

func readFile(name string) ([]byte, error) {
	switch name {
	case "shop.thrift":
		return []byte(shopThrift), nil
	case "talk.proto":
		return []byte(talkProto), nil
	}
	return nil, fs.ErrNotExist
}

// shop serves shop.thrift and returns where.
func shop(t *testing.T) string {
	t.Helper()
	files, diagnostics := pilota.Describe(pilota.Options{Inputs: []string{"shop.thrift"}, ReadFile: readFile})
	if files == nil {
		t.Fatal(diagnostics)
	}
	server := volothrift.NewServer()
	handle := func(ctx context.Context, method string, args []byte) ([]byte, error) {
		zone, _ := metainfo.Persistent(ctx, "ZONE")
		metainfo.SendBackward(ctx, "SEEN", method+zone)
		switch {
		case method != "GetItem":
			return nil, nil
		case string(args) == `{"id":9007199254740993}`:
			return []byte(`{"id": 9007199254740993, "name": "chair"}`), nil
		case string(args) == `{"id":8}`:
			return nil, &volothrift.BizError{Status: 42, Message: "closed", Extra: map[string]string{"until": "noon"}}
		}
		e, err := generic.NewException(files[0].Struct("NoSuchItem"), args, dynamic.Options{})
		if err != nil {
			return nil, err
		}
		return nil, e
	}
	if err := server.Register(generic.NewJSONService(files[0].Service("Shop"), handle, generic.Options{})); err != nil {
		t.Fatal(err)
	}
	l := listen(t)
	served := make(chan error, 1)
	go func() { served <- server.Serve(l) }()
	t.Cleanup(func() { server.Close(); <-served })
	return l.Addr().String()
}

// A talk is a server of talk.proto.
type talk struct {
	addr    string
	waiting chan struct{} // something, when a call of Wait has begun
	ended   chan error    // how one has ended
}

// newTalk serves talk.proto, health checks and reflection.
func newTalk(t *testing.T) *talk {
	t.Helper()
	files, diagnostics := protoidl.Compile(protoidl.Options{Inputs: []string{"talk.proto"}, ReadFile: readFile})
	if err := diagnostics.Err(); err != nil {
		t.Fatal(err)
	}
	registry, err := protodesc.NewFiles(files.Set)
	if err != nil {
		t.Fatal(err)
	}
	d, err := registry.FindDescriptorByName("talk.Word")
	if err != nil {
		t.Fatal(err)
	}
	desc := d.(protoreflect.MessageDescriptor)
	word := func() proto.Message { return dynamicpb.NewMessage(desc) }
	text := desc.Fields().ByName("text")
	talk := &talk{waiting: make(chan struct{}, 8), ended: make(chan error, 8)}
	method := func(name string, kind vologrpc.Kind) *vologrpc.Method {
		return &vologrpc.Method{Service: "talk.Talk", Name: name, Kind: kind, NewRequest: word, NewResponse: word}
	}
	stream := func(name string, kind vologrpc.Kind, serve func(context.Context, *vologrpc.ServerStream) error) *vologrpc.Method {
		m := method(name, kind)
		m.Serve = func(ctx context.Context, _ any, s *vologrpc.ServerStream) error { return serve(ctx, s) }
		return m
	}
	echo := method("Echo", vologrpc.Unary)
	echo.Invoke = func(ctx context.Context, _ any, req proto.Message) (proto.Message, error) {
		if err := vologrpc.SetHeader(ctx, "asked", vologrpc.MetadataFrom(ctx).Get("ask")); err != nil {
			return nil, err
		}
		if req.ProtoReflect().Get(text).String() == "no" {
			return nil, vologrpc.Errorf(vologrpc.NotFound, "no such word").WithDetails(req)
		}
		return req, vologrpc.SetTrailer(ctx, "said", "yes")
	}
	server := vologrpc.NewServer()
	services := []*vologrpc.Service{health.New().Service(), {Name: "talk.Talk", Methods: []*vologrpc.Method{
		echo,
		stream("Gather", vologrpc.ClientStreaming, func(_ context.Context, s *vologrpc.ServerStream) error {
			all := word()
			for {
				m := word()
				switch err := s.Recv(m); {
				case err == io.EOF:
					return s.Send(all)
				case err != nil:
					return err
				}
				r := all.ProtoReflect()
				r.Set(text, protoreflect.ValueOfString(r.Get(text).String()+m.ProtoReflect().Get(text).String()))
			}
		}),
		stream("Repeat", vologrpc.ServerStreaming, func(_ context.Context, s *vologrpc.ServerStream) error {
			m := word()
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
		stream("Chat", vologrpc.BidiStreaming, func(_ context.Context, s *vologrpc.ServerStream) error {
			for {
				m := word()
				if err := s.Recv(m); err == io.EOF {
					return nil
				} else if err != nil {
					return err
				}
				if err := s.Send(m); err != nil {
					return err
				}
			}
		}),
		stream("Wait", vologrpc.ServerStreaming, func(ctx context.Context, s *vologrpc.ServerStream) error {
			talk.waiting <- struct{}{}
			<-ctx.Done()
			talk.ended <- context.Cause(ctx)
			return ctx.Err()
		}),
	}}}
	for _, s := range services {
		if err := server.Register(s); err != nil {
			t.Fatal(err)
		}
	}
	if err := reflection.Register(server); err != nil {
		t.Fatal(err)
	}
	l := listen(t)
	talk.addr = l.Addr().String()
	served := make(chan error, 1)
	go func() { served <- server.Serve(l) }()
	t.Cleanup(func() { server.Close(); <-served })
	return talk
}

func listen(t *testing.T) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return l
}
