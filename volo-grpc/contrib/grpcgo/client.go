package grpcgo

import (
	"context"
	"fmt"
	"net"
	"strings"
	"sync"

	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"
	"google.golang.org/protobuf/proto"

	"github.com/volo-go/volo/motore/rpc"
	vologrpc "github.com/volo-go/volo/volo-grpc"
)

// A Conn is a volo-grpc client as generated clients of grpc-go want it. It may
// be used concurrently.
type Conn struct {
	client  *vologrpc.Client
	methods sync.Map // methodKey → *vologrpc.Method
}

type methodKey struct {
	path string
	kind vologrpc.Kind
}

var _ grpc.ClientConnInterface = (*Conn)(nil)

// NewConn returns a Conn on client, which remains the caller's to close.
func NewConn(client *vologrpc.Client) *Conn { return &Conn{client: client} }

func (c *Conn) method(path string, kind vologrpc.Kind) *vologrpc.Method {
	key := methodKey{path, kind}
	if m, ok := c.methods.Load(key); ok {
		return m.(*vologrpc.Method)
	}
	service, name := split(path)
	m, _ := c.methods.LoadOrStore(key, &vologrpc.Method{Service: service, Name: name, Kind: kind})
	return m.(*vologrpc.Method)
}

func split(path string) (service, method string) {
	path = strings.TrimPrefix(path, "/")
	i := strings.LastIndexByte(path, '/')
	if i < 0 {
		return "", path
	}
	return path[:i], path[i+1:]
}

// Invoke makes a unary call.
func (c *Conn) Invoke(ctx context.Context, method string, args, reply any, opts ...grpc.CallOption) error {
	o, err := read(opts)
	if err != nil {
		return err
	}
	req, ok1 := args.(proto.Message)
	resp, ok2 := reply.(proto.Message)
	if !ok1 || !ok2 {
		return fmt.Errorf("grpcgo: %T and %T are not both messages", args, reply)
	}
	var r vologrpc.Received
	ctx = vologrpc.WithReceived(outgoing(ctx), &r)
	err = c.client.With(o.call...).Unary(ctx, c.method(method, vologrpc.Unary), req, resp)
	o.report(toMD(r.Header), toMD(r.Trailer), r.Peer)
	if err != nil {
		return toGRPC(err)
	}
	return nil
}

// NewStream opens a stream.
func (c *Conn) NewStream(ctx context.Context, desc *grpc.StreamDesc, method string, opts ...grpc.CallOption) (grpc.ClientStream, error) {
	o, err := read(opts)
	if err != nil {
		return nil, err
	}
	// The one request of a server streaming call comes later, by SendMsg.
	kind := vologrpc.BidiStreaming
	if !desc.ServerStreams {
		kind = vologrpc.ClientStreaming
	}
	s, err := c.client.With(o.call...).Stream(outgoing(ctx), c.method(method, kind), nil)
	if err != nil {
		return nil, toGRPC(err)
	}
	return &clientStream{ctx: ctx, s: s, o: o}, nil
}

// outgoing passes on the metadata that package metadata holds.
func outgoing(ctx context.Context) context.Context {
	md, ok := metadata.FromOutgoingContext(ctx)
	if !ok {
		return ctx
	}
	return vologrpc.WithMetadata(ctx, pairs(md)...)
}

// options are what the options of a call ask for.
type options struct {
	call    []vologrpc.CallOption
	header  *metadata.MD
	trailer *metadata.MD
	peer    *peer.Peer
}

// read translates options. One that means nothing here is an error, lest it
// be relied on in vain.
func read(opts []grpc.CallOption) (o options, err error) {
	for _, opt := range opts {
		switch opt := opt.(type) {
		case grpc.EmptyCallOption, grpc.StaticMethodCallOption:
		case grpc.HeaderCallOption:
			o.header = opt.HeaderAddr
		case grpc.TrailerCallOption:
			o.trailer = opt.TrailerAddr
		case grpc.PeerCallOption:
			o.peer = opt.PeerAddr
		case grpc.FailFastCallOption:
			if !opt.FailFast {
				o.call = append(o.call, vologrpc.CallWaitForReady())
			}
		case grpc.MaxRecvMsgSizeCallOption:
			o.call = append(o.call, vologrpc.CallMaxReceiveSize(opt.MaxRecvMsgSize))
		case grpc.MaxSendMsgSizeCallOption:
			o.call = append(o.call, vologrpc.CallMaxSendSize(opt.MaxSendMsgSize))
		case grpc.CompressorCallOption:
			o.call = append(o.call, vologrpc.CallCompression(opt.CompressorType))
		case grpc.PerRPCCredsCallOption:
			creds := opt.Creds
			o.call = append(o.call, vologrpc.CallCredentials(vologrpc.CredentialsFunc(
				func(ctx context.Context, req *vologrpc.Request) (vologrpc.Metadata, error) {
					kv, err := creds.GetRequestMetadata(ctx)
					var m vologrpc.Metadata
					for k, v := range kv {
						m = m.With(k, v)
					}
					return m, err
				})))
		default:
			return o, fmt.Errorf("grpcgo: call option %T is not supported", opt)
		}
	}
	return o, nil
}

// report fills in what the options of a call point to.
func (o *options) report(header, trailer metadata.MD, at rpc.Address) {
	if o.header != nil {
		*o.header = header
	}
	if o.trailer != nil {
		*o.trailer = trailer
	}
	if o.peer != nil {
		*o.peer = peer.Peer{Addr: netAddr(at)}
	}
}

// A netAddr is an address as package net has it.
type netAddr rpc.Address

var _ net.Addr = netAddr{}

func (a netAddr) Network() string { return rpc.Address(a).Network() }

func (a netAddr) String() string { _, s := rpc.Address(a).Dial(); return s }

// A clientStream is a stream as generated clients want it.
type clientStream struct {
	ctx context.Context
	s   *vologrpc.ClientStream
	o   options
}

func (s *clientStream) Context() context.Context { return s.ctx }
func (s *clientStream) CloseSend() error         { return s.s.CloseSend() }
func (s *clientStream) Trailer() metadata.MD     { return toMD(s.s.Trailer()) }

// Header returns no error, as grpc-go has it: RecvMsg does.
func (s *clientStream) Header() (metadata.MD, error) {
	m, err := s.s.Header()
	if err != nil {
		return nil, nil
	}
	return toMD(m), nil
}

func (s *clientStream) SendMsg(m any) error {
	return toGRPC(s.s.Send(m.(proto.Message)))
}

func (s *clientStream) RecvMsg(m any) error {
	err := s.s.Recv(m.(proto.Message))
	if err != nil || s.s.Request().Method.Kind == vologrpc.ClientStreaming {
		header, _ := s.s.Header()
		s.o.report(toMD(header), s.Trailer(), s.s.Request().Info.Callee.Address)
	}
	return toGRPC(err)
}
