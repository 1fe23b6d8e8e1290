package main

import (
	"context"
	"errors"
	"io"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"

	vologrpc "github.com/volo-go/volo/volo-grpc"

	"github.com/volo-go/volo/integration/conformance/connect"
	conformancev1 "github.com/volo-go/volo/integration/conformance/connect/gen/conformancev1"
	"github.com/volo-go/volo/integration/conformance/connect/gen/conformancev1/conformancev1grpc"
)

// A handler answers as the requests tell it; service.proto of the suite says
// how.
type handler struct{}

var _ conformancev1grpc.ConformanceService = handler{}

func (handler) Unary(ctx context.Context, req *conformancev1.UnaryRequest) (*conformancev1.UnaryResponse, error) {
	payload, err := single(ctx, req.ResponseDefinition, req)
	if err != nil {
		return nil, err
	}
	return &conformancev1.UnaryResponse{Payload: payload}, nil
}

func (handler) IdempotentUnary(ctx context.Context, req *conformancev1.IdempotentUnaryRequest) (*conformancev1.IdempotentUnaryResponse, error) {
	payload, err := single(ctx, req.ResponseDefinition, req)
	if err != nil {
		return nil, err
	}
	return &conformancev1.IdempotentUnaryResponse{Payload: payload}, nil
}

// Unimplemented is not registered.
func (handler) Unimplemented(context.Context, *conformancev1.UnimplementedRequest) (*conformancev1.UnimplementedResponse, error) {
	return nil, vologrpc.Errorf(vologrpc.Internal, "the method Unimplemented is there")
}

func (handler) ClientStream(ctx context.Context, stream *vologrpc.Receiver[conformancev1.ClientStreamRequest]) (*conformancev1.ClientStreamResponse, error) {
	var requests []proto.Message
	var def *conformancev1.UnaryResponseDefinition
	for {
		req, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		if len(requests) == 0 {
			def = req.ResponseDefinition
		}
		requests = append(requests, req)
	}
	payload, err := single(ctx, def, requests...)
	if err != nil {
		return nil, err
	}
	return &conformancev1.ClientStreamResponse{Payload: payload}, nil
}

func (handler) ServerStream(ctx context.Context, req *conformancev1.ServerStreamRequest, stream *vologrpc.Sender[conformancev1.ServerStreamResponse]) error {
	a, err := newAnswers(ctx, req.ResponseDefinition, stream.SendHeader)
	if err != nil {
		return err
	}
	a.seen(req)
	for a.left() {
		payload, err := a.next()
		if err != nil {
			return err
		}
		if err := stream.Send(&conformancev1.ServerStreamResponse{Payload: payload}); err != nil {
			return err
		}
	}
	return a.end()
}

func (handler) BidiStream(ctx context.Context, stream *vologrpc.Duplex[conformancev1.BidiStreamRequest, conformancev1.BidiStreamResponse]) error {
	var a *answers
	send := func() error {
		payload, err := a.next()
		if err != nil {
			return err
		}
		return stream.Send(&conformancev1.BidiStreamResponse{Payload: payload})
	}
	for fullDuplex := false; ; {
		req, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		if a == nil {
			fullDuplex = req.FullDuplex
			if a, err = newAnswers(ctx, req.ResponseDefinition, stream.SendHeader); err != nil {
				return err
			}
		}
		a.seen(req)
		if !fullDuplex {
			continue
		}
		if !a.left() {
			break
		}
		if err := send(); err != nil {
			return err
		}
		a.forget()
	}
	if a == nil {
		return nil // no request, so no definition
	}
	for a.left() {
		if err := send(); err != nil {
			return err
		}
	}
	return a.end()
}

// single makes the only answer to requests.
func single(ctx context.Context, def *conformancev1.UnaryResponseDefinition, requests ...proto.Message) (*conformancev1.ConformancePayload, error) {
	if err := setMetadata(ctx, def.GetResponseHeaders(), def.GetResponseTrailers()); err != nil {
		return nil, err
	}
	packed, err := pack(requests)
	if err != nil {
		return nil, err
	}
	info := requestInfo(ctx, packed)
	if err := wait(ctx, def.GetResponseDelayMs()); err != nil {
		return nil, err
	}
	if e := def.GetError(); e != nil {
		return nil, connect.Status(e).WithDetails(info)
	}
	return &conformancev1.ConformancePayload{Data: def.GetResponseData(), RequestInfo: info}, nil
}

func setMetadata(ctx context.Context, header, trailer []*conformancev1.Header) error {
	pairs, err := connect.Pairs(header)
	if err != nil {
		return err
	}
	if err := vologrpc.SetHeader(ctx, pairs...); err != nil {
		return err
	}
	if pairs, err = connect.Pairs(trailer); err != nil {
		return err
	}
	return vologrpc.SetTrailer(ctx, pairs...)
}

func pack(requests []proto.Message) (packed []*anypb.Any, err error) {
	for _, r := range requests {
		p, err := anypb.New(r)
		if err != nil {
			return nil, err
		}
		packed = append(packed, p)
	}
	return packed, nil
}

func requestInfo(ctx context.Context, requests []*anypb.Any) *conformancev1.ConformancePayload_RequestInfo {
	info := &conformancev1.ConformancePayload_RequestInfo{
		RequestHeaders: connect.Headers(vologrpc.MetadataFrom(ctx)),
		Requests:       requests,
	}
	if deadline, ok := ctx.Deadline(); ok {
		ms := max(time.Until(deadline), 0).Milliseconds()
		info.TimeoutMs = &ms
	}
	return info
}

func wait(ctx context.Context, ms uint32) error {
	if ms == 0 {
		return nil
	}
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(time.Duration(ms) * time.Millisecond):
		return nil
	}
}
