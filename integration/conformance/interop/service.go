package interop

import (
	"context"
	"errors"
	"io"
	"os"
	"slices"
	"strconv"
	"time"

	vologrpc "github.com/volo-go/volo/volo-grpc"

	pb "github.com/volo-go/volo/integration/conformance/interop/gen/grpctesting"
	"github.com/volo-go/volo/integration/conformance/interop/gen/grpctesting/grpctestinggrpc"
)

// Services returns what the server serves.
func Services() []*vologrpc.Service {
	m := new(metrics)
	test := grpctestinggrpc.NewTestServiceService(service{m})
	test.Methods = slices.DeleteFunc(slices.Clone(test.Methods), func(m *vologrpc.Method) bool { return m.Name == "UnimplementedCall" })
	return []*vologrpc.Service{test, m.service()}
}

// A service is grpc.testing.TestService; test.proto says what it does.
type service struct{ metrics *metrics }

var _ grpctestinggrpc.TestService = service{}

func (service) EmptyCall(context.Context, *pb.Empty) (*pb.Empty, error) { return new(pb.Empty), nil }

func (service) UnaryCall(ctx context.Context, req *pb.SimpleRequest) (*pb.SimpleResponse, error) {
	if err := echoMetadata(ctx); err != nil {
		return nil, err
	}
	if err := status(req.ResponseStatus); err != nil {
		return nil, err
	}
	payload, err := newPayload(req.ResponseSize)
	if err != nil {
		return nil, err
	}
	if r := req.OrcaPerQueryReport; r != nil {
		if err := reportCall(ctx, r); err != nil {
			return nil, err
		}
	}
	resp := &pb.SimpleResponse{Payload: payload}
	if req.FillServerId {
		resp.ServerId = "volo-" + strconv.Itoa(os.Getpid())
	}
	return resp, nil
}

func (s service) CacheableUnaryCall(ctx context.Context, req *pb.SimpleRequest) (*pb.SimpleResponse, error) {
	return s.UnaryCall(ctx, req)
}

// UnimplementedCall is not registered.
func (service) UnimplementedCall(context.Context, *pb.Empty) (*pb.Empty, error) {
	return nil, vologrpc.Errorf(vologrpc.Internal, "the method UnimplementedCall is there")
}

func (service) StreamingOutputCall(ctx context.Context, req *pb.StreamingOutputCallRequest, stream *vologrpc.Sender[pb.StreamingOutputCallResponse]) error {
	return sendAll(ctx, req.ResponseParameters, stream.Send)
}

func (service) StreamingInputCall(_ context.Context, stream *vologrpc.Receiver[pb.StreamingInputCallRequest]) (*pb.StreamingInputCallResponse, error) {
	resp := new(pb.StreamingInputCallResponse)
	for {
		req, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return resp, nil
		}
		if err != nil {
			return nil, err
		}
		resp.AggregatedPayloadSize += int32(len(req.GetPayload().GetBody()))
	}
}

func (s service) FullDuplexCall(ctx context.Context, stream *vologrpc.Duplex[pb.StreamingOutputCallRequest, pb.StreamingOutputCallResponse]) error {
	if err := echoMetadata(ctx); err != nil {
		return err
	}
	for {
		req, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := status(req.ResponseStatus); err != nil {
			return err
		}
		if r := req.OrcaOobReport; r != nil {
			s.metrics.set(r)
		}
		if err := sendAll(ctx, req.ResponseParameters, stream.Send); err != nil {
			return err
		}
	}
}

func (service) HalfDuplexCall(ctx context.Context, stream *vologrpc.Duplex[pb.StreamingOutputCallRequest, pb.StreamingOutputCallResponse]) error {
	var due []*pb.ResponseParameters
	for {
		req, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return sendAll(ctx, due, stream.Send)
		}
		if err != nil {
			return err
		}
		due = append(due, req.ResponseParameters...)
	}
}

// sendAll sends an answer for each of the parameters, when it is due.
func sendAll(ctx context.Context, due []*pb.ResponseParameters, send func(*pb.StreamingOutputCallResponse) error) error {
	for _, p := range due {
		if p.IntervalUs > 0 {
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(time.Duration(p.IntervalUs) * time.Microsecond):
			}
		}
		payload, err := newPayload(p.Size)
		if err != nil {
			return err
		}
		if err := send(&pb.StreamingOutputCallResponse{Payload: payload}); err != nil {
			return err
		}
	}
	return nil
}

// The metadata that the service sends back.
const (
	echoInitial  = "x-grpc-test-echo-initial"
	echoTrailing = "x-grpc-test-echo-trailing-bin"
)

func echoMetadata(ctx context.Context) error {
	in := vologrpc.MetadataFrom(ctx)
	for _, v := range in.Values(echoInitial) {
		if err := vologrpc.SetHeader(ctx, echoInitial, v); err != nil {
			return err
		}
	}
	for _, v := range in.Values(echoTrailing) {
		if err := vologrpc.SetTrailer(ctx, echoTrailing, v); err != nil {
			return err
		}
	}
	return vologrpc.SendHeader(ctx)
}

// status returns the error that a request asks for.
func status(s *pb.EchoStatus) error {
	if s.GetCode() == 0 {
		return nil
	}
	return &vologrpc.Error{Code: vologrpc.Code(s.Code), Message: s.Message}
}

// maxPayload bounds what a client may ask for.
const maxPayload = 64 << 20

func newPayload(size int32) (*pb.Payload, error) {
	if size < 0 || size > maxPayload {
		return nil, vologrpc.Errorf(vologrpc.InvalidArgument, "payload of %d bytes, want 0 to %d", size, maxPayload)
	}
	return &pb.Payload{Body: make([]byte, size)}, nil
}
