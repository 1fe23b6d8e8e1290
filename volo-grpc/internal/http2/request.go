package http2

import (
	"slices"
	"strconv"
	"time"

	"golang.org/x/net/http/httpguts"
	"golang.org/x/net/http2/hpack"
)

// This file reads the head and the trailers of requests.

// headers takes the head of a request, or its trailers.
func (c *Server) headers(id uint32, fields []hpack.HeaderField, over, end bool) error {
	if id&1 == 0 {
		return protocolError("HEADERS on stream %d", id)
	}
	if id <= c.newest {
		if st := c.lookup(id); st != nil {
			return c.trailers(st, fields, end)
		}
		if c.resets.has(id) {
			return c.cheap()
		}
		return &ConnError{Code: StreamClosed, Reason: "HEADERS on closed stream " + strconv.Itoa(int(id))}
	}
	c.newest = id
	s := &ServerStream{on: c}
	if over {
		return c.refuseHead(id)
	}
	if bad := s.readKnown(c.dec.last, fields); bad != "" {
		return &streamError{id, ProtocolError, bad}
	}
	s.init(&c.conn)
	s.id, s.stream.server, s.declared = id, s, s.length
	if end {
		s.gotEnd, s.ended = true, true
		if s.declared > 0 {
			return &streamError{id, ProtocolError, "content-length without content"}
		}
	}
	if refused, err := c.admit(s); err != nil || refused {
		return err
	}
	c.useful++
	c.hot = &s.stream
	if s.whole = c.handler.Begin(s); !s.whole {
		s.awaken()
	}
	if !s.whole || end {
		c.run(s)
	}
	return nil
}

// admit puts a new stream on the table, unless there are too many or the
// connection is going away.
func (c *Server) admit(s *ServerStream) (refused bool, err error) {
	if c.clock.IsZero() {
		c.clock = time.Now()
		c.meter.lastStream.Store(c.clock.UnixNano())
	}
	s.born, s.window = c.clock, c.initial
	c.mu.Lock()
	away := c.away
	// Streams that were reset while their handlers run count as well, or
	// resetting them would be a way around the limit.
	full := uint32(len(c.streams)) >= c.cfg.MaxConcurrentStreams || c.running.Load() >= 2*int64(c.cfg.MaxConcurrentStreams)
	if !away && !full {
		c.seat(&s.stream)
		c.begun = s.id
	}
	c.mu.Unlock()
	switch {
	case away: // over the id of our GOAWAY: the peer opens it elsewhere
		c.resets.add(s.id)
		return true, nil
	case full:
		return true, &streamError{s.id, RefusedStream, "too many streams"}
	}
	return false, nil
}

// refuseHead answers a head that is over the limit: 431, as the semantics of
// HTTP have it.
func (c *Server) refuseHead(id uint32) error {
	c.resets.add(id)
	err := c.reply(func(b []byte) []byte {
		b, at := openHeaders(b)
		b = c.enc.begin(b)
		b = c.enc.field(b, ":status", "431")
		b = closeHeaders(b, at, id, true, c.maxFrame)
		return appendReset(b, id, NoError)
	})
	if err != nil {
		return err
	}
	return c.wasted()
}

// readKnown is read, but once is enough for a block that is known.
func (s *ServerStream) readKnown(k *known, fields []hpack.HeaderField) (bad string) {
	if k != nil && k.request != nil {
		s.RequestHead, s.length = *k.request, k.length
		return ""
	}
	bad = s.read(fields)
	if k != nil && bad == "" {
		s.Fields = slices.Clip(s.Fields) // who appends gets a slice of its own
		head := s.RequestHead
		k.request, k.length = &head, s.length
	}
	return bad
}

// read sorts the fields of a request; it returns what is wrong with them.
func (s *ServerStream) read(fields []hpack.HeaderField) (bad string) {
	declared := int64(-1)
	scheme, pseudo := "", true
	host := ""
	for i := range fields {
		f := &fields[i]
		if f.IsPseudo() {
			var to *string
			switch f.Name {
			case ":method":
				to = &s.Method
			case ":path":
				to = &s.Path
			case ":scheme":
				to = &scheme
			case ":authority":
				to = &s.Authority
			}
			if to == nil || !pseudo || *to != "" {
				return "unexpected pseudo field " + f.Name
			}
			if !httpguts.ValidHeaderFieldValue(f.Value) {
				return "invalid value of " + f.Name
			}
			*to = f.Value
			continue
		}
		pseudo = false
		if bad := checkField(f); bad != "" {
			return bad
		}
		switch f.Name {
		case "content-type":
			s.ContentType = f.Value
		case "grpc-timeout":
			s.Timeout = f.Value
		case "grpc-encoding":
			s.Encoding = f.Value
		case "grpc-accept-encoding":
			s.AcceptEncoding = f.Value
		case "te":
		case "host":
			host = f.Value
		case "content-length":
			n, err := strconv.ParseInt(f.Value, 10, 64)
			if err != nil || n < 0 {
				return "invalid content-length"
			}
			declared = n
		default:
			if s.Fields == nil {
				s.Fields = make([]Field, 0, len(fields)-i) // once is enough
			}
			s.Fields = append(s.Fields, Field{f.Name, f.Value})
		}
	}
	if s.Method == "" || s.Path == "" || scheme == "" {
		return "a pseudo field is missing"
	}
	if s.Authority == "" {
		s.Authority = host
	}
	s.length = declared
	return ""
}

func (c *Server) trailers(st *stream, fields []hpack.HeaderField, end bool) error {
	switch {
	case st.gotEnd:
		return &streamError{st.id, StreamClosed, "HEADERS after the end"}
	case !end:
		return &streamError{st.id, ProtocolError, "trailers without END_STREAM"}
	}
	for i := range fields {
		if fields[i].IsPseudo() {
			return &streamError{st.id, ProtocolError, "pseudo field in trailers"}
		}
		if bad := checkField(&fields[i]); bad != "" {
			return &streamError{st.id, ProtocolError, bad}
		}
	}
	st.gotEnd = true
	var err error
	if st.assembly.partial() {
		err = &ResetError{Code: InternalError, Reason: "the request ended within a message"}
	}
	if st.declared >= 0 && st.declared != st.gotData {
		return &streamError{st.id, ProtocolError, "content-length does not match"}
	}
	c.useful++
	c.arrived(st, st.push(nil, 0, true, err), true)
	return nil
}
