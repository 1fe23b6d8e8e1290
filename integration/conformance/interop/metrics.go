package interop

import (
	"context"
	"sync"
	"time"

	orca "github.com/cncf/xds/go/xds/data/orca/v3"
	orcaservice "github.com/cncf/xds/go/xds/service/orca/v3"
	"google.golang.org/protobuf/proto"

	vologrpc "github.com/volo-go/volo/volo-grpc"

	pb "github.com/volo-go/volo/integration/conformance/interop/gen/grpctesting"
)

// loadMetrics is the trailer that reports the load of a call (gRFC A51).
const loadMetrics = "endpoint-load-metrics-bin"

// streamCoreMetrics is the method that reports the load of a server. Its
// messages are those of protoc-gen-go, which have no codec of ours.
var streamCoreMetrics = &vologrpc.Method{
	Service:     "xds.service.orca.v3.OpenRcaService",
	Name:        "StreamCoreMetrics",
	Kind:        vologrpc.ServerStreaming,
	NewRequest:  func() proto.Message { return new(orcaservice.OrcaLoadReportRequest) },
	NewResponse: func() proto.Message { return new(orca.OrcaLoadReport) },
	Serve: func(ctx context.Context, handler any, s *vologrpc.ServerStream) error {
		req := new(orcaservice.OrcaLoadReportRequest)
		if err := s.Recv(req); err != nil {
			return err
		}
		return handler.(*metrics).stream(ctx, req, s)
	},
}

// metrics are what the server says of its load.
type metrics struct {
	mu  sync.Mutex
	now *pb.TestOrcaReport // never changed; nil at first
}

func (m *metrics) service() *vologrpc.Service {
	return &vologrpc.Service{Name: streamCoreMetrics.Service, Handler: m, Methods: []*vologrpc.Method{streamCoreMetrics}}
}

func (m *metrics) set(r *pb.TestOrcaReport) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.now = r
}

func (m *metrics) get() *pb.TestOrcaReport {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.now
}

// stream reports the load, as often as req wishes but no more than ten times
// a second.
func (m *metrics) stream(ctx context.Context, req *orcaservice.OrcaLoadReportRequest, s *vologrpc.ServerStream) error {
	tick := time.NewTicker(max(req.GetReportInterval().AsDuration(), 100*time.Millisecond))
	defer tick.Stop()
	for {
		if err := s.Send(report(m.get())); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}

// reportCall reports the load of one call.
func reportCall(ctx context.Context, r *pb.TestOrcaReport) error {
	packed, err := proto.Marshal(report(r))
	if err != nil {
		return err
	}
	return vologrpc.SetTrailer(ctx, loadMetrics, string(packed))
}

func report(r *pb.TestOrcaReport) *orca.OrcaLoadReport {
	return &orca.OrcaLoadReport{
		CpuUtilization: r.GetCpuUtilization(),
		MemUtilization: r.GetMemoryUtilization(),
		RequestCost:    r.GetRequestCost(),
		Utilization:    r.GetUtilization(),
	}
}
