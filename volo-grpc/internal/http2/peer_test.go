package http2_test

import (
	"bytes"
	"io"
	"net"
	"sync"
	"testing"

	"github.com/volo-go/volo/motore/transport"
	"github.com/volo-go/volo/volo-grpc/internal/http2"
	xhttp2 "golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// A handler is one made of functions. Without begin it waits for the whole
// request; without run it answers with what it got.
type handler struct {
	begin func(s *http2.ServerStream) (whole bool)
	run   func(s *http2.ServerStream)
}

func (h handler) Begin(s *http2.ServerStream) bool { return h.begin == nil || h.begin(s) }
func (h handler) Run(s *http2.ServerStream) {
	if h.run == nil {
		echo{}.Run(s)
		return
	}
	defer s.Done()
	h.run(s)
}

func streaming(*http2.ServerStream) bool { return false }

// A site serves connections in memory, for use within a synctest bubble.
type site struct {
	t     *testing.T
	l     *transport.MemoryListener
	conns chan *http2.Server
}

func serve(t *testing.T, cfg http2.Config, h handler) *site {
	s := &site{t: t, l: transport.NewMemoryListener(), conns: make(chan *http2.Server, 100)}
	workers := http2.NewWorkers(h)
	tl := (&transport.ListenConfig{}).Wrap(s.l)
	var wg sync.WaitGroup
	wg.Go(func() {
		tl.Serve(func(c *transport.Conn) transport.ConnHandler {
			sc := http2.NewServer(c, &cfg, h, workers, nil)
			s.conns <- sc
			return sc
		})
		tl.Wait()
	})
	t.Cleanup(func() {
		tl.Close()
		wg.Wait()
		workers.Close()
	})
	return s
}

// client returns a client of ours, and the server's side of its connection.
func (s *site) client(cfg http2.Config) (*http2.Client, *http2.Server) {
	nc, err := s.l.Dial(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	c := http2.NewClient(transport.NewConn(nc), cfg)
	s.t.Cleanup(func() { c.Close() })
	return c, <-s.conns
}

// raw returns a client that says what the test makes it say, after the
// preface and settings.
func (s *site) raw(settings ...xhttp2.Setting) (*peer, *http2.Server) {
	nc, err := s.l.Dial(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	p := newPeer(s.t, nc)
	p.write([]byte(xhttp2.ClientPreface))
	p.fr.WriteSettings(settings...)
	p.fr.WriteSettingsAck()
	return p, <-s.conns
}

// against returns a client of ours whose server is the test.
func against(t *testing.T, cfg http2.Config, settings ...xhttp2.Setting) (*http2.Client, *peer) {
	l := transport.NewMemoryListener()
	nc, err := l.Dial(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	c := http2.NewClient(transport.NewConn(nc), cfg)
	other, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	p := newPeer(t, other)
	if _, err := io.ReadFull(other, make([]byte, len(xhttp2.ClientPreface))); err != nil {
		t.Fatal(err)
	}
	p.fr.WriteSettings(settings...)
	p.fr.WriteSettingsAck()
	t.Cleanup(func() { c.Close() })
	return c, p
}

// A peer speaks HTTP/2 by hand.
type peer struct {
	t   *testing.T
	nc  net.Conn
	fr  *xhttp2.Framer
	dec *hpack.Decoder
	enc *hpack.Encoder
	buf bytes.Buffer
}

func newPeer(t *testing.T, nc net.Conn) *peer {
	p := &peer{t: t, nc: nc, fr: xhttp2.NewFramer(nc, nc), dec: hpack.NewDecoder(4096, nil)}
	p.fr.AllowIllegalWrites = true
	p.enc = hpack.NewEncoder(&p.buf)
	t.Cleanup(func() { nc.Close() })
	return p
}

// write writes bytes; it reports whether the connection is still there.
func (p *peer) write(b []byte) bool {
	_, err := p.nc.Write(b)
	return err == nil
}

// block encodes fields, given as name, value, name, value.
func (p *peer) block(fields ...string) []byte {
	p.buf.Reset()
	for i := 0; i < len(fields); i += 2 {
		p.enc.WriteField(hpack.HeaderField{Name: fields[i], Value: fields[i+1]})
	}
	return bytes.Clone(p.buf.Bytes())
}

var request = []string{":method", "POST", ":scheme", "http", ":path", "/echo.Echo/Echo", ":authority", "x", "content-type", "application/grpc", "te", "trailers"}

// open opens a stream.
func (p *peer) open(id uint32, end bool, more ...string) error {
	return p.fr.WriteHeaders(xhttp2.HeadersFrameParam{StreamID: id, EndStream: end, EndHeaders: true,
		BlockFragment: p.block(append(append([]string(nil), request...), more...)...)})
}

// headers sends a header block.
func (p *peer) headers(id uint32, end bool, fields ...string) error {
	return p.fr.WriteHeaders(xhttp2.HeadersFrameParam{StreamID: id, EndStream: end, EndHeaders: true, BlockFragment: p.block(fields...)})
}

// next returns the next frame that is not of the usual housekeeping, nil at
// the end of the connection.
func (p *peer) next() xhttp2.Frame {
	for {
		f, err := p.fr.ReadFrame()
		if err != nil {
			return nil
		}
		switch f := f.(type) {
		case *xhttp2.SettingsFrame:
			continue
		case *xhttp2.WindowUpdateFrame:
			if f.StreamID == 0 {
				continue
			}
		}
		return f
	}
}

// await reads until a frame of type F comes and returns it.
func await[F xhttp2.Frame](p *peer) F {
	p.t.Helper()
	for {
		f := p.next()
		if f == nil {
			var want F
			p.t.Fatalf("the connection ended before a %T", want)
		}
		if f, ok := f.(F); ok {
			return f
		}
	}
}

// ended reads to the end of the connection and returns the code of the last
// GOAWAY, and whether there was one.
func (p *peer) ended() (code http2.ErrCode, reason string, told bool) {
	for {
		f := p.next()
		if f == nil {
			return code, reason, told
		}
		if f, ok := f.(*xhttp2.GoAwayFrame); ok {
			code, reason, told = f.ErrCode, string(f.DebugData()), true
		}
	}
}
