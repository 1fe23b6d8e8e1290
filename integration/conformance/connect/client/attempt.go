package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"google.golang.org/protobuf/types/known/anypb"

	vologrpc "github.com/volo-go/volo/volo-grpc"

	"github.com/volo-go/volo/integration/conformance/connect"
	conformancev1 "github.com/volo-go/volo/integration/conformance/connect/gen/conformancev1"
	"github.com/volo-go/volo/integration/conformance/connect/gen/conformancev1/conformancev1grpc"
)

// An attempt is a call that is being made.
type attempt struct {
	request *conformancev1.ClientCompatRequest
	result  *conformancev1.ClientResponseResult
	cancel  context.CancelFunc
}

func newAttempt(request *conformancev1.ClientCompatRequest) *attempt {
	return &attempt{request: request, result: new(conformancev1.ClientResponseResult)}
}

// run makes the call and returns how it ended.
func (a *attempt) run(ctx context.Context, client *conformancev1grpc.ConformanceServiceClient) (*conformancev1.ClientResponseResult, error) {
	pairs, err := connect.Pairs(a.request.RequestHeaders)
	if err != nil {
		return nil, err
	}
	ctx = vologrpc.WithMetadata(ctx, pairs...)
	if a.request.TimeoutMs != nil {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, milliseconds(*a.request.TimeoutMs))
		defer cancel()
	}
	ctx, a.cancel = context.WithCancel(ctx)
	defer a.cancel()
	if err := a.dispatch(ctx, client); err != nil {
		return nil, err
	}
	return a.result, nil
}

func (a *attempt) dispatch(ctx context.Context, client *conformancev1grpc.ConformanceServiceClient) error {
	if s := a.request.GetService(); s != "connectrpc.conformance.v1.ConformanceService" {
		return fmt.Errorf("there is no service %s", s)
	}
	switch m := a.request.GetMethod(); m {
	case "Unary":
		return unary(ctx, a, client.Unary)
	case "IdempotentUnary":
		return unary(ctx, a, client.IdempotentUnary)
	case "Unimplemented":
		return unary(ctx, a, func(ctx context.Context, q *conformancev1.UnimplementedRequest) (*conformancev1.UnaryResponse, error) {
			_, err := client.Unimplemented(ctx, q)
			return nil, err
		})
	case "ServerStream":
		return a.serverStream(ctx, client)
	case "ClientStream":
		return a.clientStream(ctx, client)
	case "BidiStream":
		return a.bidiStream(ctx, client)
	default:
		return fmt.Errorf("there is no method %s", m)
	}
}

func milliseconds(n uint32) time.Duration { return time.Duration(n) * time.Millisecond }

// unpack returns the message in packed.
func unpack[T any](packed *anypb.Any) (*T, error) {
	m, err := packed.UnmarshalNew()
	if err != nil {
		return nil, err
	}
	t, ok := any(m).(*T)
	if !ok {
		return nil, fmt.Errorf("a message of type %s, not %T", packed.TypeUrl, t)
	}
	return t, nil
}

// unary makes a unary call through f.
func unary[Q, R any](ctx context.Context, a *attempt, f func(context.Context, *Q) (*R, error)) error {
	if n := len(a.request.RequestMessages); n != 1 {
		return fmt.Errorf("a unary call of %d messages", n)
	}
	q, err := unpack[Q](a.request.RequestMessages[0])
	if err != nil {
		return err
	}
	time.Sleep(milliseconds(a.request.RequestDelayMs))
	if ms, ok := a.cancelsAfterCloseSend(); ok {
		defer time.AfterFunc(ms, a.cancel).Stop()
	}
	var received vologrpc.Received
	r, err := f(vologrpc.WithReceived(ctx, &received), q)
	if err == nil {
		a.payload(r)
	}
	a.result.Error = connect.Error(err)
	a.result.ResponseHeaders, a.result.ResponseTrailers = connect.Headers(received.Header), connect.Headers(received.Trailer)
	return nil
}

// payload adds the payload of an answer to the result, and cancels the call
// if that is the one to do so after.
func (a *attempt) payload(answer any) {
	if m, ok := answer.(interface {
		GetPayload() *conformancev1.ConformancePayload
	}); ok {
		a.result.Payloads = append(a.result.Payloads, m.GetPayload())
	}
	c, ok := a.request.GetCancel().GetCancelTiming().(*conformancev1.ClientCompatRequest_Cancel_AfterNumResponses)
	if ok && int(c.AfterNumResponses) == len(a.result.Payloads) {
		a.cancel()
	}
}

func (a *attempt) cancelsBeforeCloseSend() bool {
	_, ok := a.request.GetCancel().GetCancelTiming().(*conformancev1.ClientCompatRequest_Cancel_BeforeCloseSend)
	return ok
}

func (a *attempt) cancelsAfterCloseSend() (time.Duration, bool) {
	c, ok := a.request.GetCancel().GetCancelTiming().(*conformancev1.ClientCompatRequest_Cancel_AfterCloseSendMs)
	if !ok {
		return 0, false
	}
	return milliseconds(c.AfterCloseSendMs), true
}

// ended notes how a call ended; io.EOF is an end without an error.
func (a *attempt) ended(err error) {
	if a.result.Error == nil && !errors.Is(err, io.EOF) {
		a.result.Error = connect.Error(err)
	}
}
