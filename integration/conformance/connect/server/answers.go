package main

import (
	"context"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"

	"github.com/volo-go/volo/integration/conformance/connect"
	conformancev1 "github.com/volo-go/volo/integration/conformance/connect/gen/conformancev1"
)

// answers are what a streaming method sends.
type answers struct {
	ctx      context.Context
	def      *conformancev1.StreamResponseDefinition
	requests []*anypb.Any // not reported yet
	sent     int
	again    bool // requests were forgotten: the rest is reported already
}

// newAnswers sends the metadata that the definition begins with.
func newAnswers(ctx context.Context, def *conformancev1.StreamResponseDefinition, sendHeader func() error) (*answers, error) {
	a := &answers{ctx: ctx, def: def}
	if def == nil {
		return a, nil
	}
	if err := setMetadata(ctx, def.ResponseHeaders, def.ResponseTrailers); err != nil {
		return nil, err
	}
	return a, sendHeader()
}

// seen adds a request to what is reported.
func (a *answers) seen(request proto.Message) error {
	packed, err := pack([]proto.Message{request})
	a.requests = append(a.requests, packed...)
	return err
}

// forget drops the requests that were reported.
func (a *answers) forget() { a.requests, a.again = nil, true }

func (a *answers) left() bool { return a.sent < len(a.def.GetResponseData()) }

// next returns the next payload when its time has come. The first one reports
// all that is known of the call, later ones new requests.
func (a *answers) next() (*conformancev1.ConformancePayload, error) {
	payload := &conformancev1.ConformancePayload{Data: a.def.ResponseData[a.sent]}
	switch {
	case a.sent == 0:
		payload.RequestInfo = requestInfo(a.ctx, a.requests)
	case a.again && len(a.requests) > 0:
		payload.RequestInfo = &conformancev1.ConformancePayload_RequestInfo{Requests: a.requests}
	}
	a.sent++
	return payload, wait(a.ctx, a.def.ResponseDelayMs)
}

// end returns the error that the definition ends with. If nothing was sent,
// its details report the call.
func (a *answers) end() error {
	e := a.def.GetError()
	switch {
	case e == nil:
		return nil
	case a.sent > 0:
		return connect.Status(e)
	}
	return connect.Status(e).WithDetails(requestInfo(a.ctx, a.requests))
}
