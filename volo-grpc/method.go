package vologrpc

import (
	"context"
	"strconv"

	"google.golang.org/protobuf/proto"
)

// A Kind says how many messages travel each way in a call.
type Kind uint8

// The kinds.
const (
	Unary           Kind = iota // one request, one answer
	ClientStreaming             // many requests, one answer
	ServerStreaming             // one request, many answers
	BidiStreaming               // many of both, in any order
)

var kindNames = [...]string{"unary", "client streaming", "server streaming", "bidi streaming"}

// String returns the kind in lower case.
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return "kind " + strconv.Itoa(int(k))
}

// manyRequests and manyAnswers tell the directions of a stream.
func (k Kind) manyRequests() bool { return k == ClientStreaming || k == BidiStreaming }
func (k Kind) manyAnswers() bool  { return k == ServerStreaming || k == BidiStreaming }

// A Method describes one method of a service. Generated code holds one per
// method; nobody changes it.
//
// Messages are any proto.Message. Those that implement protobuf.Codec, as
// pilota's do, are encoded and decoded by their own code.
type Method struct {
	Service string // full name, for example "shop.v1.Items"
	Name    string // for example "GetItem"
	Kind    Kind

	// Idempotent says that running the method twice does no harm.
	Idempotent bool

	NewRequest, NewResponse func() proto.Message

	// Invoke calls the handler of a unary method; handler is the one that the
	// service was made with.
	Invoke func(ctx context.Context, handler any, req proto.Message) (proto.Message, error)

	// Serve calls the handler of a method of any other kind. The one answer of
	// a client streaming method is sent as any other.
	Serve func(ctx context.Context, handler any, s *ServerStream) error
}

// A Service is a handler with the methods that it serves, ready to be
// registered with a [Server]. Generated constructors return it.
type Service struct {
	Name    string // full name
	Handler any
	Methods []*Method
}
