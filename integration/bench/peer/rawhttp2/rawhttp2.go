package rawhttp2

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"sync"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"github.com/volo-go/volo/integration/bench/load"
	"github.com/volo-go/volo/integration/bench/peer"
	"github.com/volo-go/volo/integration/bench/raw"
)

// rawHTTP2 is the floor of gRPC: the frames of a call, with header blocks that
// are encoded once a connection and decoded never, flow control that is opened
// wide and forgotten, no Protobuf, and writes that are combined. The server
// answers from the goroutine that reads.
func rawHTTP2() load.Peer {
	return load.Peer{
		Name:  "raw-http2",
		About: "echo of HTTP/2 frames, header blocks cached, combined writes",
		Serve: func(addr string) (load.Server, error) { return raw.Listen(addr, echoHTTP2) },
		Dial:  dialHTTP2,
	}
}

// What both sides set: windows that no run exhausts between two updates, and
// frames that hold any message.
var openWide = []http2.Setting{
	{ID: http2.SettingInitialWindowSize, Val: 1<<31 - 1},
	{ID: http2.SettingMaxFrameSize, Val: 1<<24 - 1},
	{ID: http2.SettingMaxConcurrentStreams, Val: 1 << 20},
}

// recredit is after how many bytes the window of a connection is opened again.
const recredit = 1 << 29

// A block is a header block in its two encodings: the first one on a connection
// fills the dynamic table, the others refer to it.
type block struct {
	first, again []byte
	used         bool
}

// take returns the block to send now.
func (b *block) take() []byte {
	if !b.used {
		b.used = true
		return b.first
	}
	return b.again
}

// blocks encodes lists of fields, in the order in which they are first sent.
func blocks(lists ...[]hpack.HeaderField) []*block {
	var out bytes.Buffer
	enc := hpack.NewEncoder(&out)
	encode := func(fields []hpack.HeaderField) []byte {
		out.Reset()
		for _, f := range fields {
			_ = enc.WriteField(f) // a bytes.Buffer takes everything
		}
		return bytes.Clone(out.Bytes())
	}
	all := make([]*block, len(lists))
	for i, fields := range lists {
		all[i] = &block{first: encode(fields)}
	}
	for i, fields := range lists {
		all[i].again = encode(fields)
	}
	return all
}

// appendFrame appends a frame, whose payload may be given in parts.
func appendFrame(b []byte, typ http2.FrameType, flags http2.Flags, stream uint32, payload ...[]byte) []byte {
	n := 0
	for _, p := range payload {
		n += len(p)
	}
	b = append(b, byte(n>>16), byte(n>>8), byte(n), byte(typ), byte(flags))
	b = binary.BigEndian.AppendUint32(b, stream)
	for _, p := range payload {
		b = append(b, p...)
	}
	return b
}

// An http2Reader reads frames and opens the window again.
type http2Reader struct {
	*http2.Framer
	in       *bufio.Reader
	received uint32
}

func newHTTP2Reader(conn net.Conn) *http2Reader {
	in := bufio.NewReaderSize(conn, raw.Buffer)
	r := &http2Reader{Framer: http2.NewFramer(nil, in), in: in}
	r.SetReuseFrames()
	r.SetMaxReadFrameSize(1<<24 - 1)
	return r
}

// credit returns what to grant the peer on the connection for n bytes more.
func (r *http2Reader) credit(n int) []byte {
	if r.received += uint32(n); r.received < recredit {
		return nil
	}
	b := binary.BigEndian.AppendUint32(nil, r.received)
	r.received = 0
	return appendFrame(nil, http2.FrameWindowUpdate, 0, 0, b)
}

// hello is what both sides begin with: settings, and the rest of the window.
func hello() []byte {
	var b bytes.Buffer
	w := http2.NewFramer(&b, nil)
	_ = w.WriteSettings(openWide...)
	_ = w.WriteWindowUpdate(0, 1<<31-1-65535)
	return b.Bytes()
}

// An http2Echo is one connection of the server.
type http2Echo struct {
	*http2Reader
	out               []byte
	headers, trailers *block
	streaming         map[uint32]bool // streams that have an answer and no end
}

func echoHTTP2(conn net.Conn) {
	b := blocks(
		[]hpack.HeaderField{{Name: ":status", Value: "200"}, {Name: "content-type", Value: "application/grpc"}},
		[]hpack.HeaderField{{Name: "grpc-status", Value: "0"}},
	)
	e := &http2Echo{http2Reader: newHTTP2Reader(conn), headers: b[0], trailers: b[1], streaming: make(map[uint32]bool)}
	if _, err := e.in.Discard(len(http2.ClientPreface)); err != nil {
		return
	}
	e.out = append(e.out, hello()...)
	for {
		f, err := e.ReadFrame()
		if err != nil {
			return
		}
		e.answer(f)
		// Whatever was read together is answered together.
		if e.in.Buffered() > 0 && len(e.out) < raw.Buffer {
			continue
		}
		if _, err := conn.Write(e.out); err != nil {
			return
		}
		e.out = e.out[:0]
	}
}

func (e *http2Echo) answer(f http2.Frame) {
	switch f := f.(type) {
	case *http2.SettingsFrame:
		if !f.IsAck() {
			e.out = appendFrame(e.out, http2.FrameSettings, http2.FlagSettingsAck, 0)
		}
	case *http2.PingFrame:
		if !f.IsAck() {
			e.out = appendFrame(e.out, http2.FramePing, http2.FlagPingAck, 0, f.Data[:])
		}
	case *http2.DataFrame:
		id := f.StreamID
		if !e.streaming[id] {
			e.out = appendFrame(e.out, http2.FrameHeaders, http2.FlagHeadersEndHeaders, id, e.headers.take())
		}
		e.out = appendFrame(e.out, http2.FrameData, 0, id, f.Data())
		e.out = append(e.out, e.credit(len(f.Data()))...)
		if !f.StreamEnded() {
			e.streaming[id] = true
			return
		}
		delete(e.streaming, id)
		e.out = appendFrame(e.out, http2.FrameHeaders, http2.FlagHeadersEndHeaders|http2.FlagHeadersEndStream, id, e.trailers.take())
	}
}

type http2Client struct {
	conns []*http2Conn
	kind  load.Kind
}

func dialHTTP2(t load.Target) (load.Client, error) {
	c := &http2Client{kind: t.Kind}
	for range max(1, t.Conns) {
		conn, err := net.Dial("tcp", t.Addr)
		if err != nil {
			return nil, errors.Join(err, c.Close())
		}
		h := newHTTP2Conn(conn)
		c.conns = append(c.conns, h)
		go h.read()
		if err := h.Write(func(b []byte) []byte {
			return append(append(b, http2.ClientPreface...), hello()...)
		}); err != nil {
			return nil, errors.Join(err, c.Close())
		}
	}
	return c, nil
}

func (c *http2Client) Close() error {
	var err error
	for _, h := range c.conns {
		err = errors.Join(err, h.Conn.Close())
		<-h.done
	}
	return err
}

func (c *http2Client) Caller(number int, msg string) (load.Call, error) {
	h := c.conns[number%len(c.conns)]
	s := &http2Stream{ready: make(chan struct{}, 1)}
	check := load.NewCheck(msg)
	switch c.kind {
	case load.Unary:
		return func() error { return check.Bytes(h.call(s, msg, http2.FlagDataEndStream)) }, nil
	case load.Bidi:
		s.keep = true
		return func() error { return check.Bytes(h.call(s, msg, 0)) }, nil
	}
	return nil, fmt.Errorf("no call of kind %q", c.kind)
}

// An http2Stream is where the answers to one caller are put. The reader owns
// msg from the request on until it says ready, the caller from then on.
type http2Stream struct {
	id    uint32 // 0 before it is open
	keep  bool   // one stream for all messages; else one for each
	msg   []byte
	ready chan struct{}
}

// An http2Conn is one connection of the client.
type http2Conn struct {
	raw.Combiner
	headers *block        // used under the Combiner's lock
	nextID  uint32        // so is this
	done    chan struct{} // closed when read returns
	readErr error         // valid once done is closed

	mu      sync.Mutex
	streams map[uint32]*http2Stream
}

func newHTTP2Conn(conn net.Conn) *http2Conn {
	b := blocks([]hpack.HeaderField{
		{Name: ":method", Value: "POST"}, {Name: ":scheme", Value: "http"}, {Name: ":path", Value: peer.UnaryPath},
		{Name: ":authority", Value: conn.RemoteAddr().String()}, {Name: "content-type", Value: "application/grpc"},
		{Name: "user-agent", Value: "raw"}, {Name: "te", Value: "trailers"},
	})
	return &http2Conn{
		Combiner: raw.Combiner{Conn: conn},
		headers:  b[0],
		nextID:   1,
		done:     make(chan struct{}),
		streams:  make(map[uint32]*http2Stream),
	}
}

// call sends msg on s, which it opens if it has to, and waits for the answer.
func (h *http2Conn) call(s *http2Stream, msg string, flags http2.Flags) ([]byte, error) {
	err := h.Write(func(b []byte) []byte {
		if s.id == 0 || !s.keep {
			s.id = h.nextID
			h.nextID += 2
			h.mu.Lock()
			h.streams[s.id] = s
			h.mu.Unlock()
			b = appendFrame(b, http2.FrameHeaders, http2.FlagHeadersEndHeaders, s.id, h.headers.take())
		}
		var prefix [5]byte
		binary.BigEndian.PutUint32(prefix[1:], uint32(len(msg)))
		at := len(b)
		b = appendFrame(b, http2.FrameData, flags, s.id, prefix[:], nil)
		n := len(prefix) + len(msg)
		b[at], b[at+1], b[at+2] = byte(n>>16), byte(n>>8), byte(n)
		return append(b, msg...)
	})
	if err != nil {
		return nil, err
	}
	select {
	case <-s.ready:
		return s.msg[5:], nil
	case <-h.done:
		return nil, h.readErr
	}
}

func (h *http2Conn) read() {
	defer close(h.done)
	r := newHTTP2Reader(h.Conn)
	for {
		f, err := r.ReadFrame()
		if err == nil {
			err = h.take(r, f)
		}
		if err != nil {
			h.readErr = err
			return
		}
	}
}

func (h *http2Conn) take(r *http2Reader, f http2.Frame) error {
	id := f.Header().StreamID
	h.mu.Lock()
	s := h.streams[id]
	h.mu.Unlock()
	switch f := f.(type) {
	case *http2.DataFrame:
		if s == nil || len(f.Data()) < 5 {
			return fmt.Errorf("%d bytes of data on stream %d", len(f.Data()), id)
		}
		s.msg = append(s.msg[:0], f.Data()...)
		if s.keep {
			s.ready <- struct{}{}
		}
		if b := r.credit(len(f.Data())); b != nil {
			return h.Write(func(out []byte) []byte { return append(out, b...) })
		}
	case *http2.HeadersFrame:
		if f.StreamEnded() && s != nil {
			h.mu.Lock()
			delete(h.streams, id)
			h.mu.Unlock()
			s.ready <- struct{}{}
		}
	}
	return nil
}
