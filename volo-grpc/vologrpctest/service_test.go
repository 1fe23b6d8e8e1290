package vologrpctest_test

import (
	"context"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/wrapperspb"

	vologrpc "github.com/volo-go/volo/volo-grpc"
	"github.com/volo-go/volo/volo-grpc/vologrpctest"
)

// This file is what generated code for a service would be, by hand:
//
//	service Audit {
//	  rpc Get(StringValue) returns (StringValue);
//	  rpc Watch(StringValue) returns (stream StringValue);
//	}

type text = wrapperspb.StringValue

// An audit is a handler made of functions.
type audit struct {
	get   func(ctx context.Context, key string) (string, error)
	watch func(ctx context.Context, s *vologrpc.Sender[text]) error
}

func newText() proto.Message { return new(text) }

var (
	methodGet = &vologrpc.Method{
		Service: "test.v1.Audit", Name: "Get", Kind: vologrpc.Unary, NewRequest: newText, NewResponse: newText,
		Invoke: func(ctx context.Context, h any, req proto.Message) (proto.Message, error) {
			s, err := h.(audit).get(ctx, req.(*text).Value)
			return wrapperspb.String(s), err
		},
	}
	methodWatch = &vologrpc.Method{
		Service: "test.v1.Audit", Name: "Watch", Kind: vologrpc.ServerStreaming, NewRequest: newText, NewResponse: newText,
		Serve: func(ctx context.Context, h any, s *vologrpc.ServerStream) error {
			if err := s.Recv(new(text)); err != nil {
				return err
			}
			return h.(audit).watch(ctx, vologrpc.NewSender[text](s))
		},
	}
)

func newAuditService(h audit) *vologrpc.Service {
	return &vologrpc.Service{Name: "test.v1.Audit", Handler: h, Methods: []*vologrpc.Method{methodGet, methodWatch}}
}

type auditClient struct{ *vologrpc.Client }

func newAuditClient(target string, opts ...vologrpc.ClientOption) (auditClient, error) {
	c, err := vologrpc.NewClient(target, opts...)
	return auditClient{c}, err
}

func (c auditClient) Get(ctx context.Context, key string) (string, error) {
	out := new(text)
	err := c.Unary(ctx, methodGet, wrapperspb.String(key), out)
	return out.Value, err
}

func newClient(t testing.TB, p *vologrpctest.Pair, opts ...vologrpc.ClientOption) auditClient {
	t.Helper()
	c, err := newAuditClient(p.Target(), p.ClientOptions(opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}
