// Package health is the standard health service of gRPC, grpc.health.v1: what
// load balancers, orchestrators and clients ask to learn whether a service of
// a server works.
//
//	h := health.New()
//	server := vologrpc.NewServer(vologrpc.OnShutdown(h.Shutdown))
//	server.Register(h.Service())
//	h.Set("shop.v1.Items", health.NotServing)
//
// Without the hook a server that shuts down waits for clients that watch.
//
// A server as a whole is the service "", which is Serving from the beginning.
package health

import (
	"context"
	"maps"
	"slices"
	"sync"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	vologrpc "github.com/volo-go/volo/volo-grpc"
	"github.com/volo-go/volo/volo-grpc/internal/schema"
)

// A Status says whether a service works.
type Status int32

// The statuses.
const (
	Unknown        Status = 0
	Serving        Status = 1
	NotServing     Status = 2
	ServiceUnknown Status = 3 // sent to watchers of services that are not known
)

var names = [...]string{"UNKNOWN", "SERVING", "NOT_SERVING", "SERVICE_UNKNOWN"}

// String returns the status' name as the protocol writes it.
func (s Status) String() string {
	if s >= 0 && int(s) < len(names) {
		return names[s]
	}
	return "UNKNOWN"
}

// A Server holds the statuses of services and tells them to who asks. Its
// methods may be called concurrently.
type Server struct {
	mu       sync.Mutex
	statuses map[string]Status
	changed  chan struct{} // closed and replaced at every change
	shut     bool
}

// New returns a Server on which "" is Serving.
func New() *Server {
	return &Server{statuses: map[string]Status{"": Serving}, changed: make(chan struct{})}
}

// Set sets the status of a service. It does nothing after Shutdown.
func (s *Server) Set(service string, status Status) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.shut {
		return
	}
	s.statuses[service] = status
	s.tell()
}

// Shutdown sets all services to NotServing for good and ends all watches: for
// [vologrpc.OnShutdown], so that callers go elsewhere before the server does,
// which would wait for the watches. The error is always nil.
func (s *Server) Shutdown(context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.shut = true
	for service := range s.statuses {
		s.statuses[service] = NotServing
	}
	s.tell()
	return nil
}

// tell wakes the watchers. The caller holds mu.
func (s *Server) tell() {
	close(s.changed)
	s.changed = make(chan struct{})
}

// Get returns the status of a service, and false if it has none.
func (s *Server) Get(service string) (Status, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	status, ok := s.statuses[service]
	return status, ok
}

// Service returns the service to be registered with a server.
func (s *Server) Service() *vologrpc.Service {
	const name = "grpc.health.v1.Health"
	return &vologrpc.Service{Name: name, Handler: s, Methods: []*vologrpc.Method{
		{
			Service: name, Name: "Check", Kind: vologrpc.Unary, Idempotent: true, NewRequest: newRequest, NewResponse: newResponse,
			Invoke: func(_ context.Context, h any, req proto.Message) (proto.Message, error) {
				return h.(*Server).check(req)
			},
		}, {
			Service: name, Name: "List", Kind: vologrpc.Unary, Idempotent: true, NewRequest: newListRequest, NewResponse: newListResponse,
			Invoke: func(_ context.Context, h any, _ proto.Message) (proto.Message, error) { return h.(*Server).list() },
		}, {
			Service: name, Name: "Watch", Kind: vologrpc.ServerStreaming, NewRequest: newRequest, NewResponse: newResponse,
			Serve: func(ctx context.Context, h any, stream *vologrpc.ServerStream) error {
				return h.(*Server).watch(ctx, stream)
			},
		},
	}}
}

func (s *Server) check(req proto.Message) (proto.Message, error) {
	service := schema.Get(req, "service").String()
	status, ok := s.Get(service)
	if !ok {
		return nil, vologrpc.Errorf(vologrpc.NotFound, "unknown service %q", service)
	}
	return response(status), nil
}

func response(s Status) proto.Message {
	m := newResponse()
	schema.Set(m, "status", protoreflect.EnumNumber(s))
	return m
}

// maxListed is how many services a list may have; more are RESOURCE_EXHAUSTED,
// as the protocol asks.
const maxListed = 100

func (s *Server) list() (proto.Message, error) {
	s.mu.Lock()
	statuses := maps.Clone(s.statuses)
	s.mu.Unlock()
	if len(statuses) > maxListed {
		return nil, vologrpc.Errorf(vologrpc.ResourceExhausted, "there are %d services, more than the %d that a list may have", len(statuses), maxListed)
	}
	m := newListResponse()
	r := m.ProtoReflect()
	all := r.Mutable(r.Descriptor().Fields().ByName("statuses")).Map()
	for _, service := range slices.Sorted(maps.Keys(statuses)) {
		value := all.Mutable(protoreflect.ValueOfString(service).MapKey()).Message()
		schema.Set(value.Interface(), "status", protoreflect.EnumNumber(statuses[service]))
	}
	return m, nil
}

// watch sends the status of a service at once and after each change, until
// the caller goes.
func (s *Server) watch(ctx context.Context, stream *vologrpc.ServerStream) error {
	req := newRequest()
	if err := stream.Recv(req); err != nil {
		return err
	}
	service := schema.Get(req, "service").String()
	last := Status(-1)
	for {
		s.mu.Lock()
		status, ok := s.statuses[service]
		changed, shut := s.changed, s.shut
		s.mu.Unlock()
		if !ok {
			status = ServiceUnknown
		}
		if status != last {
			last = status
			if err := stream.Send(response(status)); err != nil {
				return err
			}
		}
		if shut {
			return vologrpc.Errorf(vologrpc.Unavailable, "the server shuts down")
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
