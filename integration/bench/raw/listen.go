package raw

import (
	"errors"
	"net"
	"sync"
)

// A Server runs a goroutine for every connection that it accepts and waits for
// all of them when it is closed.
type Server struct {
	ln net.Listener
	wg sync.WaitGroup

	mu     sync.Mutex
	conns  map[net.Conn]struct{}
	closed bool
}

// Listen serves every connection to addr with handle, which returns when the
// connection fails or is closed.
func Listen(addr string, handle func(net.Conn)) (*Server, error) {
	ln, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, err
	}
	s := &Server{ln: ln, conns: make(map[net.Conn]struct{})}
	s.wg.Go(func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			s.serve(conn, handle)
		}
	})
	return s, nil
}

func (s *Server) serve(conn net.Conn, handle func(net.Conn)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		conn.Close()
		return
	}
	s.conns[conn] = struct{}{}
	s.wg.Go(func() {
		handle(conn)
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.conns, conn)
		conn.Close()
	})
}

func (s *Server) Addr() string { return s.ln.Addr().String() }

func (s *Server) Close() error {
	err := s.ln.Close()
	s.mu.Lock()
	s.closed = true
	for conn := range s.conns {
		err = errors.Join(err, conn.Close())
	}
	s.mu.Unlock()
	s.wg.Wait()
	return err
}

// conns are the connections of a client, which opens one for every caller.
type conns struct {
	mu   sync.Mutex
	open []net.Conn
}

func (c *conns) dial(addr string) (net.Conn, error) {
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.open = append(c.open, conn)
	return conn, nil
}

func (c *conns) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	var err error
	for _, conn := range c.open {
		err = errors.Join(err, conn.Close())
	}
	return err
}
