package grpcstubs_test

import (
	"context"
	"errors"
	"io"
	"net"
	"strconv"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/emptypb"

	"github.com/volo-go/volo/pilota/testdata/proto/data"
	"github.com/volo-go/volo/pilota/testdata/proto/names/namesgrpc"
	"github.com/volo-go/volo/pilota/testdata/proto/shop"
	"github.com/volo-go/volo/pilota/testdata/proto/shop/shopgrpc"
	protov1 "github.com/volo-go/volo/pilota/testdata/proto/v1"
	vologrpc "github.com/volo-go/volo/volo-grpc"
)

// serve serves services until the test is over and returns the address.
func serve(t *testing.T, services ...*vologrpc.Service) string {
	t.Helper()
	return serveWith(t, nil, services...)
}

func serveWith(t *testing.T, opts []vologrpc.ServerOption, services ...*vologrpc.Service) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := vologrpc.NewServer(opts...)
	for _, service := range services {
		if err := s.Register(service); err != nil {
			t.Fatal(err)
		}
	}
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(l) }()
	t.Cleanup(func() {
		s.Close()
		if err := <-ended; !errors.Is(err, vologrpc.ErrServerClosed) {
			t.Errorf("Serve returned %v", err)
		}
	})
	return l.Addr().String()
}

func soon(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	t.Cleanup(cancel)
	return ctx
}

// items is a shop whose item n is called n and costs nothing.
type items struct{ uploaded chan int64 }

func item(id int64) *shop.Item {
	return &shop.Item{Id: id, How: &shop.Item_Why{Why: strconv.FormatInt(id, 10)}}
}

func (items) GetItem(_ context.Context, req *shop.GetItemRequest) (*shop.Item, error) {
	if req.Id < 0 {
		return nil, vologrpc.Errorf(vologrpc.NotFound, "no item %d", req.Id)
	}
	return item(req.Id), nil
}

func (items) Keep(_ context.Context, req *data.Datum) (*data.Datum, error) { return req, nil }

func (items) Watch(_ context.Context, req *shop.GetItemRequest, stream *vologrpc.Sender[shop.Item]) error {
	for id := range req.Id {
		if err := stream.Send(item(id)); err != nil {
			return err
		}
	}
	return vologrpc.Errorf(vologrpc.OutOfRange, "there are %d", req.Id)
}

func (h items) Upload(_ context.Context, stream *vologrpc.Receiver[shop.Item]) (*emptypb.Empty, error) {
	for {
		in, err := stream.Recv()
		if err == io.EOF {
			return new(emptypb.Empty), nil
		}
		if err != nil {
			return nil, err
		}
		h.uploaded <- in.Id
	}
}

func (items) Chat(_ context.Context, stream *vologrpc.Duplex[shop.Item, shop.GetItemRequest]) error {
	for {
		in, err := stream.Recv()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if err := stream.Send(&shop.GetItemRequest{Id: in.Id + 1}); err != nil {
			return err
		}
	}
}

func TestStubsOfEveryKind(t *testing.T) {
	h := items{make(chan int64, 10)}
	c, err := shopgrpc.NewItemsClient(serve(t, shopgrpc.NewItemsService(h)))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	ctx := soon(t)

	t.Run("unary", func(t *testing.T) {
		got, err := c.GetItem(ctx, &shop.GetItemRequest{Id: 7})
		if err != nil || !proto.Equal(got, item(7)) {
			t.Errorf("got %v and %v, want %v", got, err, item(7))
		}
		if _, err := c.GetItem(ctx, &shop.GetItemRequest{Id: -1}); vologrpc.CodeOf(err) != vologrpc.NotFound {
			t.Errorf("got %v, want NOT_FOUND", err)
		}
	})
	t.Run("unary, with a message of another package", func(t *testing.T) {
		if got, err := c.Keep(ctx, new(data.Datum)); err != nil || !proto.Equal(got, new(data.Datum)) {
			t.Errorf("got %v and %v", got, err)
		}
	})
	t.Run("unary, with options", func(t *testing.T) {
		_, err := c.With(vologrpc.CallMaxReceiveSize(1)).GetItem(ctx, &shop.GetItemRequest{Id: 7})
		if vologrpc.CodeOf(err) != vologrpc.ResourceExhausted {
			t.Errorf("got %v, want RESOURCE_EXHAUSTED", err)
		}
	})
	t.Run("server streaming", func(t *testing.T) {
		s, err := c.Watch(ctx, &shop.GetItemRequest{Id: 3})
		if err != nil {
			t.Fatal(err)
		}
		for id := range int64(3) {
			if got, err := s.Recv(); err != nil || !proto.Equal(got, item(id)) {
				t.Errorf("got %v and %v, want %v", got, err, item(id))
			}
		}
		if _, err := s.Recv(); vologrpc.CodeOf(err) != vologrpc.OutOfRange {
			t.Errorf("at the end: got %v, want OUT_OF_RANGE", err)
		}
	})
	t.Run("client streaming", func(t *testing.T) {
		s, err := c.Upload(ctx)
		if err != nil {
			t.Fatal(err)
		}
		for id := range int64(3) {
			if err := s.Send(item(id)); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := s.CloseAndRecv(); err != nil {
			t.Fatal(err)
		}
		for id := range int64(3) {
			if got := <-h.uploaded; got != id {
				t.Errorf("got item %d, want %d", got, id)
			}
		}
	})
	t.Run("bidi streaming", func(t *testing.T) {
		s, err := c.Chat(ctx)
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		for id := range int64(3) {
			if err := s.Send(item(id)); err != nil {
				t.Fatal(err)
			}
			if got, err := s.Recv(); err != nil || got.Id != id+1 {
				t.Errorf("got %v and %v, want %d", got, err, id+1)
			}
		}
		s.CloseSend()
		if _, err := s.Recv(); err != io.EOF {
			t.Errorf("at the end: got %v, want io.EOF", err)
		}
	})
}

func TestServicesShareConnections(t *testing.T) {
	address := serve(t, shopgrpc.NewItemsService(items{}), namesgrpc.NewDoorService(door{}))
	c, err := vologrpc.NewClient(address)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if got, err := shopgrpc.ItemsOver(c).GetItem(soon(t), &shop.GetItemRequest{Id: 7}); err != nil || got.Id != 7 {
		t.Errorf("one service: got %v and %v", got, err)
	}
	if got, err := namesgrpc.DoorOver(c).Open(soon(t), &protov1.Note{Text: "x"}); err != nil || got.Text != "Open x" {
		t.Errorf("the other: got %v and %v", got, err)
	}
	if got := c.Connections(); len(got) != 1 {
		t.Errorf("got %d connections, want 1", len(got))
	}
}

// door says which of its methods was called.
type door struct{}

func said(method, text string) *protov1.Note { return &protov1.Note{Text: method + " " + text} }

func (door) Open(_ context.Context, req *protov1.Note) (*protov1.Note, error) {
	return said("Open", req.Text), nil
}

func (door) Close_(_ context.Context, req *protov1.Note) (*protov1.Note, error) {
	return said("Close", req.Text), nil
}

func (door) With_(_ context.Context, req *protov1.Note, stream *vologrpc.Sender[protov1.Note]) error {
	return stream.Send(said("With", req.Text))
}

func (door) Close__(_ context.Context, stream *vologrpc.Receiver[protov1.Note]) (*protov1.Note, error) {
	in, err := stream.Recv()
	return said("Close_", in.GetText()), err
}

func (door) Knock(_ context.Context, stream *vologrpc.Duplex[protov1.Note, protov1.Note]) error {
	in, err := stream.Recv()
	if err != nil {
		return err
	}
	return stream.Send(said("knock", in.Text))
}

func (door) Knock_(_ context.Context, req *protov1.Note) (*protov1.Note, error) {
	return said("Knock", req.Text), nil
}

// The Go name of a method may differ from the one on the wire, which stays.
func TestMethodsWithNamesThatClash(t *testing.T) {
	c, err := namesgrpc.NewDoorClient(serve(t, namesgrpc.NewDoorService(door{})))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	ctx, x := soon(t), &protov1.Note{Text: "x"}
	for _, tt := range []struct {
		want string
		call func() (*protov1.Note, error)
	}{
		{"Open x", func() (*protov1.Note, error) { return c.Open(ctx, x) }},
		{"Close x", func() (*protov1.Note, error) { return c.Close_(ctx, x) }},
		{"Knock x", func() (*protov1.Note, error) { return c.Knock_(ctx, x) }},
		{"With x", func() (*protov1.Note, error) {
			s, err := c.With_(ctx, x)
			if err != nil {
				return nil, err
			}
			defer s.Close()
			return s.Recv()
		}},
		{"Close_ x", func() (*protov1.Note, error) {
			s, err := c.Close__(ctx)
			if err != nil {
				return nil, err
			}
			s.Send(x)
			return s.CloseAndRecv()
		}},
		{"knock x", func() (*protov1.Note, error) {
			s, err := c.Knock(ctx)
			if err != nil {
				return nil, err
			}
			defer s.Close()
			s.Send(x)
			return s.Recv()
		}},
	} {
		if got, err := tt.call(); err != nil || got.Text != tt.want {
			t.Errorf("got %v and %v, want %q", got, err, tt.want)
		}
	}
}
