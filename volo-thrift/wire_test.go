package volothrift_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"testing"

	"github.com/volo-go/volo/motore/rpc"
	"github.com/volo-go/volo/motore/transport"
	volothrift "github.com/volo-go/volo/volo-thrift"
)

// This file is a second, naive implementation of the wire formats, so that
// tests do not check our code against itself.

// message returns an envelope of the strict binary protocol and a struct.
func message(typ byte, name string, seq uint32, body []byte) []byte {
	b := []byte{0x80, 1, 0, typ}
	b = append(binary.BigEndian.AppendUint32(b, uint32(len(name))), name...)
	return append(binary.BigEndian.AppendUint32(b, seq), body...)
}

const (
	typeCall      = 1
	typeReply     = 2
	typeException = 3
	typeOneway    = 4
)

// text returns a struct with one string field.
func text(id uint16, v string) []byte {
	b := binary.BigEndian.AppendUint16([]byte{11}, id)
	b = append(binary.BigEndian.AppendUint32(b, uint32(len(v))), v...)
	return append(b, 0)
}

// framed puts a length before b.
func framed(b []byte) []byte {
	return append(binary.BigEndian.AppendUint32(nil, uint32(len(b))), b...)
}

// A header is a TTHeader frame without its payload.
type header struct {
	flags uint16
	seq   uint32
	ints  map[uint16]string
	strs  map[string]string
	infos []byte // further info blocks, as they are
}

// frame puts the header before a payload.
func (h header) frame(payload []byte) []byte {
	value := func(b []byte, v string) []byte {
		return append(binary.BigEndian.AppendUint16(b, uint16(len(v))), v...)
	}
	var infos []byte
	if len(h.strs) > 0 {
		infos = binary.BigEndian.AppendUint16(append(infos, 1), uint16(len(h.strs)))
		for k, v := range h.strs {
			infos = value(value(infos, k), v)
		}
	}
	if len(h.ints) > 0 {
		infos = binary.BigEndian.AppendUint16(append(infos, 0x10), uint16(len(h.ints)))
		for k, v := range h.ints {
			infos = value(binary.BigEndian.AppendUint16(infos, k), v)
		}
	}
	infos = append(infos, h.infos...)
	for len(infos)%4 != 2 {
		infos = append(infos, 0)
	}
	b := binary.BigEndian.AppendUint16(nil, 0x1000)
	b = binary.BigEndian.AppendUint16(b, h.flags)
	b = binary.BigEndian.AppendUint32(b, h.seq)
	b = binary.BigEndian.AppendUint16(b, uint16((len(infos)+2)/4))
	b = append(b, 0, 0)
	return framed(append(append(b, infos...), payload...))
}

// parse takes a TTHeader frame apart.
func parse(t testing.TB, b []byte) (h header, payload []byte) {
	t.Helper()
	if len(b) < 14 || binary.BigEndian.Uint16(b[4:]) != 0x1000 || int(binary.BigEndian.Uint32(b)) != len(b)-4 {
		t.Fatalf("not a TTHeader frame: % x", b[:min(len(b), 64)])
	}
	h = header{binary.BigEndian.Uint16(b[6:]), binary.BigEndian.Uint32(b[8:]), map[uint16]string{}, map[string]string{}, nil}
	end := 14 + 4*int(binary.BigEndian.Uint16(b[12:]))
	value := func(b []byte) (string, []byte) {
		n := 2 + int(binary.BigEndian.Uint16(b))
		return string(b[2:n]), b[n:]
	}
	for in := b[16:end]; len(in) > 0; {
		kind := in[0]
		if in = in[1:]; kind == 0 {
			continue
		}
		n := int(binary.BigEndian.Uint16(in))
		in = in[2:]
		for ; n > 0; n-- {
			var k string
			switch kind {
			case 0x10:
				id := binary.BigEndian.Uint16(in)
				h.ints[id], in = value(in[2:])
			case 1:
				k, in = value(in)
				h.strs[k], in = value(in)
			default:
				t.Fatalf("info block of kind %#x", kind)
			}
		}
	}
	return h, b[end:]
}

// A peer is one end of a connection that a test holds in its own hands.
type peer struct {
	t testing.TB
	net.Conn
}

// newPeer connects to a pair.
func newPeer(t testing.TB, p interface {
	Dial(context.Context, rpc.Address) (*transport.Conn, error)
}) *peer {
	t.Helper()
	conn, err := p.Dial(t.Context(), rpc.Address{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return &peer{t, streamConn{conn}}
}

// A streamConn makes a transport.Conn a net.Conn, as far as tests need it.
type streamConn struct{ *transport.Conn }

func (c streamConn) Write(b []byte) (int, error) { return len(b), c.Conn.Write(b) }
func (c streamConn) LocalAddr() net.Addr         { return nil }
func (c streamConn) RemoteAddr() net.Addr        { return nil }

func (p *peer) send(b ...[]byte) {
	p.t.Helper()
	if _, err := p.Write(bytes.Join(b, nil)); err != nil {
		p.t.Errorf("sending: %v", err)
	}
}

// receive reads n bytes.
func (p *peer) receive(n int) []byte {
	p.t.Helper()
	b := make([]byte, n)
	if n, err := io.ReadFull(p, b); err != nil {
		p.t.Fatalf("received % x, then %v", b[:n], err)
	}
	return b
}

// receiveFrame reads a length and what it announces; it returns both.
func (p *peer) receiveFrame() []byte {
	p.t.Helper()
	head := p.receive(4)
	return append(head, p.receive(int(binary.BigEndian.Uint32(head)))...)
}

// expectEnd expects that the other side closes without sending anything.
func (p *peer) expectEnd() {
	p.t.Helper()
	b := make([]byte, 64)
	if n, err := p.Read(b); n != 0 || err == nil {
		p.t.Errorf("received % x; want the end of the connection", b[:n])
	}
}

// A server in the hands of a test: serve is called for each connection.
func fakeServer(t testing.TB, serve func(*peer)) dialFunc {
	t.Helper()
	l := transport.NewMemoryListener()
	ended := make(chan struct{})
	conns := make(chan net.Conn, 100)
	go func() {
		defer close(ended)
		defer close(conns)
		for {
			nc, err := l.Accept()
			if err != nil {
				return
			}
			conns <- nc
			go func() {
				defer nc.Close()
				serve(&peer{t, nc})
			}()
		}
	}()
	t.Cleanup(func() {
		l.Close()
		<-ended
		for nc := range conns {
			nc.Close()
		}
	})
	return func(ctx context.Context, _ rpc.Address) (*transport.Conn, error) {
		nc, err := l.Dial(ctx)
		if err != nil {
			return nil, err
		}
		return transport.NewConn(nc), nil
	}
}

// answers is a fakeServer's serve that answers each frame with what reply
// returns for it, until the client goes.
func answers(reply func(frame []byte) []byte) func(*peer) {
	return func(p *peer) {
		for {
			head := make([]byte, 4)
			if _, err := io.ReadFull(p, head); err != nil {
				return
			}
			rest := make([]byte, binary.BigEndian.Uint32(head))
			if _, err := io.ReadFull(p, rest); err != nil {
				return
			}
			out := reply(append(head, rest...))
			if out == nil {
				return
			}
			if _, err := p.Write(out); err != nil {
				return
			}
		}
	}
}

// toFake returns the options of a client that talks to a fakeServer.
func toFake(dial dialFunc, opts ...volothrift.ClientOption) []volothrift.ClientOption {
	return append([]volothrift.ClientOption{volothrift.WithDialer(dial)}, opts...)
}

// isClosed reports whether err is that of a connection that ended.
func isClosed(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, net.ErrClosed) || errors.Is(err, io.ErrUnexpectedEOF)
}
