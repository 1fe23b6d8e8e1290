package raw

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"sync"

	"github.com/volo-go/volo/integration/bench/load"
)

// rawMux is the floor of multiplexing: frames of a length, the number of a
// caller and a message; a goroutine for every request; writes combined on both
// sides.
//
//	length u32 of what follows | caller u32 | message
func rawMux() load.Peer {
	return load.Peer{
		Name:  "raw-mux",
		About: "multiplexed echo of frames with ids on package net, a goroutine per request, combined writes",
		Serve: func(addr string) (load.Server, error) {
			return Listen(addr, echoMux)
		},
		Dial: dialMux,
	}
}

// echoMux answers every frame of conn from a goroutine of its own, as a
// framework must whose handlers may block.
func echoMux(conn net.Conn) {
	w := &Combiner{Conn: conn}
	f := frames{buf: make([]byte, Buffer)}
	var running sync.WaitGroup
	defer running.Wait()
	for {
		frame, err := f.next(conn)
		if err != nil {
			return
		}
		// The buffer moves on, the handler may take its time.
		request := append([]byte(nil), frame...)
		running.Add(1)
		go func() {
			defer running.Done()
			// A failed write ends the connection, and with it the reads.
			_ = w.Write(func(b []byte) []byte { return append(b, request...) })
		}()
	}
}

type rawMuxClient struct {
	conns []*muxConn
}

func dialMux(t load.Target) (load.Client, error) {
	c := &rawMuxClient{}
	for range max(1, t.Conns) {
		conn, err := net.Dial("tcp", t.Addr)
		if err != nil {
			return nil, errors.Join(err, c.Close())
		}
		m := &muxConn{
			Combiner: Combiner{Conn: conn},
			replies:  make([]muxReply, t.Callers),
			done:     make(chan struct{}),
		}
		for i := range m.replies {
			m.replies[i].ready = make(chan struct{}, 1)
		}
		c.conns = append(c.conns, m)
		go m.read()
	}
	return c, nil
}

func (c *rawMuxClient) Caller(number int, msg string) (load.Call, error) {
	conn := c.conns[number%len(c.conns)]
	check := load.NewCheck(msg)
	return func() error { return check.Bytes(conn.echo(number, msg)) }, nil
}

func (c *rawMuxClient) Close() error {
	var err error
	for _, m := range c.conns {
		err = errors.Join(err, m.Conn.Close())
		<-m.done
	}
	return err
}

// A muxConn hands the replies of one connection to their callers.
type muxConn struct {
	Combiner
	replies []muxReply    // by caller
	done    chan struct{} // closed when read returns
	readErr error         // valid once done is closed
}

// A muxReply is where the replies to one caller are put. The reader owns msg
// from the request on until it says ready, the caller from then on.
type muxReply struct {
	msg   []byte
	ready chan struct{}
}

func (m *muxConn) echo(number int, msg string) ([]byte, error) {
	err := m.Write(func(b []byte) []byte {
		b = binary.BigEndian.AppendUint32(b, uint32(4+len(msg)))
		b = binary.BigEndian.AppendUint32(b, uint32(number))
		return append(b, msg...)
	})
	if err != nil {
		return nil, err
	}
	select {
	case <-m.replies[number].ready:
		return m.replies[number].msg, nil
	case <-m.done:
		return nil, m.readErr
	}
}

func (m *muxConn) read() {
	defer close(m.done)
	f := frames{buf: make([]byte, Buffer)}
	for {
		frame, err := f.next(m.Conn)
		if err != nil {
			m.readErr = err
			return
		}
		if len(frame) < 8 {
			m.readErr = fmt.Errorf("frame of %d bytes, want at least 8", len(frame))
			return
		}
		number := binary.BigEndian.Uint32(frame[4:])
		if number >= uint32(len(m.replies)) {
			m.readErr = fmt.Errorf("reply to caller %d of %d", number, len(m.replies))
			return
		}
		reply := &m.replies[number]
		reply.msg = append(reply.msg[:0], frame[8:]...)
		reply.ready <- struct{}{}
	}
}
