package command

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/volo-go/volo/volo-cli/internal/invoke"
	"github.com/volo-go/volo/volo-cli/internal/invoke/load"
)

// bench is `volo bench`.
type bench struct {
	call // whose flags, and whose way to tell of failures, are the same
	load load.Config
	keep bool // --keep-going
}

func newBench(env *Env) *cobra.Command {
	b := &bench{call: call{name: "bench", env: env, peer: peerFlags{env: env}}}
	cmd := &cobra.Command{
		Use:   "bench <target> <service/method> [<json>|@<file>|-]",
		Short: "Put load on any service of Thrift or gRPC and measure its latency",
		Long: `Bench makes the same call again and again and shows throughput and latency. Target,
method, JSON and IDL are those of ` + "`volo call`" + `; a stream, with all messages in it,
is one call.

Without --rate the loop is closed: each of the callers makes its next call when
the last one has returned. With --rate it is open: calls are due at that rate,
and their latency counts from when they were due, so that a server that stalls
cannot hide the calls that it kept waiting; --callers then bounds how many run
at once.

A call is made before the load begins; if it fails, so does bench. Connections
of gRPC are shared by all callers; over Thrift each call has one of its own
while it runs, from a pool, unless --mux lets them share.`,
		Example: `  volo bench --idl shop.thrift 127.0.0.1:8888 Shop/GetItem '{"request": {"id": 7}}'
  volo bench -c 64 --duration 30s 127.0.0.1:9090 shop.v1.Items/GetItem '{"id": "7"}'
  volo bench --rate 5000 --warm-up 5s --connections 4 127.0.0.1:9090 Items/GetItem @item.json
  volo bench --count 100000 --json --idl shop.thrift 127.0.0.1:8888 Shop/GetItem`,
		Args: func(_ *cobra.Command, args []string) error {
			switch {
			case len(args) < 2:
				return usagef("missing %s", strings.Join([]string{"<target>", "<service/method>"}[len(args):], " and "))
			case len(args) > 3:
				return usagef("unexpected argument %q", args[3])
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			for _, name := range []string{"callers", "rate", "duration", "count", "connections"} {
				if f := cmd.Flags().Lookup(name); f.Changed && (f.Value.String() == "0" || f.Value.String() == "0s") {
					return usagef("--%s is nothing; leave it out for the default", name)
				}
			}
			return b.run(cmd.Context(), args)
		},
		ValidArgsFunction: b.peer.complete(),
	}
	b.peer.register(cmd)
	f := cmd.Flags()
	f.Lookup("timeout").Usage += " (default 10s)"
	f.IntVarP(&b.load.Callers, "callers", "c", 0, "so many calls run at once (default 16, and 512 with --rate)")
	f.Float64Var(&b.load.Rate, "rate", 0, "so many calls a second are due")
	f.DurationVarP(&b.load.Duration, "duration", "d", 0, "measure for so long (default 10s, none with --count)")
	f.Uint64VarP(&b.load.Count, "count", "n", 0, "measure so many calls")
	f.DurationVar(&b.load.WarmUp, "warm-up", time.Second, "do not measure for so long, before that")
	f.IntVar(&b.peer.config.Connections, "connections", 0, "keep so many connections that calls share (default 1), use at most so many that they do not")
	f.BoolVar(&b.keep, "keep-going", false, "put load on also if the first call fails")
	f.BoolVar(&b.machine, "json", false, "print the result as JSON")
	return cmd
}

func (b *bench) run(ctx context.Context, args []string) error {
	switch {
	case math.IsNaN(b.load.Rate) || math.IsInf(b.load.Rate, 0):
		return usagef("--rate is a number of calls a second")
	case b.load.Callers < 0 || b.load.Rate < 0 || b.load.Duration < 0 || b.load.WarmUp < 0:
		return usagef("--callers, --rate, --duration and --warm-up cannot be negative")
	case b.load.Callers == 0 && b.load.Rate > 0:
		b.load.Callers = 512
	case b.load.Callers == 0:
		b.load.Callers = 16
	}
	if b.load.Duration == 0 && b.load.Count == 0 {
		b.load.Duration = 10 * time.Second
	}
	peer, err := b.peer.open(ctx, args[0])
	var usage *usageError
	if err = b.env.said(err); errors.As(err, &usage) || errors.Is(err, errSaid) {
		return err
	}
	if err != nil {
		return b.fail(ctx, nil, nil, err)
	}
	defer peer.Close()
	what, err := b.prepare(ctx, peer, args[1:])
	if err != nil {
		return err
	}
	if !b.machine {
		fmt.Fprintf(b.env.Stdout, "%s at %s over %s, %s\n", what, args[0], peer.Protocol(), b.plan())
	}
	result := load.Run(ctx, b.load)
	if b.env.Terminal && !b.machine {
		fmt.Fprint(b.env.Stderr, "\r\x1b[K")
	}
	if b.machine {
		return b.object(result)
	}
	show(b.env.Stdout, &result)
	return nil
}

// prepare sets up what is called, makes the call once, and returns the method's
// name.
func (b *bench) prepare(ctx context.Context, peer *invoke.Peer, args []string) (string, error) {
	what, err := b.peer.call()
	if err != nil {
		return "", err
	}
	what.Timeout = cmp.Or(what.Timeout, 10*time.Second)
	var requests [][]byte
	if len(args) > 1 {
		next, err := b.env.input(args[1])
		if err != nil {
			return "", err
		}
		if requests, err = all(next); err != nil {
			return "", b.fail(ctx, peer, nil, err)
		}
	}
	m, err := peer.Method(ctx, args[0])
	if err != nil {
		return "", b.fail(ctx, peer, nil, err)
	}
	if b.load.Call, err = peer.Prepare(ctx, m, what, requests...); err != nil {
		return "", b.fail(ctx, peer, nil, err)
	}
	if err := b.load.Call(ctx); err != nil && !b.keep {
		return "", b.fail(ctx, peer, nil, err)
	}
	var nobody *invoke.Peer // nobody reads details, so the server is not asked for their types
	b.load.Kind = func(err error) string { return kindOf(nobody.Explain(ctx, err)) }
	if b.env.Terminal && !b.machine {
		b.load.Progress = b.progress
	}
	return m.FullName(), nil
}

// kindOf is what errors are counted under: no text that has numbers in it.
func kindOf(f *invoke.Failure) string {
	switch f.Kind {
	case invoke.Exception:
		return "exception " + f.Name
	case invoke.Business:
		return fmt.Sprintf("business error %d", f.Code)
	case invoke.Status:
		return fmt.Sprintf("%s (%d)", f.Name, f.Code)
	case invoke.Transport:
		return strings.TrimSpace("no answer: " + f.Name)
	}
	return f.Message
}

// plan says in words what is going to happen.
func (b *bench) plan() string {
	var s strings.Builder
	if b.load.Rate > 0 {
		fmt.Fprintf(&s, "%g calls a second, at most %d at once", b.load.Rate, b.load.Callers)
	} else {
		s.WriteString(plural(b.load.Callers, "caller"))
	}
	if b.load.Count > 0 {
		fmt.Fprintf(&s, ", %s", plural(int(b.load.Count), "call"))
	}
	if b.load.Duration > 0 {
		fmt.Fprintf(&s, ", %s", b.load.Duration)
	}
	if b.load.WarmUp > 0 {
		fmt.Fprintf(&s, " after %s of warm-up", b.load.WarmUp)
	}
	return s.String()
}

// progress writes one line, over the last one.
func (b *bench) progress(r load.Result) {
	line := "warming up"
	if r.Elapsed > 0 {
		line = fmt.Sprintf("%s  %d calls  %.0f/s  p50 %s  p99 %s  max %s  %s",
			r.Elapsed.Round(time.Second), r.Succeeded, r.Throughput, short(r.Latency.P50), short(r.Latency.P99),
			short(r.Latency.Max), plural(int(r.Failed), "error"))
	}
	fmt.Fprintf(b.env.Stderr, "\r\x1b[K%s", line)
}

// The histogram that people see.
const (
	bars     = 16 // lines
	barWidth = 40 // characters
)

// show prints a result.
func show(w io.Writer, r *load.Result) {
	fmt.Fprintf(w, "\n%d calls in %s: %.1f a second, %s\n", r.Succeeded+r.Failed, short(r.Elapsed), r.Throughput, plural(int(r.Failed), "error"))
	for _, kind := range slices.SortedFunc(maps.Keys(r.Errors), func(a, b string) int { return int(r.Errors[b]) - int(r.Errors[a]) }) {
		fmt.Fprintf(w, "  %8d  %s\n", r.Errors[kind], kind)
	}
	if r.Unfinished > 0 {
		fmt.Fprintf(w, "%s more had not ended, or not begun, when the time was up: latencies are worse than those below\n", plural(int(r.Unfinished), "call"))
	}
	if r.Succeeded == 0 {
		return
	}
	l := &r.Latency
	fmt.Fprintf(w, "\nlatency  mean %s ± %s, from %s to %s\n", short(l.Mean), short(l.StdDev), short(l.Min), short(l.Max))
	for _, p := range []struct {
		name string
		d    time.Duration
	}{{"50", l.P50}, {"75", l.P75}, {"90", l.P90}, {"95", l.P95}, {"99", l.P99}, {"99.9", l.P999}, {"99.99", l.P9999}} {
		fmt.Fprintf(w, "  %5s %%  %s\n", p.name, short(p.d))
	}
	if r.Lag != nil {
		fmt.Fprintf(w, "calls began later than due by %s (50 %%), %s (99 %%), %s (max); that is part of the latency\n",
			short(r.Lag.P50), short(r.Lag.P99), short(r.Lag.Max))
	}
	fmt.Fprintln(w)
	all := r.Bars(bars)
	most := slices.MaxFunc(all, func(a, b load.Bar) int { return int(a.Count) - int(b.Count) }).Count
	for _, bar := range all {
		width := int((bar.Count*barWidth + most - 1) / most) // what is there is seen
		fmt.Fprintf(w, "%9s  %-*s %d\n", short(bar.To), barWidth, strings.Repeat("#", width), bar.Count)
	}
}
