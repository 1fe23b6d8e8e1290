package chaos_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/volo-go/volo/integration/chaos"
	"github.com/volo-go/volo/motore/discovery"
	"github.com/volo-go/volo/motore/discovery/discoverytest"
	"github.com/volo-go/volo/motore/rpc"
)

var long = flag.Bool("long", false, "let faults last, and wait until instances are back; print the report")

// The test binary is its own instances.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == chaos.ServeArg {
		if err := chaos.Serve(os.Args[2:], os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, "instance:", err)
			os.Exit(1)
		}
		return
	}
	flag.Parse()
	os.Exit(m.Run())
}

// A scene is the instances of which the first one is to suffer.
type scene struct {
	victim       *chaos.Instance
	thrift, grpc []rpc.Address // the victim's first
	proxies      []*chaos.Proxy
	found        [2]discoverytest.Fake // Thrift's and gRPC's
}

func (s *scene) proxy(f chaos.Fault) func() error {
	return func() error { return errors.Join(s.proxies[0].Set(f), s.proxies[1].Set(f)) }
}

// find has discovery find all instances but the first so many.
func (s *scene) find(without int) {
	for i, addresses := range [][]rpc.Address{s.thrift, s.grpc} {
		var instances []discovery.Instance
		for _, a := range addresses[without:] {
			instances = append(instances, discovery.Instance{Address: a, Weight: 1})
		}
		s.found[i].Set(chaos.Service, instances...)
	}
}

// A fault is what happens to the victim.
type fault struct {
	what       string
	proxied    bool
	begin, end func(s *scene) error
	// meanwhile, if not nil, is done again and again.
	meanwhile func(s *scene) error
	harmless  bool // to calls, idempotent or not: at most attempts fail
}

func nothing(*scene) error { return nil }

func does(f func(*chaos.Instance)) func(*scene) error {
	return func(s *scene) error { f(s.victim); return nil }
}

func start(s *scene) error { return s.victim.Start() }

func faulty(f chaos.Fault) func(*scene) error { return func(s *scene) error { return s.proxy(f)() } }

var faults = []fault{
	{what: "killed", begin: does((*chaos.Instance).Kill), end: start},
	{what: "paused", begin: does((*chaos.Instance).Pause), end: does((*chaos.Instance).Resume)},
	{what: "black-holed", proxied: true, begin: faulty(chaos.Hold), end: faulty(chaos.None)},
	{what: "slowed", proxied: true, begin: faulty(chaos.Slow), end: faulty(chaos.None), harmless: true},
	{what: "cut mid-message", proxied: true, begin: faulty(chaos.Cut), end: faulty(chaos.None)},
	{what: "refusing", proxied: true, begin: faulty(chaos.Refuse), end: faulty(chaos.None)},
	{what: "connections forgotten", proxied: true, begin: faulty(chaos.Forget), end: faulty(chaos.None)},
	{
		what: "flapping in discovery", begin: nothing, end: nothing, harmless: true,
		meanwhile: func(s *scene) error {
			s.find(1)
			time.Sleep(10 * time.Millisecond)
			s.find(0)
			time.Sleep(10 * time.Millisecond)
			return nil
		},
	},
	{
		what: "restarted in order", begin: nothing, end: nothing, harmless: true,
		meanwhile: func(s *scene) error {
			s.victim.Term()
			time.Sleep(200 * time.Millisecond)
			err := s.victim.Start()
			time.Sleep(200 * time.Millisecond)
			return err
		},
	},
}

// The times of a fault, and how long a call may take that it does not touch.
type times struct{ before, during, after, quick time.Duration }

func TestNoIdempotentCallIsLost(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("no signals")
	}
	last := times{500 * time.Millisecond, 1800 * time.Millisecond, 700 * time.Millisecond, chaos.Unhurt}
	if *long {
		last = times{3 * time.Second, 12 * time.Second, 35 * time.Second, chaos.Quick} // longer than an ejection
	}
	fleet, err := chaos.NewFleet(t.TempDir(), 4)
	if err != nil {
		t.Fatal(err)
	}
	defer fleet.Close()
	var reports []chaos.Report
	for i, f := range faults {
		t.Run(f.what, func(t *testing.T) {
			// Another victim each time.
			reports = append(reports, suffer(t, fleet, fleet.Instances[i%len(fleet.Instances)], f, last)...)
		})
	}
	if *long || testing.Verbose() {
		chaos.Write(t.Output(), reports)
	}
}

func suffer(t *testing.T, fleet *chaos.Fleet, victim *chaos.Instance, f fault, last times) []chaos.Report {
	s := &scene{victim: victim}
	s.arrange(t, fleet, f.proxied)
	overThrift, err := chaos.ThriftClient(&s.found[0])
	if err != nil {
		t.Fatal(err)
	}
	overGRPC, err := chaos.GRPCClient(&s.found[1])
	if err != nil {
		t.Fatal(err)
	}
	load := chaos.Load{Clients: []*chaos.Client{overThrift, overGRPC}, Rate: 300, Name: strings.ReplaceAll(f.what, " ", "-")}
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	course := make(chan chaos.Course)
	start := time.Now()
	go func() { course <- load.Run(ctx) }()

	time.Sleep(last.before)
	begin := time.Since(start)
	if err := f.begin(s); err != nil {
		t.Fatal(err)
	}
	for wait := time.After(last.during); ; {
		if f.meanwhile == nil {
			<-wait
			break
		}
		if err := f.meanwhile(s); err != nil {
			t.Fatal(err)
		}
		if time.Since(start) > begin+last.during {
			break
		}
	}
	end := time.Since(start)
	for _, c := range load.Clients {
		c.Attempts.Forget()
	}
	ended := time.Now()
	if err := f.end(s); err != nil {
		t.Fatal(err)
	}
	time.Sleep(last.after)
	stop()
	all := <-course

	var reports []chaos.Report
	attempts := 0
	for i, c := range load.Clients {
		r := chaos.NewReport(f.what, c, all, begin, end, last.quick)
		if back := c.Attempts.Answered([]rpc.Address{s.thrift[0], s.grpc[0]}[i]); !back.IsZero() {
			r.Back = back.Sub(ended)
		}
		reports = append(reports, r)
		attempts += len(r.Attempts)
		judge(t, f, r, last.quick)
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	}
	if !f.harmless && attempts == 0 {
		t.Error("not even an attempt has failed: there was no fault")
	}
	s.leaksNothing(t, fleet)
	ranOnce(t, fleet, all)
	return reports
}

// arrange puts the victim first, behind proxies if need be.
func (s *scene) arrange(t *testing.T, fleet *chaos.Fleet, proxied bool) {
	s.thrift, s.grpc = []rpc.Address{s.victim.Thrift}, []rpc.Address{s.victim.GRPC}
	for _, in := range fleet.Instances {
		if in != s.victim {
			s.thrift, s.grpc = append(s.thrift, in.Thrift), append(s.grpc, in.GRPC)
		}
	}
	if proxied {
		for _, way := range []*rpc.Address{&s.thrift[0], &s.grpc[0]} {
			p, err := chaos.NewProxy(*way)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(p.Close)
			*way = p.Address
			s.proxies = append(s.proxies, p)
		}
	}
	s.find(0)
}

// The promise.
func judge(t *testing.T, f fault, r chaos.Report, quick time.Duration) {
	if len(r.Lost) > 0 {
		t.Errorf("%s: idempotent calls have failed: %v", r.Protocol, r.Lost)
	}
	for kind, n := range r.Others {
		if f.harmless || !strings.HasPrefix(kind, rpc.Lost.String()) {
			t.Errorf("%s: %d calls failed: %s", r.Protocol, n, kind)
		}
	}
	const ejection = time.Second                          // five attempts that time out, one beside the other, and a few that come meanwhile
	if r.Recovery < 0 || *long && r.Recovery > ejection { // in a short one, other tests have the machine as well
		t.Errorf("%s: calls were as quick as before after %v, want it within %v", r.Protocol, r.Recovery, ejection)
	}
	if *long && r.After.P99 > quick { // a short one has too few calls for a hundredth
		t.Errorf("%s: a p99 of %v after the fault, want %v at most", r.Protocol, r.After.P99, quick)
	}
	if r.Calls == 0 {
		t.Errorf("%s: the machine stood still all the time", r.Protocol)
	}
}

// leaksNothing waits until nothing is left of clients that are closed.
func (s *scene) leaksNothing(t *testing.T, fleet *chaos.Fleet) {
	var left []string
	for patience := time.Now().Add(time.Minute); ; time.Sleep(5 * time.Millisecond) {
		left = ourGoroutines()
		for i, in := range fleet.Instances {
			// A proxy's own connection ends with the client's.
			if n := in.Connections(); n > 0 {
				left = append(left, fmt.Sprintf("%d connections of instance %d", n, i))
			}
		}
		if len(left) == 0 {
			return
		}
		if time.Now().After(patience) {
			t.Errorf("what is left of clients that are closed:\n%s", strings.Join(left, "\n\n"))
			return
		}
	}
}

// ourGoroutines returns the stacks of goroutines that run code of the frameworks.
func ourGoroutines() (left []string) {
	buf := make([]byte, 1<<20)
	for _, stack := range strings.Split(string(buf[:runtime.Stack(buf, true)]), "\n\n") {
		if strings.Contains(stack, "volo-go/volo/volo-") || strings.Contains(stack, "volo-go/volo/motore/") {
			left = append(left, stack)
		}
	}
	return left
}

// Whatever happens, a call that is not idempotent is run at most once, and one
// that is answered at least once.
func ranOnce(t *testing.T, fleet *chaos.Fleet, all chaos.Course) {
	ran, err := fleet.Ran()
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range all.Samples {
		switch n := ran[s.ID]; {
		case n > 1 && !s.Idempotent:
			t.Errorf("%s: a call that is not idempotent was run %d times", s.Client.Protocol, n)
		case n == 0 && s.Err == nil:
			t.Errorf("%s: a call was answered and not run", s.Client.Protocol)
		}
	}
}
