package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/volo-go/volo/integration/bench/child"
	"github.com/volo-go/volo/integration/bench/pin"
	"github.com/volo-go/volo/integration/bench/report"
)

// A session is one run of the command: it collects what was measured, what had
// to be left out and what failed.
type session struct {
	options
	catalog  catalog
	document report.Document
	out      io.Writer        // tables
	progress io.Writer        // a line for everything that takes time
	verdicts []report.Verdict // of what is measured in this process
}

// errFailed says that the run is not to be trusted; what failed was told when
// it did.
var errFailed = errors.New("some measurements failed")

// run measures the scenarios, and fails if any echo or any child did.
func (s *session) run(ctx context.Context, list []scenario) error {
	for _, sc := range list {
		var err error
		switch {
		case sc.alone != nil:
			err = sc.alone(ctx, s.out, s.operation)
		case len(sc.codecs) > 0:
			err = s.codecs(ctx, sc)
		default:
			err = s.calls(ctx, sc)
		}
		if err != nil {
			return err
		}
	}
	if len(s.document.Failures) > 0 {
		return errFailed
	}
	return nil
}

// calls measures one scenario of calls: every configuration, and in it every
// round, and in it every peer in turn.
func (s *session) calls(ctx context.Context, sc scenario) error {
	peers := contestants(ctx, s.catalog.peers, sc.peers, s.peers, s.skip)
	// Not the first one that was measured: its first round may fail.
	base := s.base
	if base == "" && len(peers) > 0 {
		base = peers[0].name
	}
	cores, pinned := s.cores(sc.pinned)
	for _, callers := range s.callersOf(sc) {
		config := report.Config{Scenario: sc.name, Callers: callers, Size: s.sizeOf(sc), Idle: sc.idle, Pinned: pinned}
		first := len(s.document.Samples)
		for number := 1; number <= s.rounds; number++ {
			for _, p := range peers {
				if err := ctx.Err(); err != nil {
					return err
				}
				s.round(ctx, round{
					Config: config, contestant: p, number: number,
					warmup: s.warmup, window: s.window, conns: s.connsOf(sc), kind: sc.kind,
					profile: s.profile, cores: cores,
				})
			}
		}
		rows := report.Rows(s.document.Samples[first:], base)
		if err := report.WriteCalls(s.out, rows); err != nil {
			return err
		}
		s.document.Rows = append(s.document.Rows, rows...)
	}
	return nil
}

// round measures one round and keeps its sample, or why there is none.
func (s *session) round(ctx context.Context, r round) {
	sample, err := r.measure(ctx)
	if err == nil && sample.Errors > 0 {
		err = fmt.Errorf("%d calls failed, the first with: %s", sample.Errors, sample.FirstError)
	}
	what := fmt.Sprintf("%s c=%d round %d: %s", r.Scenario, r.Callers, r.number, r.name)
	if err != nil {
		s.fail(fmt.Errorf("%s: %w", what, err))
		return
	}
	fmt.Fprintf(s.progress, "%s: %.0f req/s, p99 %.0f µs, server %.2f µs, errors %d\n",
		what, sample.PerSecond, sample.P99, sample.ServerCPU, sample.Errors)
	s.document.Samples = append(s.document.Samples, sample)
}

// codecs measures codecs, each round of each in a process of its own.
func (s *session) codecs(ctx context.Context, sc scenario) error {
	codecs := contestants(ctx, s.catalog.codecs, sc.codecs, s.peers, s.skip)
	cores, pinned := s.cores(sc.pinned)
	for number := 1; number <= s.rounds; number++ {
		for _, k := range codecs {
			if err := ctx.Err(); err != nil {
				return err
			}
			r := round{Config: report.Config{Scenario: sc.name, Pinned: pinned}, contestant: k, number: number, profile: s.profile, cores: cores}
			samples, err := r.timings(ctx, s.shapes, s.operation)
			if err != nil {
				s.fail(fmt.Errorf("%s round %d: %w", sc.name, number, err))
				continue
			}
			fmt.Fprintf(s.progress, "%s round %d: %s\n", sc.name, number, k.name)
			s.document.CodecSamples = append(s.document.CodecSamples, samples...)
		}
	}
	table := report.Codecs(s.document.CodecSamples).Of(sc.name)
	if len(table) == 0 {
		return nil
	}
	return report.WriteCodecs(s.out, table)
}

// timings measures all shapes of one codec.
func (r round) timings(ctx context.Context, shapes string, each time.Duration) ([]report.CodecSample, error) {
	p, _, err := child.Start(ctx, r.start(r.cores.server), r.binary, "codec", r.name)
	if err != nil {
		return nil, err
	}
	defer p.Close()
	stop, err := r.startProfiles(side{"codec", p})
	if err != nil {
		return nil, err
	}
	ran, err := p.Do(child.Order{Do: child.Run, For: each, Shapes: shapes})
	if err := errors.Join(err, stop()); err != nil {
		return nil, err
	}
	var samples []report.CodecSample
	for _, t := range ran.Timings {
		samples = append(samples, report.CodecSample{Timing: t, Scenario: r.Scenario, Codec: r.name, Round: r.number})
	}
	return samples, nil
}

// cores returns where to pin to and whether to pin at all. Where that is
// wanted but cannot be done, it says so.
func (s *session) cores(wanted bool) (cores, bool) {
	if !wanted || s.nopin {
		return cores{}, false
	}
	server, client, err := pin.Cores()
	if err != nil {
		fmt.Fprintf(s.progress, "not pinned: %v\n", err)
		return cores{}, false
	}
	return cores{server, client}, true
}

// skip notes a contestant that cannot take part, once.
func (s *session) skip(name string, err error) {
	line := fmt.Sprintf("%s: skipped: %v", name, err)
	for _, known := range s.document.Skipped {
		if known == line {
			return
		}
	}
	s.document.Skipped = append(s.document.Skipped, line)
	fmt.Fprintln(s.progress, line)
}

func (s *session) fail(err error) {
	s.document.Failures = append(s.document.Failures, err.Error())
	fmt.Fprintln(s.progress, "FAILED:", err)
}
