package http2

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"sync"
	"time"

	xhttp2 "golang.org/x/net/http2"
)

// Map of this file: frame, which tells frames apart, and what each kind does.
// Header blocks of several frames are collected in block.go.

// frame takes one whole frame. DATA, and HEADERS without frills, which is what
// calls are made of, are read in place; Framer reads and checks the rest.
func (c *conn) frame(f []byte) error {
	typ, flags := xhttp2.FrameType(f[3]), xhttp2.Flags(f[4])
	id := binary.BigEndian.Uint32(f[5:]) & (1<<31 - 1)
	if !c.greeted && typ != xhttp2.FrameSettings {
		return protocolError("the first frame is %v, not SETTINGS", typ)
	}
	if c.block.id != 0 && (typ != xhttp2.FrameContinuation || id != c.block.id) {
		return protocolError("%v within the header block of stream %d", typ, c.block.id)
	}
	switch {
	case typ == xhttp2.FrameData && flags&xhttp2.FlagDataPadded == 0 && id != 0:
		return c.data(id, f[frameHeader:], len(f)-frameHeader, flags&xhttp2.FlagDataEndStream != 0)
	case typ == xhttp2.FrameWindowUpdate && len(f) == frameHeader+4:
		return c.windowUpdate(id, binary.BigEndian.Uint32(f[frameHeader:])&(1<<31-1))
	case typ == xhttp2.FrameHeaders && flags&^(xhttp2.FlagHeadersEndStream|xhttp2.FlagHeadersEndHeaders) == 0 &&
		flags&xhttp2.FlagHeadersEndHeaders != 0 && id != 0:
		return c.headers(id, f[frameHeader:], flags&xhttp2.FlagHeadersEndStream != 0)
	}
	p := parsers.Get().(*parser)
	defer parsers.Put(p)
	p.feed.Reset(f)
	parsed, err := p.framer.ReadFrame()
	if err != nil {
		return fromFramer(err)
	}
	return c.other(parsed)
}

// A parser reads single frames; what a frame returns is valid until the next.
// That frames are in order, frame has looked at itself.
type parser struct {
	feed   bytes.Reader
	framer *xhttp2.Framer
}

var parsers = sync.Pool{New: func() any {
	p := new(parser)
	p.framer = xhttp2.NewFramer(io.Discard, &p.feed)
	p.framer.AllowIllegalReads = true
	p.framer.SetReuseFrames()
	return p
}}

// fromFramer translates the errors of Framer.
func fromFramer(err error) error {
	var ce xhttp2.ConnectionError
	var se xhttp2.StreamError
	switch {
	case errors.As(err, &ce):
		return &ConnError{Code: ErrCode(ce), Reason: "malformed frame"}
	case errors.As(err, &se):
		return &streamError{se.StreamID, se.Code, "malformed frame"}
	case errors.Is(err, xhttp2.ErrFrameTooLarge):
		return &ConnError{Code: FrameSizeError, Reason: "frame too large"}
	}
	return protocolError("%v", err)
}

// other takes a frame that Framer has read.
func (c *conn) other(f xhttp2.Frame) error {
	switch f := f.(type) {
	case *xhttp2.DataFrame:
		// Padding counts as data.
		return c.data(f.StreamID, f.Data(), int(f.Length), f.StreamEnded())
	case *xhttp2.HeadersFrame:
		if f.HasPriority() && f.Priority.StreamDep == f.StreamID {
			return &streamError{f.StreamID, ProtocolError, "stream depends on itself"}
		}
		if f.HeadersEnded() {
			return c.headers(f.StreamID, f.HeaderBlockFragment(), f.StreamEnded())
		}
		return c.block.begin(f.StreamID, f.HeaderBlockFragment(), f.StreamEnded(), c.cfg)
	case *xhttp2.ContinuationFrame:
		return c.continuation(f)
	case *xhttp2.SettingsFrame:
		return c.settings(f)
	case *xhttp2.RSTStreamFrame:
		return c.peerReset(f)
	case *xhttp2.PingFrame:
		return c.ping(f)
	case *xhttp2.GoAwayFrame:
		c.side.goAway(f.LastStreamID, f.ErrCode, string(f.DebugData()))
		return c.cheap()
	case *xhttp2.PushPromiseFrame:
		return protocolError("PUSH_PROMISE")
	case *xhttp2.PriorityFrame:
		if f.StreamDep == f.StreamID {
			return &streamError{f.StreamID, ProtocolError, "stream depends on itself"}
		}
		return c.cheap()
	}
	return c.cheap() // unknown frames are ignored (RFC 9113, section 4.1)
}

// headers decodes a whole header block and passes it on.
func (c *conn) headers(id uint32, block []byte, end bool) error {
	if len(block) > c.cfg.maxBlock() {
		return &ConnError{Code: EnhanceYourCalm, Reason: "header block too long"}
	}
	if c.dec == nil {
		c.dec = newDecoder(c.cfg.MaxHeaderListSize)
	}
	fields, over, err := c.dec.decode(block)
	if err != nil {
		return err
	}
	return c.side.headers(id, fields, over, end)
}

// data takes the payload of a DATA frame; size counts its padding too.
func (c *conn) data(id uint32, p []byte, size int, end bool) error {
	s := c.lookup(id)
	if err := c.received(s, size); err != nil {
		return err
	}
	if s == nil {
		if len(p) == 0 {
			if err := c.cheap(); err != nil {
				return err
			}
		}
		return c.unknown(id, "DATA")
	}
	if s.gotEnd {
		return &streamError{id, StreamClosed, "DATA after the end"}
	}
	if s.client != nil && !s.client.headed {
		return &streamError{id, ProtocolError, "DATA before HEADERS"}
	}
	if len(p) > 0 || end {
		c.useful++
	} else if err := c.cheap(); err != nil {
		return err
	}
	if len(p) >= largeData {
		c.bulk += len(p)
	}
	s.gotData += int64(len(p))
	if s.declared >= 0 && (s.gotData > s.declared || end && s.gotData != s.declared) {
		return &streamError{id, ProtocolError, "content-length does not match"}
	}
	if padding := size - len(p); padding > 0 {
		c.owe(s, padding)
	}
	s.gotEnd = end
	if s.assembly.dead {
		if end {
			c.side.arrived(s, s.push(nil, 0, true, nil), true)
		}
		return nil
	}
	return c.collect(s, p, end)
}

// collect makes messages of the payload of a DATA frame.
func (c *conn) collect(s *stream, p []byte, end bool) error {
	var err error
	if s.server != nil && s.server.Unwrap != nil {
		if p, err = c.unwrap(s, p, end); err != nil {
			s.assembly.dead = true
			c.side.arrived(s, s.push(nil, 0, end, err), true)
			return nil
		}
	}
	c.scratch, err = s.assembly.take(p, s.limit, c.scratch[:0], func(size int) {
		if s.assembly.large = int64(size) > int64(c.cfg.StreamWindow)/2; s.assembly.large {
			c.prepay(s, size)
		}
	})
	if err == nil && end && s.assembly.partial() {
		err = &ResetError{Code: InternalError, Reason: "the stream ended within a message"}
	}
	s.assembly.dead = err != nil
	whole := len(c.scratch)
	c.meter.got += int64(whole)
	held := int64(0)
	if !end {
		held = int64(len(p) + whole*perMessage)
	}
	waiting := s.push(c.scratch, held, end, err)
	if waiting >= many {
		c.bulk = plenty
	}
	clear(c.scratch)
	if cap(c.scratch) > 64 {
		c.scratch = nil
	}
	if whole > 0 || end || err != nil {
		c.side.arrived(s, waiting, end || err != nil)
	}
	if held > 0 && c.held.Load() > int64(c.cfg.MaxUnread) {
		return &streamError{s.id, EnhanceYourCalm, "the connection holds too much that was not received by its users"}
	}
	return nil
}

// unwrap returns what is in p, and grants again what only wrapped it.
func (c *conn) unwrap(s *stream, p []byte, end bool) ([]byte, error) {
	inside, err := s.server.Unwrap(p, end)
	if err != nil {
		return nil, &ResetError{Code: ProtocolError, Reason: err.Error()}
	}
	if n := len(p) - len(inside); n > 0 {
		c.owe(s, n)
	}
	return inside, nil
}

// unknown deals with a frame for a stream that is not in the table.
func (c *conn) unknown(id uint32, what string) error {
	if c.idle(id) {
		return protocolError("%s on idle stream %d", what, id)
	}
	if c.resets.has(id) {
		// Sent before our reset arrived. Data has its price, the window.
		if what == "DATA" {
			return nil
		}
		return c.cheap()
	}
	return &streamError{id, StreamClosed, what + " on a closed stream"}
}

// idle reports whether a stream was never opened.
func (c *conn) idle(id uint32) bool {
	if c.server == (id&1 == 1) { // the peer's to open
		return id > c.newest
	}
	if c.server {
		return true // we push nothing
	}
	return id >= c.opened()
}

func (c *conn) peerReset(f *xhttp2.RSTStreamFrame) error {
	if c.idle(f.StreamID) {
		return protocolError("RST_STREAM on idle stream %d", f.StreamID)
	}
	s := c.take(f.StreamID)
	if s == nil {
		return c.cheap()
	}
	s.fail(&ResetError{Code: f.ErrCode, Remote: true, Unprocessed: f.ErrCode == RefusedStream})
	c.side.arrived(s, 0, true)
	if c.server && time.Since(s.born) < young {
		return c.wasted()
	}
	return nil
}

func (c *conn) windowUpdate(id, n uint32) error {
	if err := c.cheap(); err != nil {
		return err
	}
	switch {
	case id == 0 && n == 0:
		return protocolError("WINDOW_UPDATE of 0")
	case id == 0:
		return c.widen(nil, int64(n))
	}
	s := c.lookup(id)
	switch {
	case s == nil && c.idle(id):
		return protocolError("WINDOW_UPDATE on idle stream %d", id)
	case s == nil:
		return nil
	case n == 0:
		return &streamError{id, ProtocolError, "WINDOW_UPDATE of 0"}
	}
	return c.widen(s, int64(n))
}

// settings applies the peer's settings, in order, and acknowledges them.
func (c *conn) settings(f *xhttp2.SettingsFrame) error {
	if f.IsAck() {
		c.known.Store(true)
		return c.cheap()
	}
	if c.greeted {
		if err := c.cheap(); err != nil {
			return err
		}
	}
	var bad error
	over := c.reply(func(b []byte) []byte {
		if bad = f.ForeachSetting(c.setting); bad != nil {
			return b
		}
		c.feedStarved()
		return appendSettingsAck(b)
	})
	if bad != nil {
		return fromFramer(bad)
	}
	if over != nil {
		return over
	}
	first := !c.greeted
	c.greeted = true
	if first {
		c.side.settled()
	}
	return nil
}

// setting applies one setting. It runs under the writer's lock.
func (c *conn) setting(s xhttp2.Setting) error {
	if err := s.Valid(); err != nil {
		return err
	}
	switch s.ID {
	case xhttp2.SettingHeaderTableSize:
		c.enc.setLimit(s.Val)
	case xhttp2.SettingMaxFrameSize:
		c.maxFrame = int(min(s.Val, 1<<20)) // more in one frame would only delay others
	case xhttp2.SettingMaxHeaderListSize:
		c.listLimit.Store(s.Val)
	case xhttp2.SettingMaxConcurrentStreams:
		c.mu.Lock()
		c.limit, c.limited = s.Val, true
		c.invite()
		c.mu.Unlock()
	case xhttp2.SettingEnablePush:
		if !c.server && s.Val != 0 {
			return xhttp2.ConnectionError(ProtocolError)
		}
	case xhttp2.SettingInitialWindowSize:
		delta := int64(s.Val) - c.initial
		c.initial = int64(s.Val)
		c.mu.Lock()
		defer c.mu.Unlock()
		for _, st := range c.streams {
			if st.window += delta; st.window > 1<<31-1 {
				return xhttp2.ConnectionError(FlowControlError)
			}
		}
	}
	return nil
}
