package grpcgo

import (
	"errors"

	spb "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	vologrpc "github.com/volo-go/volo/volo-grpc"
)

// A statusError is a *vologrpc.Error that package status of grpc-go
// recognises.
type statusError struct{ err *vologrpc.Error }

// Error returns the text that grpc-go has, for programs that compare it; the
// error that Unwrap returns says more.
func (e statusError) Error() string { return e.GRPCStatus().Err().Error() }

// GRPCStatus is what status.FromError looks for.
func (e statusError) GRPCStatus() *status.Status {
	return status.FromProto(&spb.Status{Code: int32(e.err.Code), Message: e.err.Message, Details: e.err.Details})
}

// Unwrap returns the error of volo-grpc.
func (e statusError) Unwrap() error { return e.err }

// toGRPC turns an error of a client's call into one of grpc-go.
func toGRPC(err error) error {
	var e *vologrpc.Error
	if errors.As(err, &e) {
		return statusError{e}
	}
	return err
}

// fromGRPC turns what a handler returned into an error of volo-grpc.
func fromGRPC(err error) error {
	if err == nil {
		return nil
	}
	s, ok := status.FromError(err)
	if !ok {
		s = status.FromContextError(err)
	}
	if s.Code() == codes.OK {
		return err
	}
	return &vologrpc.Error{Code: vologrpc.Code(s.Code()), Message: s.Message(), Details: s.Proto().GetDetails(), Err: err}
}

// toMD converts metadata.
func toMD(m vologrpc.Metadata) metadata.MD {
	md := make(metadata.MD, len(m))
	for _, p := range m {
		md[p.Key] = append(md[p.Key], p.Value)
	}
	return md
}

// pairs converts metadata to keys and values.
func pairs(md metadata.MD) (kv []string) {
	for key, values := range md {
		for _, v := range values {
			kv = append(kv, key, v)
		}
	}
	return kv
}
