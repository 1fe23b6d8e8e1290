package http2_test

import (
	"bytes"
	"net"
	"slices"
	"testing"

	"github.com/volo-go/volo/motore/transport"
	"github.com/volo-go/volo/volo-grpc/internal/http2"
	xhttp2 "golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// A sink is a connection that takes what is written and has nothing to read.
type sink struct {
	net.Conn
	closed chan struct{}
}

func newSink() *sink { return &sink{closed: make(chan struct{})} }

func (s *sink) Read([]byte) (int, error) {
	<-s.closed
	return 0, net.ErrClosed
}
func (s *sink) Write(b []byte) (int, error) { return len(b), nil }
func (s *sink) Close() error {
	select {
	case <-s.closed:
	default:
		close(s.closed)
	}
	return nil
}
func (s *sink) LocalAddr() net.Addr  { return &net.TCPAddr{} }
func (s *sink) RemoteAddr() net.Addr { return &net.TCPAddr{} }

// feed gives in to h in pieces, as a transport does.
func feed(t *testing.T, h transport.ConnHandler, in []byte, piece int) error {
	var pending []byte
	for len(in) > 0 {
		n := min(len(in), piece)
		pending = append(pending, in[:n]...)
		in = in[n:]
		consumed, need, err := h.Data(pending)
		if err != nil {
			return err
		}
		if consumed < 0 || consumed > len(pending) {
			t.Fatalf("consumed %d of %d bytes", consumed, len(pending))
		}
		if need > 1<<24 {
			t.Fatalf("needs %d bytes", need)
		}
		pending = pending[consumed:]
	}
	return nil
}

// seeds are conversations, as one side hears them.
func seeds(server bool) (all [][]byte) {
	var wire bytes.Buffer
	p := &peer{fr: xhttp2.NewFramer(&wire, nil)}
	p.fr.AllowIllegalWrites = true
	p.enc = hpack.NewEncoder(&p.buf)
	p.fr.WriteSettings(xhttp2.Setting{ID: xhttp2.SettingInitialWindowSize, Val: 100})
	p.fr.WriteSettingsAck()
	greeting := bytes.Clone(wire.Bytes())
	add := func(f func()) {
		wire.Reset()
		p.enc = hpack.NewEncoder(&p.buf)
		f()
		all = append(all, append(bytes.Clone(greeting), wire.Bytes()...))
	}
	add(func() {
		if server {
			p.open(1, false)
		} else {
			p.headers(1, false, response...)
		}
		p.fr.WriteData(1, false, frame([]byte("hello")))
		p.headers(1, true, "grpc-status", "0")
	})
	add(func() {
		p.open(1, true)
		p.open(3, false)
		p.fr.WriteRSTStream(3, xhttp2.ErrCodeCancel)
		p.fr.WriteData(3, true, []byte{0, 0, 0, 0, 9})
	})
	add(func() {
		p.fr.WritePing(false, [8]byte{1})
		p.fr.WritePing(true, [8]byte{2})
		p.fr.WriteGoAway(1, xhttp2.ErrCodeNo, nil)
		p.fr.WriteWindowUpdate(0, 7)
		p.fr.WriteWindowUpdate(1, 1<<31-1)
		p.fr.WritePriority(1, xhttp2.PriorityParam{})
		p.fr.WriteRawFrame(0x99, 1, 1, []byte("x"))
	})
	add(func() {
		b := p.block(request...)
		p.fr.WriteHeaders(xhttp2.HeadersFrameParam{StreamID: 1, BlockFragment: b[:3], PadLength: 4})
		p.fr.WriteContinuation(1, true, b[3:])
		p.fr.WriteDataPadded(1, true, frame([]byte("x")), make([]byte, 5))
	})
	add(func() {
		p.open(1, false, "content-length", "3")
		p.fr.WriteData(1, false, []byte{0, 0xff, 0xff, 0xff, 0xff})
		p.fr.WriteSettings(xhttp2.Setting{ID: xhttp2.SettingHeaderTableSize, Val: 0}, xhttp2.Setting{ID: xhttp2.SettingMaxFrameSize, Val: 1 << 20})
	})
	return all
}

// FuzzServer feeds a server what claims to be frames.
func FuzzServer(f *testing.F) {
	for _, s := range seeds(true) {
		f.Add(s, uint16(1000))
		f.Add(s, uint16(1))
	}
	f.Fuzz(func(t *testing.T, in []byte, piece uint16) {
		h := handler{begin: func(s *http2.ServerStream) bool { return len(s.Path)%2 == 0 }}
		workers := http2.NewWorkers(h)
		nc := newSink()
		c := http2.NewServer(transport.NewConn(nc), &http2.Config{StreamWindow: 1000, MaxUnread: 1 << 16}, h, workers, nil)
		err := feed(t, c, append([]byte(xhttp2.ClientPreface), in...), int(piece)+1)
		c.Close()
		c.Closed(err)
		workers.Close()
		if n := c.Streams(); n != 0 {
			t.Errorf("%d streams are open after the end", n)
		}
	})
}

// FuzzClient feeds a client, which has two calls open, what claims to be
// frames.
func FuzzClient(f *testing.F) {
	for _, s := range seeds(false) {
		f.Add(s, uint16(1000))
		f.Add(s, uint16(1))
	}
	f.Fuzz(func(t *testing.T, in []byte, piece uint16) {
		nc := newSink()
		c := http2.NewTestClient(transport.NewConn(nc), http2.Config{StreamWindow: 1000, MaxUnread: 1 << 16})
		until := http2.Bound{Done: closedChan}
		s1, err1 := whole(c, frame([]byte("x")), http2.Bound{})
		s2, err2 := c.Open(http2.Request{Head: req}, http2.Bound{})
		if err1 != nil || err2 != nil {
			t.Fatal(err1, err2)
		}
		err := feed(t, c, in, int(piece)+1)
		s1.Wait(until)
		for range 100 {
			if _, err := s2.Recv(until); err != nil {
				break
			}
		}
		s1.Cancel()
		s2.Cancel()
		if n, held := c.Streams(), c.Held(); n != 0 || held != 0 {
			t.Errorf("%d streams are open after the end, %d bytes held", n, held)
		}
		nc.Close()
		c.Closed(err)
	})
}

var closedChan = func() chan struct{} { c := make(chan struct{}); close(c); return c }()

// FuzzHeaderBlock compares our reading of a block with that of x/net.
func FuzzHeaderBlock(f *testing.F) {
	enc := http2.NewTestEncoder()
	for _, k := range []*http2.Block{req, head, tail, req} {
		f.Add(enc.Block(k))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		got, over, err := http2.NewTestDecoder(1 << 20).Decode(in)
		want, wantErr := hpack.NewDecoder(4096, nil).DecodeFull(in)
		if (err == nil) != (wantErr == nil) || !over && err == nil && !slices.Equal(got, want) {
			t.Fatalf("got %v (%v), want %v (%v)", got, err, want, wantErr)
		}
		if err != nil || over {
			return
		}
		// What was read can be written and read again.
		k := new(http2.Block)
		for i := range got {
			k.Fields = append(k.Fields, http2.Field{Name: got[i].Name, Value: got[i].Value})
			got[i].Sensitive = false
		}
		again, err := hpack.NewDecoder(4096, nil).DecodeFull(http2.NewTestEncoder().Block(k))
		if err != nil || !slices.Equal(again, got) {
			t.Fatalf("again: got %v (%v), want %v", again, err, got)
		}
	})
}

// FuzzEnvelopes cuts messages out of what claims to be envelopes, in two ways.
func FuzzEnvelopes(f *testing.F) {
	f.Add(append(frame([]byte("one")), frame(nil)...), uint8(3))
	f.Add([]byte{1, 0, 0, 0, 2, 'x'}, uint8(1))
	f.Add([]byte{0, 0xff, 0xff, 0xff, 0xff}, uint8(9))
	f.Fuzz(func(t *testing.T, in []byte, piece uint8) {
		const limit = 1 << 20
		want, _, wantPartial, wantErr := http2.Assemble(limit, in)
		got, largest, partial, err := http2.Assemble(limit, slices.Collect(slices.Chunk(in, int(piece)+1))...)
		if (err == nil) != (wantErr == nil) || partial != wantPartial || len(got) != len(want) {
			t.Fatalf("in pieces: %d messages, partial %v (%v), at once: %d, %v (%v)", len(got), partial, err, len(want), wantPartial, wantErr)
		}
		size := 0
		for i := range got {
			if !bytes.Equal(got[i].Data, want[i].Data) || got[i].Compressed != want[i].Compressed {
				t.Fatalf("message %d: got %v, want %v", i, got[i], want[i])
			}
			size += http2.EnvelopeSize + len(got[i].Data)
		}
		if size > len(in) {
			t.Fatalf("%d bytes of messages in %d", size, len(in))
		}
		if largest > 8*len(in)+1<<10 {
			t.Fatalf("%d bytes reserved for %d", largest, len(in))
		}
	})
}
