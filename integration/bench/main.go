package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/volo-go/volo/integration/bench/report"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := bench(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil {
		if !errors.Is(err, flag.ErrHelp) {
			fmt.Fprintln(os.Stderr, "bench:", err)
		}
		os.Exit(1)
	}
}

// options is the command line.
type options struct {
	scenarios *regexp.Regexp
	peers     []string // empty: all of the scenario
	base      string
	callers   []int // empty: those of the scenario
	size      int   // 0: that of the scenario
	conns     int   // 0: those of the scenario
	warmup    time.Duration
	window    time.Duration
	rounds    int
	operation time.Duration
	shapes    string
	nopin     bool
	json      string
	profile   string
	targets   bool
}

func (o options) callersOf(sc scenario) []int {
	if len(o.callers) > 0 {
		return o.callers
	}
	return sc.callers
}

func (o options) sizeOf(sc scenario) int {
	if o.size > 0 {
		return o.size
	}
	return sc.size
}

func (o options) connsOf(sc scenario) int {
	if o.conns > 0 {
		return o.conns
	}
	return max(1, sc.conns)
}

func parse(args []string, errs io.Writer) (options, error) {
	var o options
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.SetOutput(errs)
	run := flags.String("run", "", "measure the scenarios that match this regular `expression`; without it, list all")
	peers := flags.String("peers", "", "only these peers or codecs, separated by commas, in this order")
	flags.StringVar(&o.base, "base", "", "compare with this `peer`; the first one of each scenario if empty")
	callers := flags.String("c", "", "concurrent callers, a `list` separated by commas; those of the scenario if empty")
	flags.IntVar(&o.size, "size", 0, "`bytes` of a message; those of the scenario if 0")
	flags.IntVar(&o.conns, "conns", 0, "connections of a multiplexing client; those of the scenario if 0")
	flags.DurationVar(&o.window, "d", 3*time.Second, "how long to measure in a round")
	flags.DurationVar(&o.warmup, "warmup", time.Second, "how long to warm up before")
	flags.IntVar(&o.rounds, "rounds", 5, "rounds; in each, the peers run in turn")
	flags.DurationVar(&o.operation, "op", 150*time.Millisecond, "how long to time each operation of a codec in a round, or of a balancer")
	flags.StringVar(&o.shapes, "shapes", "", "time the shapes that match this regular `expression`; all if empty")
	flags.BoolVar(&o.nopin, "nopin", false, "pin nothing, not even in the scenarios that do")
	flags.StringVar(&o.json, "json", "", "write everything that was measured to this `file`")
	flags.StringVar(&o.profile, "cpuprofile", "", "write CPU profiles of every round, of server and client or of the codec, to this `folder`")
	flags.BoolVar(&o.targets, "targets", false, "fail if a target was missed")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	if flags.NArg() > 0 {
		return o, fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}
	var err error
	if *run != "" {
		if o.scenarios, err = regexp.Compile(*run); err != nil {
			return o, fmt.Errorf("-run: %w", err)
		}
	}
	if _, err := regexp.Compile(o.shapes); err != nil {
		return o, fmt.Errorf("-shapes: %w", err)
	}
	if *peers != "" {
		o.peers = strings.Split(*peers, ",")
	}
	if o.callers, err = numbers(*callers); err != nil {
		return o, fmt.Errorf("-c: %w", err)
	}
	if o.rounds < 1 || o.window <= 0 || o.operation <= 0 || o.warmup < 0 || o.size < 0 || o.conns < 0 {
		return o, errors.New("-rounds, -d and -op must be positive, -warmup, -size and -conns not negative")
	}
	return o, nil
}

// numbers reads positive numbers separated by commas.
func numbers(list string) ([]int, error) {
	if list == "" {
		return nil, nil
	}
	var ns []int
	for part := range strings.SplitSeq(list, ",") {
		n, err := strconv.Atoi(part)
		if err != nil || n < 1 {
			return nil, fmt.Errorf("%q is not a positive number", part)
		}
		ns = append(ns, n)
	}
	return ns, nil
}

// bench is the command: it lists what there is, or measures it.
func bench(ctx context.Context, args []string, out, progress io.Writer) error {
	o, err := parse(args, progress)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "volo-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	c := newCatalog(dir, func(line string) { fmt.Fprintln(progress, line) })
	if o.scenarios == nil {
		return list(out, c)
	}
	inProcess := o.scenarios.MatchString(governanceName)
	chosen, err := choose(o, c)
	if err != nil {
		return err
	}
	if o.profile != "" {
		if err := os.MkdirAll(o.profile, 0o755); err != nil {
			return err
		}
	}
	s := &session{options: o, catalog: c, out: out, progress: progress}
	s.document = report.Document{
		Environment: report.ReadEnvironment(),
		Arguments:   args,
		Warmup:      o.warmup,
		Duration:    o.window,
	}
	runErr := s.run(ctx, chosen)
	if inProcess {
		verdicts, err := s.governance(ctx)
		s.verdicts, runErr = verdicts, errors.Join(runErr, err)
	}
	return errors.Join(runErr, s.finish())
}

// finish judges and stores what was measured, be it all or a part.
func (s *session) finish() error {
	d := &s.document
	d.Codecs = report.Codecs(d.CodecSamples)
	d.Verdicts = append(report.Verdicts(d.Samples, d.Codecs), s.verdicts...)
	err := report.WriteVerdicts(s.out, d.Verdicts)
	if s.json != "" {
		err = errors.Join(err, d.Write(s.json))
	}
	if s.targets && slices.ContainsFunc(d.Verdicts, func(v report.Verdict) bool { return !v.Met }) {
		err = errors.Join(err, errors.New("a target was missed"))
	}
	return err
}

// choose returns the scenarios to run, an error if there is none, and one for
// a peer that does not exist: a typing error must not look like a measurement.
func choose(o options, c catalog) ([]scenario, error) {
	for _, name := range append(slices.Clone(o.peers), o.base) {
		known := func(e entry) bool { return e.name == name }
		if name != "" && !slices.ContainsFunc(c.peers, known) && !slices.ContainsFunc(c.codecs, known) {
			return nil, fmt.Errorf("there is no peer or codec %q; without arguments, bench lists them", name)
		}
	}
	var chosen []scenario
	for _, sc := range scenarios() {
		if o.scenarios.MatchString(sc.name) {
			chosen = append(chosen, sc)
		}
	}
	if len(chosen) == 0 && !o.scenarios.MatchString(governanceName) {
		return nil, fmt.Errorf("no scenario matches %q; without arguments, bench lists them", o.scenarios)
	}
	return chosen, nil
}

// list says what there is, a line each.
func list(w io.Writer, c catalog) error {
	var b strings.Builder
	b.WriteString("scenarios (-run)\n")
	for _, sc := range scenarios() {
		fmt.Fprintf(&b, "  %-26s %s\n", sc.name, sc.about)
		if sc.alone == nil {
			fmt.Fprintf(&b, "  %-26s   %s\n", "", strings.Join(append(slices.Clone(sc.peers), sc.codecs...), ", "))
		}
	}
	fmt.Fprintf(&b, "  %-26s %s\n", governanceName, governanceAbout)
	b.WriteString("peers (-peers)\n")
	for _, e := range c.peers {
		fmt.Fprintf(&b, "  %-26s %s\n", e.name, e.about)
	}
	b.WriteString("codecs (-peers)\n")
	for _, e := range c.codecs {
		fmt.Fprintf(&b, "  %-26s %s\n", e.name, e.about)
	}
	b.WriteString("other flags: bench -help\n")
	_, err := io.WriteString(w, b.String())
	return err
}
