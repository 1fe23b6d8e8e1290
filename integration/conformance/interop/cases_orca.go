package interop

import (
	"context"
	"fmt"
	"time"

	orca "github.com/cncf/xds/go/xds/data/orca/v3"
	orcaservice "github.com/cncf/xds/go/xds/service/orca/v3"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"

	vologrpc "github.com/volo-go/volo/volo-grpc"

	pb "github.com/volo-go/volo/integration/conformance/interop/gen/grpctesting"
)

func orcaPerRPC(ctx context.Context, p *Peer) error {
	want := &pb.TestOrcaReport{
		CpuUtilization: 0.8210, MemoryUtilization: 0.5847,
		RequestCost: map[string]float64{"cost": 3456.32},
		Utilization: map[string]float64{"util": 0.30499},
	}
	var received vologrpc.Received
	if _, err := p.test.UnaryCall(vologrpc.WithReceived(ctx, &received), &pb.SimpleRequest{OrcaPerQueryReport: want}); err != nil {
		return err
	}
	got := new(orca.OrcaLoadReport)
	if err := proto.Unmarshal([]byte(received.Trailer.Get(loadMetrics)), got); err != nil {
		return fmt.Errorf("trailer %s: %w", loadMetrics, err)
	}
	if !proto.Equal(got, report(want)) {
		return fmt.Errorf("got %v, want %v", got, want)
	}
	return nil
}

func orcaOutOfBand(ctx context.Context, p *Peer) error {
	calls, err := p.test.FullDuplexCall(ctx)
	if err != nil {
		return err
	}
	defer calls.Close()
	reports, err := vologrpc.OpenServerStream[orca.OrcaLoadReport](ctx, p.conn, streamCoreMetrics, &orcaservice.OrcaLoadReportRequest{
		ReportInterval: durationpb.New(100 * time.Millisecond),
	})
	if err != nil {
		return err
	}
	defer reports.Close()
	for _, want := range []*pb.TestOrcaReport{
		{CpuUtilization: 0.8210, MemoryUtilization: 0.5847, Utilization: map[string]float64{"util": 0.30499}},
		{CpuUtilization: 0.29309, MemoryUtilization: 0.2, Utilization: map[string]float64{"util": 0.2039}},
	} {
		err := calls.Send(&pb.StreamingOutputCallRequest{OrcaOobReport: want, ResponseParameters: []*pb.ResponseParameters{{Size: 1}}})
		if err != nil {
			return err
		}
		if _, err := calls.Recv(); err != nil {
			return err
		}
		if err := awaitReport(reports, report(want)); err != nil {
			return err
		}
	}
	return wantEnd(calls)
}

// awaitReport receives reports until one is as it should be. The context of
// the call bounds the waiting.
func awaitReport(reports *vologrpc.ServerStreamCall[orca.OrcaLoadReport], want *orca.OrcaLoadReport) error {
	for {
		got, err := reports.Recv()
		if err != nil {
			return fmt.Errorf("waiting for %v: %w", want, err)
		}
		if proto.Equal(got, want) {
			return nil
		}
	}
}
