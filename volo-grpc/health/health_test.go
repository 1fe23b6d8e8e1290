package health_test

import (
	"context"
	"errors"
	"net"
	"testing"
	"time"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/dynamicpb"

	vologrpc "github.com/volo-go/volo/volo-grpc"
	"github.com/volo-go/volo/volo-grpc/health"
)

func start(t *testing.T, h *health.Server) (*vologrpc.Server, *vologrpc.Client) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := vologrpc.NewServer(vologrpc.OnShutdown(h.Shutdown))
	if err := s.Register(h.Service()); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error)
	go func() { ended <- s.Serve(l) }()
	c, err := vologrpc.NewClient(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		c.Close()
		s.Close()
		<-ended
	})
	return s, c
}

// message makes a message of the protocol from JSON.
func message(t *testing.T, name, json string) proto.Message {
	t.Helper()
	m := dynamicpb.NewMessage(health.File.Messages().ByName(protoreflect.Name(name)))
	if err := protojson.Unmarshal([]byte(json), m); err != nil {
		t.Fatal(err)
	}
	return m
}

func method(h *health.Server, name string) *vologrpc.Method {
	for _, m := range h.Service().Methods {
		if m.Name == name {
			return m
		}
	}
	return nil
}

func soon(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	t.Cleanup(cancel)
	return ctx
}

func TestCheckAndList(t *testing.T) {
	h := health.New()
	_, c := start(t, h)
	h.Set("shop", health.NotServing)
	for _, tt := range []struct {
		method, in, out, req, want string
		code                       vologrpc.Code
	}{
		{"Check", "HealthCheckRequest", "HealthCheckResponse", `{}`, `{"status":"SERVING"}`, vologrpc.OK},
		{"Check", "HealthCheckRequest", "HealthCheckResponse", `{"service":"shop"}`, `{"status":"NOT_SERVING"}`, vologrpc.OK},
		{"Check", "HealthCheckRequest", "HealthCheckResponse", `{"service":"bank"}`, `{}`, vologrpc.NotFound},
		{"List", "HealthListRequest", "HealthListResponse", `{}`, `{"statuses":{"":{"status":"SERVING"},"shop":{"status":"NOT_SERVING"}}}`, vologrpc.OK},
	} {
		got := message(t, tt.out, `{}`)
		err := c.Unary(soon(t), method(h, tt.method), message(t, tt.in, tt.req), got)
		if vologrpc.CodeOf(err) != tt.code || !proto.Equal(got, message(t, tt.out, tt.want)) {
			t.Errorf("%s %s: got %v and %v, want %s and %v", tt.method, tt.req, got, err, tt.want, tt.code)
		}
	}
}

func TestWatch(t *testing.T) {
	h := health.New()
	s, c := start(t, h)
	stream, err := c.Stream(soon(t), method(h, "Watch"), message(t, "HealthCheckRequest", `{"service":"shop"}`))
	if err != nil {
		t.Fatal(err)
	}
	next := func(want string) {
		t.Helper()
		got := message(t, "HealthCheckResponse", `{}`)
		if err := stream.Recv(got); err != nil || !proto.Equal(got, message(t, "HealthCheckResponse", want)) {
			t.Fatalf("got %v and %v, want %s", got, err, want)
		}
	}
	next(`{"status":"SERVICE_UNKNOWN"}`)
	h.Set("other", health.Serving)
	h.Set("shop", health.Serving)
	next(`{"status":"SERVING"}`)
	h.Set("shop", health.NotServing)
	next(`{"status":"NOT_SERVING"}`)
	h.Set("shop", health.Serving)
	next(`{"status":"SERVING"}`)
	down := make(chan error)
	go func() { down <- s.Shutdown(soon(t)) }()
	next(`{"status":"NOT_SERVING"}`)
	var e *vologrpc.Error
	if err := stream.Recv(message(t, "HealthCheckResponse", `{}`)); !errors.As(err, &e) || e.Code != vologrpc.Unavailable {
		t.Errorf("at the end: got %v, want UNAVAILABLE", err)
	}
	if err := <-down; err != nil {
		t.Errorf("Shutdown: %v", err)
	}
}
