package discoverytest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/volo-go/volo/motore/discovery"
	"github.com/volo-go/volo/motore/rpc"
)

// A RegistrarSubject is a Registrar under test and the means to test it.
type RegistrarSubject struct {
	Registrar  discovery.Registrar
	Discoverer discovery.Discoverer // finds what is registered
	Service    string               // a service without instances; so is Service + "2"

	// Lose makes the registry forget the instances of Service, as if its
	// memory had failed. Nil says that it cannot be made to.
	Lose func(t *testing.T)

	// Patience is how long a change may take to show; zero stands for ten
	// seconds.
	Patience time.Duration

	// AddressOnly says that weights and tags get lost on the way.
	AddressOnly bool
}

// RunRegistrar tests what open returns; it is called once for each part of the
// suite.
func RunRegistrar(t *testing.T, open func(t *testing.T) RegistrarSubject) {
	for _, part := range []struct {
		name string
		run  func(t *testing.T, s RegistrarSubject)
	}{
		{"an instance is there from start to end", comesAndGoes},
		{"weight and tags are kept", keepsFacts},
		{"sockets can be registered", keepsNetworks},
		{"instances do not disturb each other", severalInstances},
		{"services do not disturb each other", severalServices},
		{"the end is the end", endIsEnd},
		{"what never began never shows", neverBegan},
		{"an instance may come back", comesBack},
		{"what is handed over stays", handsOver},
		{"many come and go at once", manyAtOnce},
		{"what the registry loses comes back", survivesLoss},
	} {
		t.Run(part.name, func(t *testing.T) {
			s := open(t)
			if s.Patience == 0 {
				s.Patience = 10 * time.Second
			}
			part.run(t, s)
		})
	}
}

func comesAndGoes(t *testing.T, s RegistrarSubject) {
	w := s.watch(t, s.Service)
	w.expect(nil)
	in := some(0, 1)
	r := s.register(t, s.Service, in[0])
	w.expect(in)
	r.end()
	w.expect(nil)
}

func keepsFacts(t *testing.T, s RegistrarSubject) {
	w := s.watch(t, s.Service)
	in := discovery.Instance{
		Address: rpc.TCP("[2001:db8::1]:8080"), Weight: 73,
		Tags: map[string]string{"zone": "a/b", "": "empty", "quote": "\"\\\n\u2028ü"},
	}
	s.register(t, s.Service, in)
	w.expect([]discovery.Instance{in})
}

func keepsNetworks(t *testing.T, s RegistrarSubject) {
	w := s.watch(t, s.Service)
	in := []discovery.Instance{
		{Address: rpc.Unix("/run/a b.sock"), Weight: 1},
		{Address: rpc.TCP("shop.example:80"), Weight: 2},
	}
	s.register(t, s.Service, in[0])
	s.register(t, s.Service, in[1])
	w.expect(in)
}

func severalInstances(t *testing.T, s RegistrarSubject) {
	w := s.watch(t, s.Service)
	in := some(0, 3)
	s.register(t, s.Service, in[0])
	middle := s.register(t, s.Service, in[1])
	s.register(t, s.Service, in[2])
	w.expect(in)
	middle.end()
	w.expect([]discovery.Instance{in[0], in[2]})
}

// severalServices registers one address for two services whose names begin
// with the same letters.
func severalServices(t *testing.T, s RegistrarSubject) {
	other := s.Service + "2"
	one, two := s.watch(t, s.Service), s.watch(t, other)
	in := some(0, 2)
	first := s.register(t, s.Service, in[0])
	s.register(t, other, in[0])
	s.register(t, other, in[1])
	one.expect(in[:1])
	two.expect(in)
	first.end()
	one.expect(nil)
	two.expect(in)
}

// endIsEnd asks anew once Register has returned.
func endIsEnd(t *testing.T, s RegistrarSubject) {
	w := s.watch(t, s.Service)
	in := some(0, 1)
	r := s.register(t, s.Service, in[0])
	w.expect(in)
	r.end()
	if got := s.now(t); len(got) != 0 {
		t.Errorf("got %v after Register had returned nil, want no instance", got)
	}
}

func neverBegan(t *testing.T, s RegistrarSubject) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	r := s.registerWith(t, ctx, s.Service, some(0, 1)[0])
	r.end()
	if got := s.now(t); len(got) != 0 {
		t.Errorf("got %v although the context was done to begin with, want no instance", got)
	}
}

func comesBack(t *testing.T, s RegistrarSubject) {
	w := s.watch(t, s.Service)
	for n := range 3 {
		in := some(0, 1)
		in[0].Weight += n
		r := s.register(t, s.Service, in[0])
		w.expect(in)
		r.end()
		w.expect(nil)
	}
}

// handsOver has three processes keep an instance, one after the other. The next
// one begins when the one before has left, which is the most that a registry has
// to bear: as a rule both keep it for a while.
func handsOver(t *testing.T, s RegistrarSubject) {
	if s.AddressOnly {
		t.Skip("which process keeps the instance does not show")
	}
	w := s.watch(t, s.Service)
	in := some(0, 1)
	r := s.register(t, s.Service, in[0])
	w.expect(in)
	for range 2 {
		r.handOver()
		if got := s.now(t); len(got) != 1 || got[0].Address != in[0].Address {
			t.Errorf("got %v once it was handed over, want the instance still", got)
		}
		in[0].Weight++
		r = s.register(t, s.Service, in[0])
		w.expect(in)
	}
	r.end()
	if got := s.now(t); len(got) != 0 {
		t.Errorf("got %v after the last process had ended, want no instance", got)
	}
}

func manyAtOnce(t *testing.T, s RegistrarSubject) {
	in := some(0, 20)
	var going []*registered
	for i := range in {
		r := s.register(t, s.Service, in[i])
		if i%2 == 1 {
			going = append(going, r)
		}
	}
	var staying []discovery.Instance
	for i := 0; i < len(in); i += 2 {
		staying = append(staying, in[i])
	}
	for _, r := range going {
		r.stop()
	}
	for _, r := range going {
		r.end()
	}
	s.watch(t, s.Service).expect(staying)
}

func survivesLoss(t *testing.T, s RegistrarSubject) {
	if s.Lose == nil {
		t.Skip("the registry cannot be made to lose anything")
	}
	w := s.watch(t, s.Service)
	in := some(0, 2)
	r := s.register(t, s.Service, in[0])
	s.register(t, s.Service, in[1])
	w.expect(in)
	for range 2 {
		// Whether the loss shows in between is up to the registry.
		s.Lose(t)
		s.watch(t, s.Service).expect(in)
	}
	r.end()
	w.expect(in[1:])
}

// watch watches a service through the subject's Discoverer.
func (s RegistrarSubject) watch(t *testing.T, service string) *watch {
	return Subject{
		Discoverer: s.Discoverer, Service: service, Patience: s.Patience, AddressOnly: s.AddressOnly,
	}.watch(t)
}

// now returns what somebody who starts to watch finds.
func (s RegistrarSubject) now(t *testing.T) []discovery.Instance {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), s.Patience)
	defer cancel()
	got, err := discovery.Resolve(ctx, s.Discoverer, s.Service)
	if err != nil {
		t.Errorf("got %v from Resolve, want the present state", err)
	}
	return got
}

// A registered is one call of Register.
type registered struct {
	t       *testing.T
	subject RegistrarSubject
	cancel  context.CancelCauseFunc
	done    chan struct{} // closed when Register has returned
	err     error         // of Register, once done
}

func (s RegistrarSubject) register(t *testing.T, service string, in discovery.Instance) *registered {
	return s.registerWith(t, t.Context(), service, in)
}

// registerWith starts to register. The registration ends when the test does.
func (s RegistrarSubject) registerWith(t *testing.T, ctx context.Context, service string, in discovery.Instance) *registered {
	ctx, cancel := context.WithCancelCause(ctx)
	r := &registered{t: t, subject: s, cancel: cancel, done: make(chan struct{})}
	go func() {
		defer close(r.done)
		if r.err = s.Registrar.Register(ctx, service, in); ctx.Err() == nil {
			r.err = fmt.Errorf("Register returned before its context was done: %v", r.err)
		}
	}()
	t.Cleanup(r.end)
	return r
}

func (r *registered) stop() { r.cancel(nil) }

// handOver ends the registration, as another process keeps the instance.
func (r *registered) handOver() {
	r.t.Helper()
	r.cancel(discovery.ErrHandedOver)
	r.wait()
}

// end ends the registration in order.
func (r *registered) end() {
	r.t.Helper()
	r.stop()
	r.wait()
}

func (r *registered) wait() {
	r.t.Helper()
	select {
	case <-r.done:
		if r.err != nil {
			r.t.Errorf("got %v from Register, want nil once its context was done", r.err)
		}
	case <-time.After(r.subject.Patience):
		r.t.Fatalf("Register did not return within %v after its context was done", r.subject.Patience)
	}
}
