package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	vologrpc "github.com/volo-go/volo/volo-grpc"

	"github.com/volo-go/volo/integration/conformance/connect"
	conformancev1 "github.com/volo-go/volo/integration/conformance/connect/gen/conformancev1"
	"github.com/volo-go/volo/integration/conformance/connect/gen/conformancev1/conformancev1grpc"
)

func (a *attempt) serverStream(ctx context.Context, client *conformancev1grpc.ConformanceServiceClient) error {
	if n := len(a.request.RequestMessages); n != 1 {
		return fmt.Errorf("a server streaming call of %d messages", n)
	}
	q, err := unpack[conformancev1.ServerStreamRequest](a.request.RequestMessages[0])
	if err != nil {
		return err
	}
	time.Sleep(milliseconds(a.request.RequestDelayMs))
	stream, err := client.ServerStream(ctx, q)
	if err != nil {
		a.ended(err)
		return nil
	}
	defer stream.Close()
	if after, ok := a.cancelsAfterCloseSend(); ok {
		time.Sleep(after)
		a.cancel()
	}
	for err == nil {
		err = received(a, stream.Recv)
	}
	a.ended(err)
	a.metadata(stream)
	return nil
}

func (a *attempt) clientStream(ctx context.Context, client *conformancev1grpc.ConformanceServiceClient) error {
	stream, err := client.ClientStream(ctx)
	if err != nil {
		a.ended(err)
		return nil
	}
	defer stream.Close()
	if err := sendAll(a, stream.Send, nil); err != nil {
		return err
	}
	if a.cancelsBeforeCloseSend() {
		a.cancel()
	}
	if after, ok := a.cancelsAfterCloseSend(); ok {
		defer time.AfterFunc(after, a.cancel).Stop()
	}
	a.ended(received(a, stream.CloseAndRecv))
	a.metadata(stream)
	return nil
}

func (a *attempt) bidiStream(ctx context.Context, client *conformancev1grpc.ConformanceServiceClient) error {
	stream, err := client.BidiStream(ctx)
	if err != nil {
		a.ended(err)
		return nil
	}
	defer stream.Close()
	var between func() error
	if a.request.StreamType == conformancev1.StreamType_STREAM_TYPE_FULL_DUPLEX_BIDI_STREAM {
		between = func() error { return received(a, stream.Recv) }
	}
	if err := sendAll(a, stream.Send, between); err != nil {
		return err
	}
	if a.cancelsBeforeCloseSend() {
		a.cancel()
	}
	if err := stream.CloseSend(); err != nil {
		a.ended(err)
	}
	if after, ok := a.cancelsAfterCloseSend(); ok {
		time.Sleep(after)
		a.cancel()
	}
	for err == nil {
		err = received(a, stream.Recv)
	}
	a.ended(err)
	a.metadata(stream)
	return nil
}

// sendAll sends the requests, with what is to be done after each, until the
// call ends.
func sendAll[Q any](a *attempt, send func(*Q) error, between func() error) error {
	for i, packed := range a.request.RequestMessages {
		q, err := unpack[Q](packed)
		if err != nil {
			return err
		}
		time.Sleep(milliseconds(a.request.RequestDelayMs))
		if err := send(q); err != nil {
			if !errors.Is(err, io.EOF) { // which leaves it to Recv to tell why
				a.ended(err)
			}
			a.result.NumUnsentRequests = int32(len(a.request.RequestMessages) - i)
			return nil
		}
		if between == nil {
			continue
		}
		if err := between(); err != nil {
			a.ended(err)
			a.result.NumUnsentRequests = int32(len(a.request.RequestMessages) - i - 1)
			return nil
		}
	}
	return nil
}

// received adds an answer to the result.
func received[R any](a *attempt, recv func() (*R, error)) error {
	r, err := recv()
	if err == nil {
		a.payload(r)
	}
	return err
}

// metadata notes what a stream that has ended brought beside its messages.
func (a *attempt) metadata(stream interface {
	Header() (vologrpc.Metadata, error)
	Trailer() vologrpc.Metadata
}) {
	if header, err := stream.Header(); err == nil {
		a.result.ResponseHeaders = connect.Headers(header)
	}
	a.result.ResponseTrailers = connect.Headers(stream.Trailer())
}
