package interop

import (
	"context"
	"fmt"
	"time"

	vologrpc "github.com/volo-go/volo/volo-grpc"

	pb "github.com/volo-go/volo/integration/conformance/interop/gen/grpctesting"
)

// The sizes of what the streaming cases send and ask for.
var (
	requestSizes  = []int{27182, 8, 1828, 45904}
	responseSizes = []int{31415, 9, 2653, 58979}
)

type duplex = vologrpc.BidiStreamCall[pb.StreamingOutputCallRequest, pb.StreamingOutputCallResponse]

func clientStreaming(ctx context.Context, p *Peer) error {
	stream, err := p.test.StreamingInputCall(ctx)
	if err != nil {
		return err
	}
	defer stream.Close()
	sum := 0
	for _, n := range requestSizes {
		if err := stream.Send(&pb.StreamingInputCallRequest{Payload: &pb.Payload{Body: make([]byte, n)}}); err != nil {
			return err
		}
		sum += n
	}
	resp, err := stream.CloseAndRecv()
	if err != nil {
		return err
	}
	if int(resp.AggregatedPayloadSize) != sum {
		return fmt.Errorf("got a sum of %d bytes, want %d", resp.AggregatedPayloadSize, sum)
	}
	return nil
}

func serverStreaming(ctx context.Context, p *Peer) error {
	req := new(pb.StreamingOutputCallRequest)
	for _, n := range responseSizes {
		req.ResponseParameters = append(req.ResponseParameters, &pb.ResponseParameters{Size: int32(n)})
	}
	stream, err := p.test.StreamingOutputCall(ctx, req)
	if err != nil {
		return err
	}
	defer stream.Close()
	for i, n := range responseSizes {
		resp, err := stream.Recv()
		if err != nil {
			return fmt.Errorf("answer %d: %w", i, err)
		}
		if err := wantZeros(resp.Payload, n); err != nil {
			return fmt.Errorf("answer %d: %w", i, err)
		}
	}
	_, err = stream.Recv()
	return eof(err)
}

func pingPong(ctx context.Context, p *Peer) error {
	stream, err := p.test.FullDuplexCall(ctx)
	if err != nil {
		return err
	}
	defer stream.Close()
	for i := range requestSizes {
		if err := exchange(stream, requestSizes[i], responseSizes[i]); err != nil {
			return fmt.Errorf("exchange %d: %w", i, err)
		}
	}
	return wantEnd(stream)
}

// exchange sends a request of a size and receives its answer.
func exchange(stream *duplex, request, response int) error {
	err := stream.Send(&pb.StreamingOutputCallRequest{
		ResponseParameters: []*pb.ResponseParameters{{Size: int32(response)}},
		Payload:            &pb.Payload{Body: make([]byte, request)},
	})
	if err != nil {
		return err
	}
	resp, err := stream.Recv()
	if err != nil {
		return err
	}
	return wantZeros(resp.Payload, response)
}

// wantEnd ends a stream, which the peer then does as well.
func wantEnd(stream *duplex) error {
	if err := stream.CloseSend(); err != nil {
		return err
	}
	_, err := stream.Recv()
	return eof(err)
}

func emptyStream(ctx context.Context, p *Peer) error {
	stream, err := p.test.FullDuplexCall(ctx)
	if err != nil {
		return err
	}
	defer stream.Close()
	return wantEnd(stream)
}

func timeoutOnSleepingServer(ctx context.Context, p *Peer) error {
	ctx, cancel := context.WithTimeout(ctx, time.Millisecond)
	defer cancel()
	stream, err := p.test.FullDuplexCall(ctx)
	if err != nil {
		return wantCode(err, vologrpc.DeadlineExceeded)
	}
	defer stream.Close()
	// It may be too late already; Recv tells.
	stream.Send(&pb.StreamingOutputCallRequest{Payload: &pb.Payload{Body: make([]byte, 27182)}})
	_, err = stream.Recv()
	return wantCode(err, vologrpc.DeadlineExceeded)
}

func cancelAfterBegin(ctx context.Context, p *Peer) error {
	ctx, cancel := context.WithCancel(vologrpc.WithMetadata(ctx, "key1", "value1", "key2", "value2"))
	defer cancel()
	stream, err := p.test.StreamingInputCall(ctx)
	if err != nil {
		return err
	}
	defer stream.Close()
	cancel()
	_, err = stream.CloseAndRecv()
	return wantCode(err, vologrpc.Canceled)
}

func cancelAfterFirstResponse(ctx context.Context, p *Peer) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stream, err := p.test.FullDuplexCall(ctx)
	if err != nil {
		return err
	}
	defer stream.Close()
	if err := exchange(stream, 27182, 31415); err != nil {
		return err
	}
	cancel()
	_, err = stream.Recv()
	return wantCode(err, vologrpc.Canceled)
}
