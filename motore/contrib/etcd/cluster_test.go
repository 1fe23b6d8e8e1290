package etcd_test

import (
	"context"
	"io"
	"net"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
	"go.etcd.io/etcd/server/v3/embed"
	"go.uber.org/zap"

	"github.com/volo-go/volo/motore/contrib/etcd"
)

// A member is an etcd of one member, in this process, and the address of a
// line to it that can be cut. It may be stopped and started again.
type member struct {
	t    testing.TB
	dir  string
	line *line

	mu      sync.Mutex
	running *embed.Etcd
}

// startMember starts an etcd that ends with the test.
func startMember(t testing.TB) *member {
	t.Helper()
	m := &member{t: t, dir: t.TempDir(), line: newLine(t)}
	m.start()
	t.Cleanup(m.stop)
	return m
}

func (m *member) start() {
	m.t.Helper()
	c := embed.NewConfig()
	c.Dir = m.dir
	// It elects itself in an instant and does not wait for the disk.
	c.TickMs, c.ElectionMs, c.UnsafeNoFsync = 10, 100, true
	c.LogOutputs = []string{os.DevNull}
	anyPort := []url.URL{{Scheme: "http", Host: "127.0.0.1:0"}}
	c.ListenClientUrls, c.ListenPeerUrls = anyPort, anyPort
	e, err := embed.StartEtcd(c)
	if err != nil {
		m.t.Fatal(err)
	}
	select {
	case <-e.Server.ReadyNotify():
	case <-time.After(time.Minute):
		m.t.Fatal("etcd did not become ready within a minute")
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.running = e
	m.line.lead(e.Clients[0].Addr().String())
}

// stop ends etcd. Its clients are cut off first, since it would wait for them.
func (m *member) stop() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.running != nil {
		m.line.sever()
		m.running.Close()
		m.line.mend()
		m.running = nil
	}
}

// forget makes etcd start with an empty memory the next time.
func (m *member) forget() { m.dir = m.t.TempDir() }

// client returns a client through the line, or through another one.
func (m *member) client(through *line) *clientv3.Client {
	m.t.Helper()
	c, err := clientv3.New(clientv3.Config{
		Endpoints:            []string{through.address()},
		DialTimeout:          10 * time.Second,
		DialKeepAliveTime:    10 * time.Second,
		DialKeepAliveTimeout: time.Second,
		BackoffWaitBetween:   10 * time.Millisecond,
		Logger:               zap.NewNop(),
	})
	if err != nil {
		m.t.Fatal(err)
	}
	m.t.Cleanup(func() { c.Close() })
	return c
}

// registry returns a registry of its own below a prefix of the test's.
func (m *member) registry(through *line, c etcd.Config) *etcd.Registry {
	c.Prefix = prefix(m.t)
	if c.TTL == 0 {
		c.TTL = time.Second
	}
	return etcd.New(m.client(through), c)
}

func prefix(t testing.TB) string { return "test/" + strings.ReplaceAll(t.Name(), "/", ".") }

// do runs a request that must succeed.
func do[T any](t testing.TB, request func(ctx context.Context) (T, error)) T {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	v, err := request(ctx)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// A line forwards connections to an address, until it is cut.
type line struct {
	listener net.Listener

	mu    sync.Mutex
	to    string
	cut   bool
	ends  map[net.Conn]struct{}
	going sync.WaitGroup
}

func newLine(t testing.TB) *line {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ln := &line{listener: l, ends: make(map[net.Conn]struct{})}
	ln.going.Go(ln.accept)
	t.Cleanup(func() {
		l.Close()
		ln.sever()
		ln.going.Wait()
	})
	return ln
}

// lineTo returns another line to where l leads, which can be cut by itself.
func lineTo(t testing.TB, l *line) *line {
	other := newLine(t)
	l.mu.Lock()
	defer l.mu.Unlock()
	other.lead(l.to)
	return other
}

func (l *line) address() string { return l.listener.Addr().String() }

// lead makes the line lead to an address.
func (l *line) lead(to string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.to = to
}

// sever cuts the line: connections break, and new ones do, too.
func (l *line) sever() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.cut = true
	for c := range l.ends {
		c.Close()
	}
}

// mend makes the line forward new connections again.
func (l *line) mend() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.cut = false
}

func (l *line) accept() {
	for {
		near, err := l.listener.Accept()
		if err != nil {
			return
		}
		l.mu.Lock()
		to := l.to
		l.mu.Unlock()
		far, err := net.Dial("tcp", to)
		if err != nil || !l.join(near, far) {
			near.Close()
			if far != nil {
				far.Close()
			}
		}
	}
}

// join forwards between two connections, unless the line is cut.
func (l *line) join(near, far net.Conn) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.cut {
		return false
	}
	for from, to := range map[net.Conn]net.Conn{near: far, far: near} {
		l.ends[from] = struct{}{}
		l.going.Go(func() {
			io.Copy(to, from)
			to.Close()
			from.Close()
			l.mu.Lock()
			defer l.mu.Unlock()
			delete(l.ends, from)
		})
	}
	return true
}
