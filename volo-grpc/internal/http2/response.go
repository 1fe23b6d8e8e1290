package http2

import (
	"strings"

	"golang.org/x/net/http2/hpack"
)

// This file reads the head and the trailers of responses.

// A Head is what a response begins with.
type Head struct {
	Status       string // of HTTP
	ContentType  string
	Encoding     string // grpc-encoding
	Fields       []Field
	TrailersOnly bool // head and tail came as one
}

// A Tail is what a response ends with.
type Tail struct {
	Status  string // grpc-status, "" if missing
	Message string // grpc-message, percent-encoded
	Fields  []Field
}

// headers takes a header block of a response: informational, the head, or the
// trailers.
func (c *Client) headers(id uint32, fields []hpack.HeaderField, over, end bool) error {
	st := c.lookup(id)
	if st == nil {
		return c.unknown(id, "HEADERS")
	}
	s := st.client
	c.useful++
	c.silence.spoke()
	if s.gotEnd {
		return &streamError{id, StreamClosed, "HEADERS after the end"}
	}
	if over {
		return &streamError{id, InternalError, "the header list of the response is over the limit"}
	}
	if s.headed {
		if !end {
			return &streamError{id, ProtocolError, "trailers without END_STREAM"}
		}
		return c.trailers(s, fields)
	}
	head, tail, err := readResponse(id, fields, end)
	if err != nil {
		return err
	}
	if len(head.Status) == 3 && head.Status[0] == '1' {
		if end {
			return &streamError{id, ProtocolError, "informational response ends the stream"}
		}
		return nil
	}
	s.mu.Lock()
	s.headed, s.head, s.tail = true, head, tail
	s.mu.Unlock()
	switch {
	case end:
		s.gotEnd = true
		s.push(nil, 0, true, nil)
	case head.Status != "200" || !strings.HasPrefix(head.ContentType, "application/grpc"):
		// What follows are no messages.
		s.assembly.dead = true
		s.push(nil, 0, false, ErrNotGRPC)
	case s.unary:
		return nil
	}
	s.notify()
	return nil
}

func (c *Client) trailers(s *ClientStream, fields []hpack.HeaderField) error {
	var tail Tail
	for i := range fields {
		f := &fields[i]
		if f.IsPseudo() {
			return &streamError{s.id, ProtocolError, "pseudo field in trailers"}
		}
		if bad := checkField(f); bad != "" {
			return &streamError{s.id, ProtocolError, bad}
		}
		tail.add(f)
	}
	s.gotEnd = true
	partial := s.assembly.partial()
	// When both halves have ended, no frame can be about it any more. The
	// receiver may use it for another call, once it knows.
	over := s.unary && !partial && s.sentEnd.Load()
	if over {
		c.hot = nil
		how := complete
		if tail.Status == "0" {
			how = wellDone
		}
		c.remove(&s.stream, how)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.free = over
	s.tail = tail
	if partial && s.inErr == nil {
		s.inErr = &ResetError{Code: InternalError, Reason: "the response ended within a message"}
	}
	s.ended = true
	s.notify() // while it is locked: then it is the receiver's
	return nil
}

func (t *Tail) add(f *hpack.HeaderField) {
	switch f.Name {
	case "grpc-status":
		t.Status = f.Value
	case "grpc-message":
		t.Message = f.Value
	default:
		t.Fields = append(t.Fields, Field{f.Name, f.Value})
	}
}

// readResponse sorts the fields of a head. If it is also the end, what is not
// about the response as such belongs to the trailers.
func readResponse(id uint32, fields []hpack.HeaderField, end bool) (h Head, t Tail, err error) {
	h.TrailersOnly = end
	pseudo := true
	for i := range fields {
		f := &fields[i]
		if f.IsPseudo() {
			if f.Name != ":status" || !pseudo || h.Status != "" {
				return h, t, &streamError{id, ProtocolError, "unexpected pseudo field " + f.Name}
			}
			h.Status = f.Value
			continue
		}
		pseudo = false
		if bad := checkField(f); bad != "" {
			return h, t, &streamError{id, ProtocolError, bad}
		}
		switch {
		case f.Name == "content-type":
			h.ContentType = f.Value
		case f.Name == "grpc-encoding":
			h.Encoding = f.Value
		case end:
			t.add(f)
		default:
			h.Fields = append(h.Fields, Field{f.Name, f.Value})
		}
	}
	if h.Status == "" {
		return h, t, &streamError{id, ProtocolError, "response without :status"}
	}
	return h, t, nil
}
