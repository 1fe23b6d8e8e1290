package etcd_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"

	"github.com/volo-go/volo/motore/contrib/etcd"
	"github.com/volo-go/volo/motore/discovery"
	"github.com/volo-go/volo/motore/rpc"
)

// patience is how long a test waits for what must happen.
const patience = 3 * time.Minute

// A follower watches and remembers all it has seen.
type follower struct {
	t    testing.TB
	mu   sync.Mutex
	seen []string // addresses of each snapshot
	more chan struct{}
}

func follow(t testing.TB, d discovery.Discoverer) *follower {
	f := &follower{t: t, more: make(chan struct{})}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for ctx.Err() == nil {
			d.Watch(ctx, service, f.update)
		}
	}()
	t.Cleanup(func() {
		stop()
		<-ended
	})
	return f
}

func (f *follower) update(instances []discovery.Instance) {
	var all []string
	for _, in := range instances {
		all = append(all, in.Address.String())
	}
	slices.Sort(all)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.seen = append(f.seen, strings.Join(all, " "))
	close(f.more)
	f.more = make(chan struct{})
}

// expect waits until the last snapshot has these addresses.
func (f *follower) expect(want string) {
	f.t.Helper()
	late := time.NewTimer(patience)
	defer late.Stop()
	for {
		f.mu.Lock()
		n, more := len(f.seen), f.more
		got := slices.Clone(f.seen)
		f.mu.Unlock()
		if n > 0 && got[n-1] == want {
			return
		}
		select {
		case <-more:
		case <-late.C:
			f.t.Fatalf("got %q within %v, want the last to be %q", got, patience, want)
		}
	}
}

// never fails the test if, after the first that had some, a snapshot had
// these addresses.
func (f *follower) never(what string) {
	f.t.Helper()
	f.mu.Lock()
	defer f.mu.Unlock()
	first := slices.IndexFunc(f.seen, func(s string) bool { return s != "" })
	if first >= 0 && slices.Contains(f.seen[first:], what) {
		f.t.Errorf("got %q, want never %q once there was one", f.seen, what)
	}
}

// announce keeps an instance registered as servers do, until the test is over
// or it is told to end.
func announce(t testing.TB, r discovery.Registrar, address string) (end func()) {
	t.Helper()
	a := discovery.NewAnnouncer(service, slog.New(slog.DiscardHandler))
	a.Add(r, discovery.Announcement{})
	if _, err := a.Announce(rpc.TCP(address)); err != nil {
		t.Fatal(err)
	}
	end = sync.OnceFunc(func() {
		a.Withdraw()
		a.Wait(context.Background())
	})
	t.Cleanup(end)
	return end
}

// quickly makes registries notice within moments what they may take seconds
// for.
var quickly = etcd.Config{Timeout: time.Second}

func TestEtcdRestarts(t *testing.T) {
	t.Parallel()
	m := startMember(t)
	f := follow(t, m.registry(m.line, quickly))
	end := announce(t, m.registry(m.line, quickly), "a:1")
	f.expect("a:1")
	m.stop()
	m.start()
	// What is registered after it is seen, and what was before is there still
	// or again.
	announce(t, m.registry(m.line, quickly), "b:1")
	f.expect("a:1 b:1")
	end()
	f.expect("b:1")
}

// A restart that is quicker than a lease is not seen by anybody.
func TestARestartOfEtcdGoesUnnoticed(t *testing.T) {
	t.Parallel()
	m := startMember(t)
	lasting := etcd.Config{Timeout: time.Second, TTL: time.Minute}
	f := follow(t, m.registry(m.line, lasting))
	announce(t, m.registry(m.line, lasting), "a:1")
	f.expect("a:1")
	m.stop()
	m.start()
	announce(t, m.registry(m.line, lasting), "b:1")
	f.expect("a:1 b:1")
	f.mu.Lock()
	defer f.mu.Unlock()
	if i := slices.Index(f.seen, "a:1"); !slices.Equal(f.seen[i:], []string{"a:1", "a:1 b:1"}) {
		t.Errorf("got snapshots %q, want a:1, then both", f.seen)
	}
}

func TestEtcdLosesItsMemory(t *testing.T) {
	t.Parallel()
	m := startMember(t)
	watching := quickly
	watching.Resync = 100 * time.Millisecond
	f := follow(t, m.registry(m.line, watching))
	announce(t, m.registry(m.line, quickly), "a:1")
	// Its revisions are far ahead of those of the next etcd.
	c := m.client(m.line)
	for range 50 {
		do(t, func(ctx context.Context) (*clientv3.PutResponse, error) { return c.Put(ctx, "else", "") })
	}
	f.expect("a:1")
	m.stop()
	m.forget()
	m.start()
	announce(t, m.registry(m.line, quickly), "b:1")
	f.expect("a:1 b:1")
}

// Who is cut off from etcd keeps what it knows; who is not sees the server
// that is cut off disappear, and come back.
func TestPartition(t *testing.T) {
	t.Parallel()
	m := startMember(t)
	serverLine, clientLine := lineTo(t, m.line), lineTo(t, m.line)
	outside := follow(t, m.registry(clientLine, quickly))
	inside := follow(t, m.registry(m.line, quickly))
	announce(t, m.registry(serverLine, quickly), "a:1")
	for _, f := range []*follower{outside, inside} {
		f.expect("a:1")
	}

	clientLine.sever()
	serverLine.sever()
	inside.expect("") // the lease has run out
	announce(t, m.registry(m.line, quickly), "b:1")
	inside.expect("b:1")
	outside.mu.Lock()
	if last := outside.seen[len(outside.seen)-1]; last != "a:1" {
		t.Errorf("got %q by who is cut off, want a:1 kept", last)
	}
	outside.mu.Unlock()

	clientLine.mend()
	outside.expect("b:1")
	serverLine.mend()
	for _, f := range []*follower{outside, inside} {
		f.expect("a:1 b:1")
	}
}

// What happened while a watch was cut off has been compacted away when it is
// back.
func TestCompaction(t *testing.T) {
	t.Parallel()
	m := startMember(t)
	clientLine := lineTo(t, m.line)
	f := follow(t, m.registry(clientLine, quickly))
	end := announce(t, m.registry(m.line, quickly), "a:1")
	f.expect("a:1")
	clientLine.sever()
	end()
	announce(t, m.registry(m.line, quickly), "b:1")
	follow(t, m.registry(m.line, quickly)).expect("b:1")
	c := m.client(m.line)
	last := do(t, func(ctx context.Context) (*clientv3.PutResponse, error) { return c.Put(ctx, "else", "") })
	do(t, func(ctx context.Context) (*clientv3.CompactResponse, error) {
		return c.Compact(ctx, last.Header.Revision, clientv3.WithCompactPhysical())
	})
	clientLine.mend()
	f.expect("b:1")
	end = announce(t, m.registry(m.line, quickly), "c:1")
	f.expect("b:1 c:1")
	end()
	f.expect("b:1")
	f.never("")
}

func TestALostLeaseIsReplaced(t *testing.T) {
	t.Parallel()
	m := startMember(t)
	f := follow(t, m.registry(m.line, quickly))
	announce(t, m.registry(m.line, quickly), "a:1")
	f.expect("a:1")
	c := m.client(m.line)
	for range 3 {
		leases := do(t, c.Leases)
		for _, l := range leases.Leases {
			do(t, func(ctx context.Context) (*clientv3.LeaseRevokeResponse, error) { return c.Revoke(ctx, l.ID) })
		}
		// It may have been back before the end had been seen.
		fresh := follow(t, m.registry(m.line, quickly))
		fresh.expect("a:1")
	}
	f.expect("a:1")
}

// A server that crashed and is back at its address takes its key over: the
// lease of the crashed one ends without taking the key along, and so does one
// that is given up in order.
func TestTheKeyOfAPredecessorIsTakenOver(t *testing.T) {
	t.Parallel()
	m := startMember(t)
	lasting := etcd.Config{Timeout: time.Second, TTL: time.Minute} // nothing runs out meanwhile
	f := follow(t, m.registry(m.line, lasting))
	end := announce(t, m.registry(m.line, lasting), "a:1")
	f.expect("a:1")
	c := m.client(m.line)
	key := prefix(t) + "/" + service + "/a:1"
	leaseOf := func() int64 {
		now := do(t, func(ctx context.Context) (*clientv3.GetResponse, error) { return c.Get(ctx, key) })
		if len(now.Kvs) == 0 {
			return 0
		}
		return now.Kvs[0].Lease
	}
	first := leaseOf()
	announce(t, m.registry(m.line, lasting), "a:1")
	for deadline := time.Now().Add(patience); leaseOf() == first; {
		if time.Now().After(deadline) {
			t.Fatal("the second registration has not taken the key over")
		}
	}
	second := leaseOf()
	end()
	if got := leaseOf(); got != second {
		t.Errorf("got lease %x, want %x: the second registration's", got, second)
	}
	f.never("a:1 a:1")
}

func TestDeregistrationWithoutEtcdIsBounded(t *testing.T) {
	t.Parallel()
	m := startMember(t)
	ln := lineTo(t, m.line)
	r := m.registry(ln, etcd.Config{Timeout: 2 * time.Second, TTL: time.Minute})
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- r.Register(ctx, service, discovery.Instance{Address: rpc.TCP("a:1")}) }()
	follow(t, m.registry(m.line, quickly)).expect("a:1")
	ln.sever()
	cancel()
	select {
	case err := <-ended:
		if !errors.Is(err, context.DeadlineExceeded) || !strings.HasPrefix(err.Error(), `etcd: service "shop.item": a:1: revoke: `) {
			t.Errorf("got %v, want that revoke took too long", err)
		}
	case <-time.After(patience):
		t.Fatal("Register has not returned")
	}
}

func TestWithoutEtcd(t *testing.T) {
	t.Parallel()
	m := &member{t: t}
	nowhere := newLine(t)
	nowhere.sever()
	r := m.registry(nowhere, etcd.Config{Timeout: 300 * time.Millisecond})
	if _, err := discovery.Resolve(t.Context(), r, service); !errors.Is(err, context.DeadlineExceeded) ||
		!strings.Contains(err.Error(), `etcd: service "shop.item": list: `) {
		t.Errorf("got %v from Watch, want that listing took too long", err)
	}
	err := r.Register(t.Context(), service, discovery.Instance{Address: rpc.TCP("a:1")})
	if !errors.Is(err, context.DeadlineExceeded) || !strings.HasPrefix(err.Error(), `etcd: service "shop.item": a:1: lease: `) {
		t.Errorf("got %v from Register, want that the lease took too long", err)
	}
}

// What a watch survives is reported.
func TestFailuresAreReported(t *testing.T) {
	t.Parallel()
	m := startMember(t)
	ln := lineTo(t, m.line)
	reported := make(chan string, 100)
	f := follow(t, m.registry(ln, etcd.Config{
		Timeout: 2 * time.Second, Resync: 100 * time.Millisecond,
		OnError: func(service string, err error) {
			select {
			case reported <- service + ": " + err.Error():
			default:
			}
		},
	}))
	announce(t, m.registry(m.line, quickly), "a:1")
	f.expect("a:1")
	c := m.client(m.line)
	do(t, func(ctx context.Context) (*clientv3.PutResponse, error) {
		return c.Put(ctx, prefix(t)+"/"+service+"/b:1", "nonsense")
	})
	expectReport(t, reported, `shop.item: etcd: service "shop.item": key test/TestFailuresAreReported/shop.item/b:1: invalid character`)
	ln.sever()
	expectReport(t, reported, `shop.item: etcd: service "shop.item": list: `)
	f.never("")
	f.expect("a:1")
}

func expectReport(t *testing.T, reported <-chan string, want string) {
	t.Helper()
	var got bytes.Buffer
	late := time.After(patience)
	for {
		select {
		case r := <-reported:
			if strings.HasPrefix(r, want) {
				return
			}
			got.WriteString(r + "\n")
		case <-late:
			t.Fatalf("got reports\n%swant %s", &got, want)
		}
	}
}
