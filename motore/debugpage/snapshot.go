package debugpage

import (
	"cmp"
	"os"
	"runtime"
	"slices"
	"time"

	"github.com/volo-go/volo/motore/breaker"
	"github.com/volo-go/volo/motore/rpc"
)

// Most is how many calls in flight and circuits are told of one by one.
const Most = 200

// A Snapshot is what there is to see at one moment. Durations are in seconds.
type Snapshot struct {
	Title    string    `json:"title"`
	Now      time.Time `json:"now"`
	Started  time.Time `json:"started"`
	Pulse    []Beat    `json:"pulse"`     // the last minute, by the second
	Running  int       `json:"running"`   // how many calls are in flight
	Flying   []Call    `json:"in_flight"` // of these the oldest, at most Most
	Failed   []Call    `json:"failed"`    // the latest first, as are slow ones
	Slow     []Call    `json:"slow"`
	Methods  []Method  `json:"methods"`
	Servers  []Load    `json:"servers"`
	Clients  []Peers   `json:"clients"`
	Breakers []Breaker `json:"breakers"`
	Runtime  Runtime   `json:"runtime"`
}

// A Beat counts the calls that have ended in a second.
type Beat struct {
	Calls  int64 `json:"calls"`
	Failed int64 `json:"failed"`
}

// A Call is one that runs or has ended.
type Call struct {
	Role    string    `json:"role"`
	System  string    `json:"system"`
	Service string    `json:"service"`
	Method  string    `json:"method"`
	Peer    string    `json:"peer"`
	Started time.Time `json:"started"`
	Seconds float64   `json:"seconds"`
	Outcome string    `json:"outcome,omitempty"` // "" while it runs
	Error   string    `json:"error,omitempty"`
}

// A Method is what has become of its calls. Quantiles are of all of them, and
// up to a half too high.
type Method struct {
	Role     string           `json:"role"`
	System   string           `json:"system"`
	Service  string           `json:"service"`
	Method   string           `json:"method"`
	Calls    int64            `json:"calls"`
	Errors   int64            `json:"errors"`
	Outcomes map[string]int64 `json:"outcomes"` // without those of which there are none
	Mean     float64          `json:"mean"`
	P50      float64          `json:"p50"`
	P99      float64          `json:"p99"`
	Longest  float64          `json:"longest"`
}

// A Load is what a server has to do.
type Load struct {
	Name     string `json:"name"`
	Conns    int    `json:"connections"`
	MaxConns int    `json:"connections_max"`
	Calls    int    `json:"calls"`
	MaxCalls int    `json:"calls_max"`
}

// Peers are a client's connections and what its balancer knows.
type Peers struct {
	Name     string    `json:"name"`
	Peers    []Peer    `json:"peers"`
	Services []Service `json:"services"`
}

// A Peer is an address that was called.
type Peer struct {
	Address     string `json:"address"`
	State       string `json:"state"`
	Connections int    `json:"connections"`
	Calls       int    `json:"calls"`
	Error       string `json:"error,omitempty"`
}

// A Service is what a balancer chooses from.
type Service struct {
	Service   string     `json:"service"`
	Instances []Instance `json:"instances"`
}

// An Instance is one of a service.
type Instance struct {
	Address     string            `json:"address"`
	Weight      int               `json:"weight"`
	Tags        map[string]string `json:"tags,omitempty"`
	Outstanding int64             `json:"outstanding"`
	Latency     float64           `json:"latency"`
	Ejected     float64           `json:"ejected"` // for so long still; 0 if it is not
	Ejections   int               `json:"ejections"`
}

// A Breaker is the circuits of one layer.
type Breaker struct {
	Name     string    `json:"name"`
	Open     int       `json:"open"` // how many circuits are
	HalfOpen int       `json:"half_open"`
	Closed   int       `json:"closed"`
	Circuits []Circuit `json:"circuits"` // open ones first, at most Most
}

// A Circuit is one of a breaker.
type Circuit struct {
	Key      string  `json:"key"`
	State    string  `json:"state"`
	Calls    int     `json:"calls"`
	Failures int     `json:"failures"`
	Opens    float64 `json:"probes_in"` // when an open one lets probes pass
}

// Runtime are numbers of the process.
type Runtime struct {
	Go         string  `json:"go"`
	PID        int     `json:"pid"`
	CPUs       int     `json:"cpus"`
	Goroutines int     `json:"goroutines"`
	Heap       uint64  `json:"heap_bytes"`
	System     uint64  `json:"system_bytes"`
	Collected  uint32  `json:"collections"`
	LastPause  float64 `json:"last_pause"`
}

// Snapshot looks at everything once.
func (p *Page) Snapshot() Snapshot {
	now := time.Now()
	p.mu.Lock()
	servers, clients, breakers := slices.Clone(p.servers), slices.Clone(p.clients), slices.Clone(p.breakers)
	p.mu.Unlock()
	b := &p.calls
	b.mu.Lock()
	failed, late, beats := b.failed.latest(), b.late.latest(), b.pulse.series(now)
	b.mu.Unlock()

	flying := b.flying(now)
	s := Snapshot{
		Title: p.config.Title, Now: now, Started: p.started, Pulse: beats,
		Running: len(flying), Flying: flying[:min(len(flying), Most)], Failed: failed, Slow: late, Methods: b.counted(),
		Servers: []Load{}, Clients: []Peers{}, Breakers: []Breaker{}, Runtime: runtimeNow(),
	}
	for _, n := range servers {
		l := n.source.Load()
		s.Servers = append(s.Servers, Load{n.name, l.Conns, l.MaxConns, l.Calls, l.MaxCalls})
	}
	for _, n := range clients {
		s.Clients = append(s.Clients, peersOf(n.name, n.source, now))
	}
	for _, n := range breakers {
		s.Breakers = append(s.Breakers, breakerOf(n.name, n.source, now))
	}
	return s
}

// counted returns the methods, those with the most calls first.
func (b *book) counted() []Method {
	methods := []Method{}
	for key, value := range b.methods.Range {
		m, t := key.(method), value.(*tally)
		one := Method{
			Role: m.role.String(), System: m.system, Service: m.service, Method: m.name,
			Errors: t.errors.Load(), Outcomes: map[string]int64{},
			P50: t.quantile(.5).Seconds(), P99: t.quantile(.99).Seconds(),
			Longest: time.Duration(t.longest.Load()).Seconds(),
		}
		for o := range t.ended {
			if n := t.ended[o].Load(); n > 0 {
				one.Outcomes[rpc.Outcome(o).String()] = n
				one.Calls += n
			}
		}
		if one.Calls > 0 {
			one.Mean = time.Duration(t.total.Load() / one.Calls).Seconds()
		}
		methods = append(methods, one)
	}
	slices.SortFunc(methods, func(a, b Method) int {
		return cmp.Or(cmp.Compare(b.Calls, a.Calls), cmp.Compare(a.Role, b.Role), cmp.Compare(a.Service, b.Service), cmp.Compare(a.Method, b.Method))
	})
	return methods
}

func peersOf(name string, c Client, now time.Time) Peers {
	all := Peers{Name: name, Peers: []Peer{}, Services: []Service{}}
	for _, p := range c.Peers() {
		one := Peer{Address: p.Address.String(), State: p.State, Connections: p.Connections, Calls: p.Calls}
		if p.Err != nil {
			one.Error = clip(p.Err.Error())
		}
		all.Peers = append(all.Peers, one)
	}
	slices.SortFunc(all.Peers, func(a, b Peer) int { return cmp.Compare(a.Address, b.Address) })
	for _, s := range c.Balancing() {
		service := Service{Service: s.Service, Instances: []Instance{}}
		for _, in := range s.Instances {
			one := Instance{
				Address: in.Address.String(), Weight: in.Weight, Tags: in.Tags,
				Outstanding: in.Outstanding, Latency: in.Latency.Seconds(), Ejections: in.Ejections,
			}
			if !in.EjectedUntil.IsZero() {
				one.Ejected = max(0, in.EjectedUntil.Sub(now).Seconds())
			}
			service.Instances = append(service.Instances, one)
		}
		all.Services = append(all.Services, service)
	}
	return all
}

func breakerOf(name string, circuits *breaker.Circuits, now time.Time) Breaker {
	all := Breaker{Name: name, Circuits: []Circuit{}}
	for c := range circuits.All() {
		one := Circuit{Key: c.Key.String(), State: c.State.String(), Calls: c.Tally.Calls, Failures: c.Tally.Failures}
		switch c.State {
		case breaker.Closed:
			all.Closed++
		case breaker.HalfOpen:
			all.HalfOpen++
		case breaker.Open:
			all.Open++
			one.Opens = max(0, c.Until.Sub(now).Seconds())
		}
		all.Circuits = append(all.Circuits, one)
	}
	// By their names, backwards: open, half-open, closed.
	slices.SortFunc(all.Circuits, func(a, b Circuit) int {
		return cmp.Or(cmp.Compare(b.State, a.State), cmp.Compare(a.Key, b.Key))
	})
	all.Circuits = all.Circuits[:min(len(all.Circuits), Most)]
	return all
}

func runtimeNow() Runtime {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return Runtime{
		Go: runtime.Version(), PID: os.Getpid(), CPUs: runtime.GOMAXPROCS(0), Goroutines: runtime.NumGoroutine(),
		Heap: m.HeapAlloc, System: m.Sys, Collected: m.NumGC,
		LastPause: time.Duration(m.PauseNs[(m.NumGC+255)%256]).Seconds(),
	}
}
