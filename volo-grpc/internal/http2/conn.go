package http2

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"

	"github.com/volo-go/volo/motore/transport"
	"github.com/volo-go/volo/motore/transport/combine"
	xhttp2 "golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// Map of this file: conn and what owns its parts; Data, which cuts the
// input into frames; how streams and the connection end. What each kind of
// frame does stands in receive.go, flow control and sending in flow.go.

// A side is what makes a connection a client's or a server's. The reader's
// goroutine calls it.
type side interface {
	// headers takes a whole header block; fields are the reader's scratch.
	headers(id uint32, fields []hpack.HeaderField, over, end bool) error
	// arrived is called when a stream has new messages, or its end.
	arrived(s *stream, end bool)
	// settled is called when the peer's first settings have come.
	settled()
	// goAway is called when the peer takes no streams over last.
	goAway(last uint32, code ErrCode, debug string)
	// closed is called when the connection is over.
	closed(err error)
}

// A conn is the half of a connection that both sides share.
type conn struct {
	tc     *transport.Conn
	cfg    Config
	side   side
	server bool

	// Of the reader's goroutine.
	preface   []byte // of it that is yet to come; servers
	greeted   bool   // the peer's first SETTINGS have come
	dec       *decoder
	feed      bytes.Reader
	framer    *xhttp2.Framer // of all frames but the commonest
	block     headerBlock
	newest    uint32 // highest stream id the peer has opened
	ownWindow int64  // that the peer may still send, on all streams together
	owed      int64  // received, not yet granted again
	scratch   []arrival
	guard     guard
	shut      error // why reading has ended

	w *combine.Writer

	// Under the writer's lock.
	enc      encoder
	window   int64 // that we may still send, on all streams together
	initial  int64 // of a new stream
	maxFrame int   // that the peer takes
	starved  []*stream
	nextID   uint32 // clients
	goodbye  bool   // the last GOAWAY is sent

	mu      sync.Mutex
	streams map[uint32]*stream
	limit   uint32 // of streams that we may open; clients
	limited bool   // the peer has set it
	err     error  // why the connection ended
	away    bool   // no more streams are taken
	prepaid int    // see flow.go
	unpaid  []*stream

	keeper   keeper
	strikes  strikes       // of the reader's goroutine
	open     atomic.Int32  // streams
	progress atomic.Int64  // streams that have ended, for keepalive
	heard    atomic.Int64  // batches of frames received, for keepalive
	resets   recent        // streams that we reset lately
	done     chan struct{} // closed when the connection is over
}

func (c *conn) init(tc *transport.Conn, cfg Config, sd side) {
	c.tc, c.cfg, c.side = tc, cfg.filled(), sd
	c.dec = newDecoder(c.cfg.MaxHeaderListSize)
	c.framer = xhttp2.NewFramer(io.Discard, &c.feed)
	c.framer.SetMaxReadFrameSize(c.cfg.MaxFrameSize)
	c.framer.SetReuseFrames()
	c.enc = newEncoder()
	c.window, c.initial, c.maxFrame = 65535, 65535, 16<<10
	c.ownWindow = int64(c.cfg.ConnWindow)
	c.streams = make(map[uint32]*stream)
	c.done = make(chan struct{})
	c.w = combine.New(func(batch []byte) error {
		err := tc.Write(batch)
		if err != nil {
			tc.Close()
		}
		return err
	})
}

// hello appends our settings, and opens the window of the connection.
func (c *conn) hello(b []byte) []byte {
	settings := []xhttp2.Setting{
		{ID: xhttp2.SettingInitialWindowSize, Val: c.cfg.StreamWindow},
		{ID: xhttp2.SettingMaxHeaderListSize, Val: c.cfg.MaxHeaderListSize},
	}
	if c.cfg.MaxFrameSize > 16<<10 {
		settings = append(settings, xhttp2.Setting{ID: xhttp2.SettingMaxFrameSize, Val: c.cfg.MaxFrameSize})
	}
	if c.server {
		settings = append(settings, xhttp2.Setting{ID: xhttp2.SettingMaxConcurrentStreams, Val: c.cfg.MaxConcurrentStreams})
	} else {
		settings = append(settings, xhttp2.Setting{ID: xhttp2.SettingEnablePush, Val: 0})
	}
	b = appendSettings(b, settings...)
	if c.cfg.ConnWindow > 65535 {
		b = appendWindowUpdate(b, 0, c.cfg.ConnWindow-65535)
	}
	return b
}

// Data takes whole frames off in.
func (c *conn) Data(in []byte) (consumed, need int, err error) {
	for c.shut == nil {
		rest := in[consumed:]
		if len(c.preface) > 0 {
			n := min(len(rest), len(c.preface))
			if !bytes.Equal(rest[:n], c.preface[:n]) {
				c.shutdown(protocolError("no HTTP/2 preface"))
				break
			}
			c.preface = c.preface[n:]
			consumed += n
			if len(c.preface) > 0 {
				return consumed, 0, nil
			}
			continue
		}
		if len(rest) < frameHeader {
			need = frameHeader
			break
		}
		size := frameHeader + int(rest[0])<<16 + int(rest[1])<<8 + int(rest[2])
		if size-frameHeader > int(c.cfg.MaxFrameSize) {
			c.shutdown(&ConnError{Code: FrameSizeError, Reason: "frame over SETTINGS_MAX_FRAME_SIZE"})
			break
		}
		if len(rest) < size {
			need = size
			break
		}
		consumed += size
		if err := c.frame(rest[:size:size]); err != nil {
			c.refuse(err)
		}
	}
	c.grant()
	c.heard.Add(1)
	return consumed, need, c.shut
}

// refuse answers an error in what the peer sent: of one stream with a reset,
// of the connection with GOAWAY.
func (c *conn) refuse(err error) {
	var ofStream *streamError
	if errors.As(err, &ofStream) {
		c.reset(ofStream.id, ofStream.code, ofStream.reason)
		return
	}
	var ce *ConnError
	if !errors.As(err, &ce) {
		ce = &ConnError{Code: InternalError, Reason: err.Error()}
	}
	c.shutdown(ce)
}

// shutdown ends the connection for a reason that the peer gets to know.
func (c *conn) shutdown(err error) {
	if c.shut != nil {
		return
	}
	c.shut = err
	ce, _ := err.(*ConnError)
	if b, begun := c.w.BeginNow(); begun == nil {
		if ce != nil && !c.goodbye {
			c.goodbye = true
			b = appendGoAway(b, c.newest, ce.Code, ce.Reason)
		}
		// Nobody reads any more, so we may wait for the network, within the
		// write time-out of the connection.
		c.w.End(b, false)
	}
}

// reset ends a stream that the peer may still be sending on.
func (c *conn) reset(id uint32, code ErrCode, reason string) {
	c.resets.add(id)
	if b, err := c.w.BeginNow(); err == nil {
		c.w.EndAsync(appendReset(b, id, code))
	}
	if s := c.take(id); s != nil {
		s.fail(&ResetError{Code: code, Reason: reason})
		c.side.arrived(s, true)
	}
}

// lookup returns an open stream, nil if there is none.
func (c *conn) lookup(id uint32) *stream {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.streams[id]
}

// take removes a stream from the table; nil if it was not there.
func (c *conn) take(id uint32) *stream {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := c.streams[id]
	if s != nil {
		delete(c.streams, id)
		c.open.Add(-1)
	}
	return s
}

// Closed is called by the transport when the connection is over.
func (c *conn) Closed(err error) {
	if c.shut != nil {
		err = c.shut
	} else if err == nil || err == io.EOF {
		err = &ConnError{Err: io.EOF}
	} else {
		err = &ConnError{Err: err}
	}
	c.mu.Lock()
	if c.err == nil {
		c.err = err
	}
	err = c.err
	c.away = true
	ended := c.streams
	c.streams = make(map[uint32]*stream)
	c.open.Store(0)
	c.mu.Unlock()
	for _, s := range ended {
		s.fail(err)
	}
	c.w.Close(err)
	close(c.done)
	c.side.closed(err)
}

// Idle reports that no stream is open.
func (c *conn) Idle() bool { return c.open.Load() == 0 }

// closeWith ends the connection from our side.
func (c *conn) closeWith(err error) {
	c.mu.Lock()
	if c.err == nil {
		c.err = err
	}
	c.away = true
	c.mu.Unlock()
	c.tc.Close()
}

// recent remembers the last stream ids that were added.
type recent struct {
	mu  sync.Mutex
	ids [64]uint32
	at  int
}

func (r *recent) add(id uint32) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ids[r.at] = id
	r.at = (r.at + 1) % len(r.ids)
}

func (r *recent) has(id uint32) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, known := range r.ids {
		if known == id {
			return true
		}
	}
	return false
}

// String names the connection in logs.
func (c *conn) String() string {
	return fmt.Sprintf("%s→%s", c.tc.LocalAddress(), c.tc.RemoteAddress())
}
