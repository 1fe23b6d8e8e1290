//go:build !windows

package raw

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/cloudwego/netpoll"

	"github.com/volo-go/volo/integration/bench/load"
)

// onNetpoll returns the peers that need netpoll, which Windows has not.
func onNetpoll() []load.Peer { return []load.Peer{rawNetpoll()} }

// rawNetpoll is [rawNet] on netpoll, on both sides.
func rawNetpoll() load.Peer {
	return load.Peer{
		Name:  "raw-netpoll",
		About: "echo of length-prefixed frames on netpoll",
		Serve: serveNetpoll,
		Dial: func(t load.Target) (load.Client, error) {
			return &rawNetpollClient{addr: t.Addr}, nil
		},
	}
}

type netpollServer struct {
	ln   net.Listener
	loop netpoll.EventLoop
	done chan error
}

func serveNetpoll(addr string) (load.Server, error) {
	ln, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, err
	}
	var once sync.Once
	serving := make(chan struct{})
	loop, err := netpoll.NewEventLoop(
		func(_ context.Context, conn netpoll.Connection) error {
			return echoNetpoll(conn)
		},
		netpoll.WithOnPrepare(func(netpoll.Connection) context.Context {
			once.Do(func() { close(serving) })
			return context.Background()
		}),
	)
	if err != nil {
		return nil, errors.Join(err, ln.Close())
	}
	s := &netpollServer{ln: ln, loop: loop, done: make(chan error, 1)}
	go func() { s.done <- loop.Serve(ln) }()

	// Shutdown of a loop that does not serve yet does nothing, and the loop
	// would then serve for good. So the server is ready when it accepts.
	conn, err := net.Dial("tcp", s.Addr())
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	<-serving
	return s, conn.Close()
}

// echoNetpoll sends one frame back. netpoll calls it again while bytes are
// left.
func echoNetpoll(conn netpoll.Connection) error {
	frame, err := nextNetpoll(conn.Reader())
	if err != nil {
		return errors.Join(err, conn.Close())
	}
	out, err := conn.Writer().Malloc(len(frame))
	if err != nil {
		return err
	}
	copy(out, frame)
	if err := conn.Reader().Release(); err != nil {
		return err
	}
	return conn.Writer().Flush()
}

// nextNetpoll returns the next frame, its length included, which is valid
// until the reader is released.
func nextNetpoll(r netpoll.Reader) ([]byte, error) {
	head, err := r.Peek(4)
	if err != nil {
		return nil, err
	}
	n := binary.BigEndian.Uint32(head)
	if n > maxFrame {
		return nil, fmt.Errorf("frame of %d bytes, want at most %d", n, maxFrame)
	}
	return r.Next(4 + int(n))
}

func (s *netpollServer) Addr() string { return s.ln.Addr().String() }

func (s *netpollServer) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	err := s.loop.Shutdown(ctx)
	return errors.Join(err, <-s.done)
}

type rawNetpollClient struct {
	addr string

	mu    sync.Mutex
	conns []netpoll.Connection
}

func (c *rawNetpollClient) Caller(number int, msg string) (load.Call, error) {
	conn, err := netpoll.DialConnection("tcp", c.addr, 5*time.Second)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	c.conns = append(c.conns, conn)
	c.mu.Unlock()
	check := load.NewCheck(msg)
	return func() error {
		// The last reply has been compared by now.
		if err := conn.Reader().Release(); err != nil {
			return err
		}
		out, err := conn.Writer().Malloc(4 + len(msg))
		if err != nil {
			return err
		}
		binary.BigEndian.PutUint32(out, uint32(len(msg)))
		copy(out[4:], msg)
		if err := conn.Writer().Flush(); err != nil {
			return err
		}
		frame, err := nextNetpoll(conn.Reader())
		if err != nil {
			return err
		}
		return check.Bytes(frame[4:], nil)
	}, nil
}

func (c *rawNetpollClient) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	var err error
	for _, conn := range c.conns {
		err = errors.Join(err, conn.Close())
	}
	return err
}
