package interop

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	vologrpc "github.com/volo-go/volo/volo-grpc"

	pb "github.com/volo-go/volo/integration/conformance/interop/gen/grpctesting"
	"github.com/volo-go/volo/integration/conformance/interop/gen/grpctesting/grpctestinggrpc"
)

// Map of this file: Case and Peer; the unary cases; metadata and statuses;
// what the service does not have. Streaming cases are in cases_stream.go.

// A Case is one of gRPC's interoperability tests.
type Case struct {
	Name string
	Run  func(context.Context, *Peer) error
}

// Cases returns all cases, in the order of grpc-go's client.
func Cases() []Case {
	return []Case{
		{"empty_unary", emptyUnary},
		{"large_unary", largeUnary},
		{"client_streaming", clientStreaming},
		{"server_streaming", serverStreaming},
		{"ping_pong", pingPong},
		{"empty_stream", emptyStream},
		{"timeout_on_sleeping_server", timeoutOnSleepingServer},
		{"cancel_after_begin", cancelAfterBegin},
		{"cancel_after_first_response", cancelAfterFirstResponse},
		{"status_code_and_message", statusCodeAndMessage},
		{"special_status_message", specialStatusMessage},
		{"custom_metadata", customMetadata},
		{"unimplemented_method", unimplementedMethod},
		{"unimplemented_service", unimplementedService},
		{"rpc_soak", rpcSoak},
		{"channel_soak", channelSoak},
		{"orca_per_rpc", orcaPerRPC},
		{"orca_oob", orcaOutOfBand},
	}
}

// A Peer is the server that a case calls.
type Peer struct {
	conn *vologrpc.Client
	test *grpctestinggrpc.TestServiceClient
	dial func() (*vologrpc.Client, error)
}

// NewPeer returns the peer at the other end of client. dial makes a further
// client of it, which the case closes.
func NewPeer(client *vologrpc.Client, dial func() (*vologrpc.Client, error)) *Peer {
	return &Peer{client, grpctestinggrpc.TestServiceOver(client), dial}
}

// The sizes of large_unary and of the soaks.
const (
	largeRequest  = 271828
	largeResponse = 314159
)

func emptyUnary(ctx context.Context, p *Peer) error {
	resp, err := p.test.EmptyCall(ctx, new(pb.Empty))
	if err != nil {
		return err
	}
	if n := len(resp.ProtoReflect().GetUnknown()); n > 0 {
		return fmt.Errorf("the empty answer has %d bytes", n)
	}
	return nil
}

func largeUnary(ctx context.Context, p *Peer) error {
	resp, err := p.test.UnaryCall(ctx, &pb.SimpleRequest{
		ResponseSize: largeResponse,
		Payload:      &pb.Payload{Body: make([]byte, largeRequest)},
	})
	if err != nil {
		return err
	}
	return wantZeros(resp.Payload, largeResponse)
}

func wantZeros(p *pb.Payload, size int) error {
	if !bytes.Equal(p.GetBody(), make([]byte, size)) {
		return fmt.Errorf("got a payload of %d bytes, want %d zeros", len(p.GetBody()), size)
	}
	return nil
}

const soakIterations = 10

func rpcSoak(ctx context.Context, p *Peer) error {
	for i := range soakIterations {
		if err := largeUnary(ctx, p); err != nil {
			return fmt.Errorf("iteration %d: %w", i, err)
		}
	}
	return nil
}

func channelSoak(ctx context.Context, p *Peer) error {
	for i := range soakIterations {
		client, err := p.dial()
		if err != nil {
			return err
		}
		err = errors.Join(largeUnary(ctx, NewPeer(client, p.dial)), client.Close())
		if err != nil {
			return fmt.Errorf("iteration %d: %w", i, err)
		}
	}
	return nil
}

// wantStatus checks how a call ended.
func wantStatus(err error, code vologrpc.Code, message string) error {
	var e *vologrpc.Error
	if !errors.As(err, &e) || e.Code != code || e.Message != message {
		return fmt.Errorf("got %v, want %v: %q", err, code, message)
	}
	return nil
}

func wantCode(err error, code vologrpc.Code) error {
	if got := vologrpc.CodeOf(err); got != code {
		return fmt.Errorf("got %v, want %v", err, code)
	}
	return nil
}

func statusCodeAndMessage(ctx context.Context, p *Peer) error {
	status := &pb.EchoStatus{Code: 2, Message: "test status message"}
	_, err := p.test.UnaryCall(ctx, &pb.SimpleRequest{ResponseStatus: status})
	if err := wantStatus(err, vologrpc.Unknown, status.Message); err != nil {
		return err
	}
	stream, err := p.test.FullDuplexCall(ctx)
	if err != nil {
		return err
	}
	defer stream.Close()
	if err := stream.Send(&pb.StreamingOutputCallRequest{ResponseStatus: status}); err != nil {
		return err
	}
	if err := stream.CloseSend(); err != nil {
		return err
	}
	_, err = stream.Recv()
	return wantStatus(err, vologrpc.Unknown, status.Message)
}

func specialStatusMessage(ctx context.Context, p *Peer) error {
	status := &pb.EchoStatus{Code: 2, Message: "\t\ntest with whitespace\r\nand Unicode BMP ☺ and non-BMP 😈\t\n"}
	_, err := p.test.UnaryCall(ctx, &pb.SimpleRequest{ResponseStatus: status})
	return wantStatus(err, vologrpc.Unknown, status.Message)
}

// The values of custom_metadata.
const (
	initialValue  = "test_initial_metadata_value"
	trailingValue = "\x0a\x0b\x0a\x0b\x0a\x0b"
)

func customMetadata(ctx context.Context, p *Peer) error {
	ctx = vologrpc.WithMetadata(ctx, echoInitial, initialValue, echoTrailing, trailingValue)
	var received vologrpc.Received
	if _, err := p.test.UnaryCall(vologrpc.WithReceived(ctx, &received), &pb.SimpleRequest{ResponseSize: 1}); err != nil {
		return err
	}
	if err := wantEchoes(received.Header, received.Trailer); err != nil {
		return fmt.Errorf("unary: %w", err)
	}
	stream, err := p.test.FullDuplexCall(ctx)
	if err != nil {
		return err
	}
	defer stream.Close()
	if err := exchange(stream, 1, 1); err != nil {
		return err
	}
	header, err := stream.Header()
	if err != nil {
		return err
	}
	if err := wantEnd(stream); err != nil {
		return err
	}
	return wantEchoes(header, stream.Trailer())
}

func wantEchoes(header, trailer vologrpc.Metadata) error {
	if got := header.Values(echoInitial); len(got) != 1 || got[0] != initialValue {
		return fmt.Errorf("header %s: got %q, want %q once", echoInitial, got, initialValue)
	}
	if got := trailer.Values(echoTrailing); len(got) != 1 || got[0] != trailingValue {
		return fmt.Errorf("trailer %s: got %q, want %q once", echoTrailing, got, trailingValue)
	}
	return nil
}

func unimplementedMethod(ctx context.Context, p *Peer) error {
	_, err := p.test.UnimplementedCall(ctx, new(pb.Empty))
	return wantCode(err, vologrpc.Unimplemented)
}

func unimplementedService(ctx context.Context, p *Peer) error {
	_, err := grpctestinggrpc.UnimplementedServiceOver(p.conn).UnimplementedCall(ctx, new(pb.Empty))
	return wantCode(err, vologrpc.Unimplemented)
}

// eof returns nil for the good end of a stream.
func eof(err error) error {
	if errors.Is(err, io.EOF) {
		return nil
	}
	return fmt.Errorf("got %v, want the end of the stream", err)
}
