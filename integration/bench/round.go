package main

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"

	"github.com/volo-go/volo/integration/bench/child"
	"github.com/volo-go/volo/integration/bench/load"
	"github.com/volo-go/volo/integration/bench/pin"
	"github.com/volo-go/volo/integration/bench/report"
)

// A round is one measurement of one contestant.
type round struct {
	report.Config
	contestant
	number  int
	warmup  time.Duration
	window  time.Duration
	conns   int // of a multiplexing client
	kind    load.Kind
	profile string // folder for CPU profiles, empty for none
	cores   cores
}

// cores says where the two sides run.
type cores struct {
	server, client int
}

// start returns how to start a child on that core.
func (r round) start(core int) func(*exec.Cmd) error {
	if !r.Pinned {
		return nil
	}
	return func(cmd *exec.Cmd) error { return pin.Start(cmd, core) }
}

// grace is how long a round may take beside warm-up and window: two processes
// to start, a thousand connections to open, the last replies to wait for.
const grace = time.Minute

// measure starts a server and a client, warms them up and measures a window.
// Both are fresh processes, so no round profits or suffers from another.
func (r round) measure(ctx context.Context) (report.Sample, error) {
	ctx, cancel := context.WithTimeout(ctx, r.warmup+r.window+grace)
	defer cancel()
	server, ready, err := child.Start(ctx, r.start(r.cores.server), r.binary, "serve", r.name)
	if err != nil {
		return report.Sample{}, err
	}
	// The client hangs up first: some servers wait for that.
	defer server.Close()
	client, _, err := child.Start(ctx, r.start(r.cores.client), r.contestant.client, "load", r.name,
		"-addr", ready.Addr,
		"-c", strconv.Itoa(r.Callers),
		"-size", strconv.Itoa(r.Size),
		"-conns", strconv.Itoa(r.conns),
		"-kind", string(r.kind),
		"-idle", strconv.Itoa(r.Idle))
	if err != nil {
		return report.Sample{}, err
	}
	defer client.Close()
	if r.warmup > 0 {
		if _, err := client.Do(child.Order{Do: child.Run, For: r.warmup}); err != nil {
			return report.Sample{}, err
		}
	}
	stop, err := r.startProfiles(side{"server", server}, side{"client", client})
	if err != nil {
		return report.Sample{}, err
	}
	sample, err := r.observe(server, client)
	return sample, errors.Join(err, stop())
}

// observe measures: the server is asked before and after what it has used.
func (r round) observe(server, client *child.Process) (report.Sample, error) {
	before, err := server.Do(child.Order{Do: child.Usage})
	if err != nil {
		return report.Sample{}, err
	}
	ran, err := client.Do(child.Order{Do: child.Run, For: r.window})
	if err != nil {
		return report.Sample{}, err
	}
	after, err := server.Do(child.Order{Do: child.Usage})
	if err != nil {
		return report.Sample{}, err
	}
	if ran.Result.Requests == 0 {
		return report.Sample{}, fmt.Errorf("%s: no call of %d succeeded; the first error: %s",
			r.name, ran.Result.Errors, ran.Result.FirstError)
	}
	return r.sample(ran, after.Usage.Since(*before.Usage)), nil
}

// A side is a child under the name that its profiles have.
type side struct {
	name    string
	process *child.Process
}

// startProfiles starts a CPU profile of every side if profiles are wanted, and
// returns what finishes them.
func (r round) startProfiles(sides ...side) (stop func() error, err error) {
	if r.profile == "" {
		return func() error { return nil }, nil
	}
	for _, s := range sides {
		file := fmt.Sprintf("%s-%s-c%d-%d.%s.pprof", r.Scenario, r.contestant.name, r.Callers, r.number, s.name)
		_, err := s.process.Do(child.Order{Do: child.StartProfile, File: filepath.Join(r.profile, file)})
		if err != nil {
			return nil, err
		}
	}
	return func() error {
		var err error
		for _, s := range sides {
			_, stopErr := s.process.Do(child.Order{Do: child.StopProfile})
			err = errors.Join(err, stopErr)
		}
		return err
	}, nil
}

// sample puts what the client ran and what the server used for it into the
// units of a report.
func (r round) sample(ran child.Report, server load.Usage) report.Sample {
	n := float64(ran.Result.Requests)
	micros := func(d time.Duration) float64 { return float64(d) / float64(time.Microsecond) }
	return report.Sample{
		Config:       r.Config,
		Peer:         r.name,
		Round:        r.number,
		Requests:     ran.Result.Requests,
		Errors:       ran.Result.Errors,
		FirstError:   ran.Result.FirstError,
		Seconds:      ran.Result.Elapsed.Seconds(),
		PerSecond:    n / ran.Result.Elapsed.Seconds(),
		P50:          micros(ran.Result.P50),
		P99:          micros(ran.Result.P99),
		P999:         micros(ran.Result.P999),
		ServerCPU:    micros(server.CPU) / n,
		ClientCPU:    micros(ran.Usage.CPU) / n,
		ServerAllocs: float64(server.Objects) / n,
		ServerBytes:  float64(server.Bytes) / n,
		ClientAllocs: float64(ran.Usage.Objects) / n,
		ClientBytes:  float64(ran.Usage.Bytes) / n,
		ServerRSS:    float64(server.RSS) / (1 << 20),
	}
}
