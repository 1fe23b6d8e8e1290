package transport

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/volo-go/volo/motore/rpc"
)

// Map of this file: RestartConfig and Restarter, what users set and call;
// handed, the listener that can be handed on. What is special to Unix, how
// sockets get from one process to the next, is in hotrestart_unix.go.
//
//	old process                           new process
//	Listen ─► serve
//	Restart ── starts, with all sockets ─► NewRestarter
//	   │ both hold the sockets             Listen takes them ─► serve
//	   │ ◄───────────── Ready ───────────── accepts from each of them
//	Done ─► drain ─► exit                  …

// DefaultRestartTimeout is for how long [Restarter.Restart] waits, unless set.
const DefaultRestartTimeout = 30 * time.Second

// ErrReplaced is what Restarter.Restart returns once it has succeeded before.
var ErrReplaced = errors.New("transport: a new process has taken over")

// A RestartConfig says how a new process is started. In the zero value it is
// like this one: what lies at the same path by then, with the same arguments,
// environment, directory and standard streams.
type RestartConfig struct {
	// Path is the program. "" is the one that runs.
	Path string
	// Args are its arguments, the name of the program first. Nil is os.Args.
	Args []string
	// Env is its environment. Nil is that of this process.
	Env []string
	// Timeout is how long it may take to be ready. Zero is
	// DefaultRestartTimeout.
	Timeout time.Duration
	// Logger gets what becomes of it. Nil is slog.Default().
	Logger *slog.Logger
}

// A Restarter replaces the process by a new one, of a new version say, while
// peers go on calling: the new process gets the listening sockets, so that
// there is no moment at which nobody listens, and the old one drains. Make one
// per process, with [NewRestarter], as early as possible. It is safe for
// concurrent use.
//
// Servers take it as their option WithRestarter, which is all they need; a
// program calls [Restarter.Restart] when it is told to, for instance by
// SIGHUP. Until the new process is ready nothing changes for the old one, and
// if the new one fails, nothing has happened.
//
// The new process has an ID of its own. A supervisor that insists on the first
// one, as that of a container does, ends it all when the old process ends.
// Under systemd, let the unit own the sockets, which Listen takes as well, or
// tell it of the new ID.
type Restarter struct {
	config RestartConfig
	path   string
	done   chan struct{} // closed when a new process has taken over

	mu        sync.Mutex
	starting  bool
	replaced  bool
	inherited []*handed    // from before, not asked for yet
	waiting   int          // inherited sockets that nobody has accepted from
	tell      func() error // tells the old process that we are ready; nil once it is
	open      []*handed
}

// NewRestarter returns a Restarter and takes over what an old process, or
// systemd (LISTEN_FDS), has left for this one. It removes the environment
// variables that told of it: VOLO_RESTART, LISTEN_PID, LISTEN_FDS,
// LISTEN_FDNAMES.
func NewRestarter(config RestartConfig) (*Restarter, error) {
	r := &Restarter{config: config, done: make(chan struct{})}
	if r.config.Args == nil {
		r.config.Args = os.Args
	}
	r.config.Timeout = cmp.Or(config.Timeout, DefaultRestartTimeout)
	if r.config.Logger == nil {
		r.config.Logger = slog.Default()
	}
	r.path = config.Path
	if r.path == "" {
		var err error
		if r.path, err = exec.LookPath(os.Args[0]); err != nil {
			return nil, fmt.Errorf("transport: restart: %w", err)
		}
	}
	if err := r.inherit(); err != nil {
		return nil, fmt.Errorf("transport: restart: take over sockets: %w", err)
	}
	r.waiting = len(r.inherited)
	return r, nil
}

// Done is closed when a new process has taken over: the time to drain. It is
// nil, which is never, for a nil Restarter.
func (r *Restarter) Done() <-chan struct{} {
	if r == nil {
		return nil
	}
	return r.done
}

// Replaced reports whether Done is closed.
func (r *Restarter) Replaced() bool {
	select {
	case <-r.Done():
		return true
	default:
		return false
	}
}

// Listen returns the socket that was inherited for addr, or listens anew. What
// the next process inherits is what has not been closed by then.
func (r *Restarter) Listen(ctx context.Context, addr rpc.Address) (net.Listener, error) {
	if l := r.claim(addr); l != nil {
		return l, nil
	}
	network, address := addr.Dial()
	if network == "unix" {
		removeStale(ctx, address)
	}
	var lc net.ListenConfig
	nl, err := lc.Listen(ctx, network, address)
	if err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	l := newHanded(nl, r, addr.String())
	r.open = append(r.open, l)
	return l, nil
}

// claim returns an inherited socket, nil if there is none for addr.
func (r *Restarter) claim(addr rpc.Address) *handed {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i, l := range r.inherited {
		if l.asked == addr.String() || sameSocket(addr, rpc.AddressOf(l.Addr())) {
			l.asked = addr.String()
			l.keepFile(false)
			r.inherited = append(r.inherited[:i], r.inherited[i+1:]...)
			r.open = append(r.open, l)
			return l
		}
	}
	return nil
}

// sameSocket reports whether who asks to listen on one address means what is
// bound to the other: every way to write "all interfaces" is as good.
func sameSocket(asked, bound rpc.Address) bool {
	if asked == bound {
		return true
	}
	if asked.Network() != "tcp" || bound.Network() != "tcp" {
		return false
	}
	host, port, err := net.SplitHostPort(asked.String())
	own, ownPort, ownErr := net.SplitHostPort(bound.String())
	all := func(host string) bool { return host == "" || net.ParseIP(host).IsUnspecified() }
	return err == nil && ownErr == nil && port == ownPort && all(host) && all(own)
}

// Ready tells the old process, if there is one, to drain. It is called without
// your doing once each inherited socket is accepted from. A program that no
// longer wants one of them calls it itself; those not asked for are closed.
func (r *Restarter) Ready() error {
	r.mu.Lock()
	tell, rest := r.tell, r.inherited
	r.tell, r.inherited = nil, nil
	r.mu.Unlock()
	if tell == nil {
		return nil
	}
	for _, l := range rest {
		l.keepFile(false)
		l.Listener.Close()
	}
	if err := tell(); err != nil {
		// It is gone, which is what we wanted of it.
		r.config.Logger.Warn("transport: the old process has ended before the new one was ready", "error", err)
	}
	return nil
}

// Restart starts the new process with all sockets that are open, and waits
// until it is ready; then Done is closed. An error means that the new process
// could not be started, ended, took longer than RestartConfig.Timeout or than
// ctx: it is gone then, and this one serves as before. Only one may start at a
// time.
func (r *Restarter) Restart(ctx context.Context) error {
	r.mu.Lock()
	switch {
	case r.replaced:
		r.mu.Unlock()
		return ErrReplaced
	case r.starting:
		r.mu.Unlock()
		return errors.New("transport: restart: a new process is starting already")
	case r.tell != nil:
		r.mu.Unlock()
		return errors.New("transport: restart: this process is not ready itself")
	}
	r.starting = true
	open := append([]*handed(nil), r.open...)
	for _, l := range open {
		l.keepFile(true) // whoever closes it meanwhile, the new one needs it
	}
	r.mu.Unlock()

	patient, cancel := context.WithTimeoutCause(ctx, r.config.Timeout,
		fmt.Errorf("not ready after %v (RestartConfig.Timeout)", r.config.Timeout))
	defer cancel()
	id, err := r.launch(patient, open)
	if err == nil {
		for _, l := range open {
			l.stop()
		}
		for _, l := range open {
			l.rest()
		}
	}

	r.mu.Lock()
	defer r.mu.Unlock()
	r.starting = false
	if err != nil {
		for _, l := range open {
			l.keepFile(false)
		}
		r.config.Logger.Error("transport: restart failed; this process goes on", "error", err)
		return fmt.Errorf("transport: restart: %w", err)
	}
	r.replaced = true
	close(r.done)
	r.config.Logger.Info("transport: a new process has taken over", "pid", id)
	return nil
}

// A handed is a listener that can be handed on.
type handed struct {
	net.Listener
	restarter *Restarter
	asked     string    // the address, as it was asked for
	inherited bool      // from an old process, or systemd
	accepted  sync.Once // from; for inherited ones
	// foreign says that the file of a unix socket is not ours to remove.
	foreign bool

	stopped atomic.Bool   // another process accepts now
	used    atomic.Bool   // Accept was called
	resting chan struct{} // closed when a call of Accept has seen that
	rests   func()        // closes it, once
	ended   chan struct{} // closed when Accept is to fail
	ends    func()        // closes it, once
	closed  chan struct{}
	closes  func() // closes it, once
}

func newHanded(nl net.Listener, r *Restarter, asked string) *handed {
	l := &handed{Listener: nl, restarter: r, asked: asked, resting: make(chan struct{}),
		ended: make(chan struct{}), closed: make(chan struct{})}
	l.rests = sync.OnceFunc(func() { close(l.resting) })
	l.ends = sync.OnceFunc(func() { close(l.ended) })
	l.closes = sync.OnceFunc(func() { close(l.closed) })
	return l
}

// stop leaves what comes from now on to another process: Accept waits for Close,
// or endAccept.
func (l *handed) stop() {
	l.stopped.Store(true)
	l.Listener.(deadliner).SetDeadline(past)
}

// restTime bounds the wait for whoever accepts, who may be stuck.
const restTime = time.Second

// rest waits, after stop, until whoever accepts comes back for more: then what
// was accepted before is where it belongs.
func (l *handed) rest() {
	if !l.used.Load() {
		return // nobody does
	}
	timer := time.NewTimer(restTime)
	defer timer.Stop()
	select {
	case <-l.resting:
	case <-l.closed:
	case <-timer.C:
	}
}

// Accept implements [net.Listener].
func (l *handed) Accept() (net.Conn, error) {
	if l.inherited {
		l.accepted.Do(l.restarter.oneAccepts)
	}
	l.used.Store(true)
	nc, err := l.Listener.Accept()
	if err != nil && l.stopped.Load() {
		l.rests()
		select {
		case <-l.ended:
		case <-l.closed:
			return nil, net.ErrClosed
		}
	}
	return nc, err
}

// endAccept is the function of that name, unless another process accepts now:
// what waits is that one's then.
func (l *handed) endAccept() bool {
	if l.stopped.Load() {
		return false
	}
	l.ends() // first: it may be stopped right now
	return l.Listener.(deadliner).SetDeadline(past) == nil
}

// SyscallConn implements [syscall.Conn].
func (l *handed) SyscallConn() (syscall.RawConn, error) {
	return l.Listener.(syscall.Conn).SyscallConn()
}

// Close implements [net.Listener]. The file of a unix socket stays if another
// process has the socket.
func (l *handed) Close() error {
	r := l.restarter
	r.mu.Lock()
	for i, other := range r.open {
		if other == l {
			r.open = append(r.open[:i], r.open[i+1:]...)
			break
		}
	}
	r.mu.Unlock()
	defer l.closes()
	return l.Listener.Close()
}

// keepFile says whether closing leaves the file of a unix socket.
func (l *handed) keepFile(keep bool) {
	if u, ok := l.Listener.(*net.UnixListener); ok {
		u.SetUnlinkOnClose(!keep && !l.foreign)
	}
}

// oneAccepts counts the inherited sockets that are accepted from.
func (r *Restarter) oneAccepts() {
	r.mu.Lock()
	r.waiting--
	ready := r.waiting == 0
	r.mu.Unlock()
	if ready {
		r.Ready()
	}
}
