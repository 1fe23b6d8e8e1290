package raw

import (
	"encoding/binary"
	"fmt"
	"io"
	"net"

	"github.com/volo-go/volo/integration/bench/load"
)

// maxFrame is the longest message that a raw peer takes.
const maxFrame = 16 << 20

// rawNet is the floor of ping-pong on package net: frames of a length and a
// message, a goroutine and a buffer for every connection, one read and one
// write a message.
func rawNet() load.Peer {
	return load.Peer{
		Name:  "raw-net",
		About: "echo of length-prefixed frames on package net, a goroutine per connection",
		Serve: func(addr string) (load.Server, error) {
			return Listen(addr, echoFrames)
		},
		Dial: func(t load.Target) (load.Client, error) {
			return &rawNetClient{addr: t.Addr}, nil
		},
	}
}

// echoFrames sends every frame of conn back as it is.
func echoFrames(conn net.Conn) {
	var f frames
	for {
		frame, err := f.next(conn)
		if err != nil {
			return
		}
		if _, err := conn.Write(frame); err != nil {
			return
		}
	}
}

type rawNetClient struct {
	conns
	addr string
}

func (c *rawNetClient) Caller(number int, msg string) (load.Call, error) {
	conn, err := c.dial(c.addr)
	if err != nil {
		return nil, err
	}
	var replies frames
	var request []byte
	check := load.NewCheck(msg)
	return func() error {
		request = binary.BigEndian.AppendUint32(request[:0], uint32(len(msg)))
		request = append(request, msg...)
		if _, err := conn.Write(request); err != nil {
			return err
		}
		frame, err := replies.next(conn)
		if err != nil {
			return err
		}
		return check.Bytes(frame[4:], nil)
	}, nil
}

// frames reads length-prefixed frames with as few reads as their arrival
// allows. The zero value is ready for a connection.
type frames struct {
	buf        []byte
	start, end int // of what was read and not yet returned
}

// next returns the next frame, its length included. The frame is valid until
// the next call.
func (f *frames) next(r io.Reader) ([]byte, error) {
	if f.start == f.end {
		f.start, f.end = 0, 0
	}
	if err := f.fill(r, 4); err != nil {
		return nil, err
	}
	n := binary.BigEndian.Uint32(f.buf[f.start:])
	if n > maxFrame {
		return nil, fmt.Errorf("frame of %d bytes, want at most %d", n, maxFrame)
	}
	if err := f.fill(r, 4+int(n)); err != nil {
		return nil, err
	}
	frame := f.buf[f.start : f.start+4+int(n)]
	f.start += len(frame)
	return frame, nil
}

// fill reads until n bytes are there.
func (f *frames) fill(r io.Reader, n int) error {
	if len(f.buf)-f.start < n {
		// Room for the frame and something of the next one.
		next := f.buf
		if len(next) < n {
			next = make([]byte, max(2*n, 4096))
		}
		f.end = copy(next, f.buf[f.start:f.end])
		f.buf, f.start = next, 0
	}
	for f.end-f.start < n {
		m, err := r.Read(f.buf[f.end:])
		if m == 0 && err != nil {
			return err
		}
		f.end += m
	}
	return nil
}
