package kitex

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"maps"
	"net"
	"slices"
	"strconv"
	"time"

	"github.com/volo-go/volo/metainfo"
	"github.com/volo-go/volo/motore/rpc"
	"github.com/volo-go/volo/pilota/thrift"
	volothrift "github.com/volo-go/volo/volo-thrift"

	"github.com/volo-go/volo/integration/conformance/kitex/gen/suite"
	"github.com/volo-go/volo/integration/conformance/kitex/gen/suite/suitethrift"
	"github.com/volo-go/volo/integration/conformance/kitex/stage"
)

// A server is ours, with both services.
type server struct {
	*volothrift.Server
	rooms  *stage.Rooms
	addr   string
	ending chan struct{} // closed when Shutdown begins
	served chan error
}

// serve starts a server.
func serve() (*server, error) {
	s := &server{rooms: new(stage.Rooms), ending: make(chan struct{}), served: make(chan error, 1)}
	s.Server = volothrift.NewServer(
		volothrift.OnShutdown(func(context.Context) error { close(s.ending); return nil }),
		volothrift.WithLogger(slog.New(slog.NewTextHandler(io.Discard, nil))), // of panics that are asked for
	)
	for _, service := range []*volothrift.Service{
		suitethrift.NewSuiteService(&handler{rooms: s.rooms}), suitethrift.NewSecondService(second{}),
	} {
		if err := s.Register(service); err != nil {
			return nil, err
		}
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s.addr = l.Addr().String()
	go func() { s.served <- s.Serve(l) }()
	return s, nil
}

// shutdown ends the server in order.
func (s *server) shutdown(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	err := s.Shutdown(ctx)
	if served := <-s.served; !errors.Is(served, volothrift.ErrServerClosed) {
		err = errors.Join(err, served)
	}
	return err
}

// A handler answers as the IDL says.
type handler struct{ rooms *stage.Rooms }

func (h *handler) Inherited(_ context.Context, text string) (string, error) {
	h.rooms.Serve()
	return text, nil
}

func (*handler) Nothing(context.Context) error { return nil }

func (*handler) Echo(_ context.Context, value *suite.Everything) (*suite.Everything, error) {
	return value, nil
}

func (*handler) Several(_ context.Context, number int32, text string, values []int64) (string, error) {
	joined := strconv.Itoa(int(number)) + " " + text
	for _, v := range values {
		joined += " " + strconv.FormatInt(v, 10)
	}
	return joined, nil
}

func (h *handler) Note(_ context.Context, token string) error {
	h.rooms.Note(token)
	return nil
}

func (h *handler) Noted(ctx context.Context, token string) (string, error) {
	return token, h.rooms.Noted(ctx, token)
}

func (*handler) Fail(_ context.Context, how string) (string, error) {
	switch how {
	case "declared":
		return "", &suite.Declared{Code: 17, Message: "declared by the IDL"}
	case "other":
		return "", &suite.Other{Why: "for another reason"}
	case "error":
		return "", errors.New("something broke")
	case "panic":
		panic("something fell over")
	case "biz":
		return "", &volothrift.BizError{Status: 4001, Message: "no stock"}
	case "extra":
		return "", &volothrift.BizError{Status: -5, Message: "später", Extra: map[string]string{"item": "7", "quote": `"`}}
	case "typed":
		return "", &thrift.ApplicationException{Type: 1234, Message: "a type of its own"}
	}
	return how, nil
}

func (*handler) Look(ctx context.Context) (*suite.View, error) {
	info := rpc.FromContext(ctx)
	v := &suite.View{
		Caller:     info.Caller.Service,
		Callee:     info.Callee.Service,
		Service:    info.Service,
		Method:     info.Method,
		Persistent: maps.Collect(metainfo.Persistents(ctx)),
		Upstream:   maps.Collect(metainfo.Upstreams(ctx)),
	}
	if deadline, ok := ctx.Deadline(); ok {
		v.Remaining = time.Until(deadline).Milliseconds()
	}
	metainfo.SendBackward(ctx, "BACK", "there")
	return v, nil
}

func (*handler) Relay(ctx context.Context, address string) (*suite.View, error) {
	c, err := suitethrift.NewSuiteClient(address, volothrift.WithCaller("volo-relay"))
	if err != nil {
		return nil, err
	}
	defer c.Close()
	return c.Look(ctx)
}

func (*handler) Turn(_ context.Context, bytes []byte) ([]byte, error) {
	bytes = slices.Clone(bytes)
	slices.Reverse(bytes)
	return bytes, nil
}

func (h *handler) Meet(ctx context.Context, token string, count int32) (int32, error) {
	return count, h.rooms.Meet(ctx, token, int(count))
}

func (h *handler) Hold(ctx context.Context, token string) (string, error) {
	return token, h.rooms.Hold(ctx, token)
}

func (h *handler) Release(_ context.Context, token string) error {
	h.rooms.Release(token)
	return nil
}

func (h *handler) Holding(context.Context) (int32, error) { return int32(h.rooms.Holding()), nil }

func (*handler) Nap(_ context.Context, milliseconds int64) error {
	time.Sleep(time.Duration(milliseconds) * time.Millisecond)
	return nil
}

func (*handler) Widen(_ context.Context, value *suite.Narrow) (*suite.Narrow, error) {
	return value, nil
}

func (*handler) Who(_ context.Context, text string) (string, error) { return "Suite " + text, nil }

type second struct{}

func (second) Alone(_ context.Context, text string) (string, error) { return "alone " + text, nil }

func (second) Mirror(_ context.Context, value *suite.Everything) (*suite.Everything, error) {
	return value, nil
}

func (second) Who(_ context.Context, text string) (string, error) { return "Second " + text, nil }
