package vologrpc_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/wrapperspb"

	vologrpc "github.com/volo-go/volo/volo-grpc"
)

func TestTheCallerSeesWhatTheHandlerReturned(t *testing.T) {
	detail := durationpb.New(1234)
	packed, err := anypb.New(detail)
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		what    string
		err     error
		code    vologrpc.Code
		message string
		details []*anypb.Any
	}{
		{"a status", vologrpc.Errorf(vologrpc.NotFound, "no item %d", 7), vologrpc.NotFound, "no item 7", nil},
		{"a status without a message", &vologrpc.Error{Code: vologrpc.Aborted}, vologrpc.Aborted, "", nil},
		{"a status in the chain of an error", fmt.Errorf("put: %w", vologrpc.Errorf(vologrpc.DataLoss, "lost")), vologrpc.DataLoss, "lost", nil},
		{"a status with details", vologrpc.Errorf(vologrpc.ResourceExhausted, "wait").WithDetails(detail), vologrpc.ResourceExhausted, "wait", []*anypb.Any{packed}},
		{"a status whose code is OK", &vologrpc.Error{Message: "fine"}, vologrpc.Unknown, "fine", nil},
		{"a code that has no name", vologrpc.Errorf(99, "odd"), 99, "odd", nil},
		{"an error that is no status", errors.New("oops"), vologrpc.Unknown, "oops", nil},
		{"context.Canceled", context.Canceled, vologrpc.Canceled, "context canceled", nil},
		{"context.DeadlineExceeded", context.DeadlineExceeded, vologrpc.DeadlineExceeded, "context deadline exceeded", nil},
		{"a message of all kinds of characters", vologrpc.Errorf(vologrpc.Internal, "%s", "a\tb\n100% ü 日本 \x7f~"), vologrpc.Internal, "a\tb\n100% ü 日本 \x7f~", nil},
		{"a message that is not UTF-8", vologrpc.Errorf(vologrpc.Internal, "%s", "a\xffb"), vologrpc.Internal, "a\uFFFDb", nil},
		{"a long message", vologrpc.Errorf(vologrpc.Internal, "%s", strings.Repeat("x", 20000)), vologrpc.Internal, strings.Repeat("x", 20000), nil},
	}
	for _, tt := range tests {
		c := inMemory(t, failing(tt.err), nil)
		for kind, err := range callAll(t, c) {
			t.Run(tt.what+", "+kind.String(), func(t *testing.T) {
				var e *vologrpc.Error
				if !errors.As(err, &e) {
					t.Fatalf("got %v, want an *Error", err)
				}
				if e.Code != tt.code || e.Message != tt.message {
					t.Errorf("got %v: %q, want %v: %q", e.Code, e.Message, tt.code, tt.message)
				}
				if len(e.Details) != len(tt.details) || len(e.Details) == 1 && !proto.Equal(e.Details[0], tt.details[0]) {
					t.Errorf("got details %v, want %v", e.Details, tt.details)
				}
				if e.Phase != vologrpc.PhaseRemote || e.Unsent {
					t.Errorf("got phase %v and unsent %t, want remote and false", e.Phase, e.Unsent)
				}
				if e.Service != "test.v1.Notes" || e.Address.IsZero() {
					t.Errorf("got service %q at %v", e.Service, e.Address)
				}
			})
		}
	}
}

// failing is a handler whose methods all fail with err.
func failing(err error) notes {
	return notes{
		get:  func(context.Context, *note) (*note, error) { return nil, err },
		put:  func(context.Context, *vologrpc.Receiver[note]) (*note, error) { return nil, err },
		list: func(context.Context, *note, *vologrpc.Sender[note]) error { return err },
		chat: func(context.Context, *vologrpc.Duplex[note, note]) error { return err },
	}
}

// callAll makes a call of each kind and returns how they failed.
func callAll(t *testing.T, c notesClient) map[vologrpc.Kind]error {
	errs := map[vologrpc.Kind]error{}
	_, errs[vologrpc.Unary] = c.get(soon(t), "")
	if s, err := c.put(soon(t)); err != nil {
		errs[vologrpc.ClientStreaming] = err
	} else {
		s.Send(of(""))
		_, errs[vologrpc.ClientStreaming] = s.CloseAndRecv()
	}
	if s, err := c.list(soon(t), ""); err != nil {
		errs[vologrpc.ServerStreaming] = err
	} else {
		_, errs[vologrpc.ServerStreaming] = s.Recv()
	}
	if s, err := c.chat(soon(t)); err != nil {
		errs[vologrpc.BidiStreaming] = err
	} else {
		_, errs[vologrpc.BidiStreaming] = s.Recv()
	}
	return errs
}

func TestAStreamMayFailAfterMessages(t *testing.T) {
	c := inMemory(t, notes{list: func(_ context.Context, in *note, s *vologrpc.Sender[note]) error {
		s.Send(of("one"))
		return vologrpc.Errorf(vologrpc.Aborted, "enough")
	}}, nil)
	s, err := c.list(soon(t), "")
	if err != nil {
		t.Fatal(err)
	}
	if m, err := s.Recv(); err != nil || m.Value != "one" {
		t.Errorf("first: got %v and %v", m, err)
	}
	for range 2 {
		if _, err := s.Recv(); vologrpc.CodeOf(err) != vologrpc.Aborted {
			t.Errorf("then: got %v, want ABORTED", err)
		}
	}
}

func TestErrorsOfContextAreFoundInStatuses(t *testing.T) {
	for _, tt := range []struct {
		code vologrpc.Code
		want error
	}{
		{vologrpc.DeadlineExceeded, context.DeadlineExceeded},
		{vologrpc.Canceled, context.Canceled},
	} {
		c := inMemory(t, failing(vologrpc.Errorf(tt.code, "said the server")), nil)
		if _, err := c.get(soon(t), ""); !errors.Is(err, tt.want) {
			t.Errorf("%v: got %v, want one that is %v", tt.code, err, tt.want)
		}
	}
}

func TestHandlersThatBreakTheirContract(t *testing.T) {
	tests := []struct {
		what string
		h    notes
		want string
	}{
		{"panic", notes{get: func(context.Context, *note) (*note, error) { panic("oops") }}, "panic in the handler of Get"},
		{"return neither message nor error", notes{get: func(context.Context, *note) (*note, error) { return nil, nil }}, "the handler returned neither a message nor an error"},
	}
	for _, tt := range tests {
		c := inMemory(t, tt.h, nil)
		_, err := c.get(soon(t), "")
		var e *vologrpc.Error
		if !errors.As(err, &e) || e.Code != vologrpc.Internal || e.Message != tt.want {
			t.Errorf("%s: got %v, want INTERNAL: %s", tt.what, err, tt.want)
		}
	}
}

func TestWhatErrorsSay(t *testing.T) {
	for _, tt := range []struct{ err, want string }{
		{vologrpc.Errorf(vologrpc.NotFound, "no item").Error(), "vologrpc: NOT_FOUND: no item"},
		{(&vologrpc.Error{Code: 77}).Error(), "vologrpc: CODE_77"},
		{(&vologrpc.Error{Code: vologrpc.Unavailable, Message: "refused", Phase: vologrpc.PhaseDial, Service: "a.B", Method: "C"}).Error(), "vologrpc: a.B/C: dial: UNAVAILABLE: refused"},
	} {
		if tt.err != tt.want {
			t.Errorf("got %q, want %q", tt.err, tt.want)
		}
	}
}

func TestMessageSizes(t *testing.T) {
	long := strings.Repeat("x", 1000)
	size := proto.Size(wrapperspb.String(long))
	limit := func(n int) []vologrpc.ServerOption {
		return []vologrpc.ServerOption{vologrpc.WithMaxReceiveSize(n)}
	}
	tests := []struct {
		what   string
		client notesClient
		option string // "" if the call goes through
	}{
		{"a request at the server's limit", inMemory(t, echo, limit(size)), ""},
		{"a request over the server's limit", inMemory(t, echo, limit(size-1)), "WithMaxReceiveSize"},
		{"an answer at the client's limit", inMemory(t, echo, nil, vologrpc.WithMaxReceiveSize(size)), ""},
		{"an answer over the client's limit", inMemory(t, echo, nil, vologrpc.WithMaxReceiveSize(size-1)), "WithMaxReceiveSize"},
		{"an answer over the call's limit", inMemory(t, echo, nil).with(vologrpc.CallMaxReceiveSize(size - 1)), "WithMaxReceiveSize"},
		{"an answer at the call's limit", inMemory(t, echo, nil, vologrpc.WithMaxReceiveSize(1)).with(vologrpc.CallMaxReceiveSize(size)), ""},
		{"a request at the client's limit for sending", inMemory(t, echo, nil, vologrpc.WithMaxSendSize(size)), ""},
		{"a request over the client's limit for sending", inMemory(t, echo, nil, vologrpc.WithMaxSendSize(size-1)), "WithMaxSendSize"},
		{"a request over the call's limit for sending", inMemory(t, echo, nil).with(vologrpc.CallMaxSendSize(size - 1)), "WithMaxSendSize"},
		{"an answer over the server's limit for sending", inMemory(t, echo, []vologrpc.ServerOption{vologrpc.WithMaxSendSize(size - 1)}), "WithMaxSendSize"},
		{"a compressed request over the server's limit, which is small on the wire", inMemory(t, echo, limit(size-1), vologrpc.WithCompression("gzip")), "WithMaxReceiveSize"},
		{"a compressed answer over the client's limit, which is small on the wire", inMemory(t, echo, nil, vologrpc.WithCompression("deflate"), vologrpc.WithMaxReceiveSize(size-1)), "WithMaxReceiveSize"},
	}
	for _, tt := range tests {
		check := func(kind vologrpc.Kind, err error) {
			t.Run(tt.what+", "+kind.String(), func(t *testing.T) {
				if tt.option == "" {
					if err != nil {
						t.Errorf("got %v, want none", err)
					}
					return
				}
				var e *vologrpc.Error
				if !errors.As(err, &e) || e.Code != vologrpc.ResourceExhausted || !strings.Contains(e.Message, tt.option) {
					t.Errorf("got %v, want RESOURCE_EXHAUSTED that names %s", err, tt.option)
				}
			})
		}
		_, err := tt.client.get(soon(t), long)
		check(vologrpc.Unary, err)

		s, err := tt.client.chat(soon(t))
		if err != nil {
			t.Fatal(err)
		}
		if err = s.Send(of(long)); err == nil {
			_, err = s.Recv()
		}
		check(vologrpc.BidiStreaming, err)
		s.Close()

		if got, err := tt.client.get(soon(t), ""); err != nil || got != "" {
			t.Errorf("%s: the call after it: got %v", tt.what, err)
		}
	}
}
