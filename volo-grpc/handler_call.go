package vologrpc

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/volo-go/volo/volo-grpc/internal/http2"
)

// Map of this file: httpCall; receiving, against the clock over HTTP/1.1;
// sending and ending; how a call is cut off, and how it is given back.

// An httpCall carries a call on net/http: of gRPC, or of gRPC-Web if it has a
// form.
type httpCall struct {
	w    http.ResponseWriter
	r    *http.Request
	rc   *http.ResponseController
	head *http2.RequestHead
	own  *http1Conn // that it came over, if that is ours

	body     io.Reader // envelopes
	form     *webForm  // of the answer; nil for gRPC
	cors     admission
	limit    int           // of a message
	patience time.Duration // with a peer that takes no bytes
	slow     bool          // HTTP/1.1, where nothing but the clock tells a slow peer

	// Of the receiver.
	readBy time.Time // the deadline that is set
	inErr  error     // why no more can be received

	broken bool // a part of the body may be missing; of the sender

	mu     sync.Mutex
	over   error       // why the call ended out of order
	sealed bool        // deadlines are not the call's to set any more
	ended  func(error) // wants to know; nil if nobody does
	unbind func() bool // lets go of the request's context; nil if there is nothing to
}

func newHTTPCall(s *Server, w http.ResponseWriter, r *http.Request, form *webForm, head *http2.RequestHead) *httpCall {
	c := &httpCall{
		w: w, r: r, rc: http.NewResponseController(w), head: head, own: s.http1Of(r.Context()), body: r.Body,
		limit: s.o.maxReceive, patience: s.o.writeTimeout, slow: r.ProtoMajor < 2,
	}
	if form != nil {
		if form.text {
			c.body = &textReader{from: r.Body}
		}
		c.form = formOfAnswer(form, fieldOf(head.Fields, "accept"))
		c.cors = s.web.cors.ofAnswer(fieldOf(head.Fields, "origin"))
	}
	if c.slow {
		c.rc.EnableFullDuplex() // an answer may begin before the request has ended
	}
	return c
}

const (
	// slowMessage is how long a message of a request may take over HTTP/1.1,
	// and slowRate how many bytes more buy a second.
	slowMessage = 30 * time.Second
	slowRate    = 16 << 10
	// lastBytes is how long the rest of a request may take that nobody wants.
	lastBytes = time.Second
)

var errSlow = &http2.ResetError{Code: http2.Cancel, Reason: "a message of the request has not arrived in time"}

func (c *httpCall) recv(until http2.Bound) (m http2.Message, err error) {
	if c.inErr != nil {
		return m, c.inErr
	}
	m, err = c.read(until.Deadline)
	if err != nil {
		c.inErr = c.because(err, until.Deadline)
	}
	return m, c.inErr
}

// read reads a message. At the end it lets the connection wait for what comes
// next as long as it likes.
func (c *httpCall) read(deadline time.Time) (m http2.Message, err error) {
	c.await(deadline, 0)
	var head [http2.EnvelopeSize]byte
	if _, err = io.ReadFull(c.body, head[:]); err != nil {
		if err == io.EOF && c.slow {
			c.setDeadline(c.rc.SetReadDeadline, time.Time{})
		}
		return m, err
	}
	size := binary.BigEndian.Uint32(head[1:])
	switch {
	case head[0] > 1:
		return m, &http2.ResetError{Code: http2.ProtocolError, Reason: "message with unknown flags"}
	case int64(size) > int64(c.limit):
		return m, &http2.SizeError{Size: int(size), Limit: c.limit}
	}
	c.await(deadline, int(size))
	m.Compressed = head[0] == 1
	m.Data, err = readAll(c.body, int(size))
	return m, err
}

// await bounds the reading of a message.
func (c *httpCall) await(deadline time.Time, size int) {
	if c.slow {
		deadline = earlier(deadline, slowMessage+time.Duration(size/slowRate)*time.Second)
	} else if deadline.Equal(c.readBy) {
		return
	}
	c.readBy = deadline
	c.setDeadline(c.rc.SetReadDeadline, deadline)
}

// readAll reads size bytes. What is announced is not yet here: memory follows
// the bytes.
func readAll(r io.Reader, size int) ([]byte, error) {
	b := make([]byte, min(size, 16<<10))
	for have := 0; ; {
		n, err := io.ReadFull(r, b[have:])
		have += n
		if err == io.EOF && have < size {
			err = io.ErrUnexpectedEOF
		}
		if err != nil || have == size {
			return b[:have], err
		}
		bigger := make([]byte, min(size, 2*len(b)))
		copy(bigger, b)
		b = bigger
	}
}

// because translates an error of net/http.
func (c *httpCall) because(err error, deadline time.Time) error {
	c.mu.Lock()
	over := c.over
	c.mu.Unlock()
	switch {
	case over == http2.ErrClosed:
		return over
	case errors.Is(err, os.ErrDeadlineExceeded): // which ends the context, too
		if !deadline.IsZero() && !time.Now().Before(deadline) {
			return context.DeadlineExceeded
		}
		return errSlow
	case c.r.Context().Err() != nil:
		return errPeerReset
	case errors.Is(err, errText):
		return &http2.ResetError{Code: http2.ProtocolError, Reason: err.Error()}
	case errors.Is(err, io.ErrUnexpectedEOF):
		return &http2.ResetError{Code: http2.InternalError, Reason: "the request ended within a message"}
	}
	return err
}

var errPeerReset = &http2.ResetError{Code: http2.Cancel, Remote: true}

func (c *httpCall) send(begins bool, head []http2.Field, body []byte, until http2.Bound) error {
	buf := scratches.Get().(*scratch)
	defer buf.release()
	if c.form != nil {
		body = c.form.body(body, nil, buf)
	}
	err := c.write(begins, head, body, until.Deadline)
	if err == nil {
		// Over HTTP/2 it would end the stream, whether somebody writes or not.
		c.setDeadline(c.rc.SetWriteDeadline, time.Time{})
	}
	return err
}

// write sends the head of an answer that begins, and a part of its body.
func (c *httpCall) write(begins bool, head []http2.Field, body []byte, deadline time.Time) error {
	c.setDeadline(c.rc.SetWriteDeadline, earlier(deadline, c.patience))
	if begins {
		c.begin(head)
	}
	var err error
	if len(body) > 0 {
		_, err = c.w.Write(body)
	}
	if err == nil {
		err = c.rc.Flush()
	}
	if err != nil {
		c.broken = true
		return c.because(err, deadline)
	}
	return nil
}

// begin writes the head of the answer.
func (c *httpCall) begin(head []http2.Field) {
	h := c.w.Header()
	if c.form == nil {
		h.Set("Content-Type", "application/grpc")
	} else {
		h.Set("Content-Type", c.form.contentType())
		head = c.cors.appendTo(head)
	}
	for _, f := range head {
		h.Add(f.Name, f.Value)
	}
	if c.own != nil && c.own.old.Load() {
		h.Set("Connection", "close")
	}
	c.w.WriteHeader(http.StatusOK)
}

func (c *httpCall) finish(begins bool, head []http2.Field, body []byte, trailer []http2.Field) {
	if c.broken {
		return // net/http has given up the stream or the connection
	}
	if c.form != nil {
		buf := scratches.Get().(*scratch)
		defer buf.release()
		c.write(begins, head, c.form.body(body, trailer, buf), time.Time{})
		return
	}
	if begins && len(head) == 0 && len(body) == 0 {
		c.begin(trailer) // "Trailers-Only"
		return
	}
	if c.write(begins, head, body, time.Time{}) != nil {
		return
	}
	h := c.w.Header()
	for _, f := range trailer {
		name := http.TrailerPrefix + http.CanonicalHeaderKey(f.Name)
		h[name] = append(h[name], f.Value)
	}
}

func (c *httpCall) onEnd(f func(error)) {
	c.mu.Lock()
	over := c.over
	if over == nil {
		c.ended = f
		c.unbind = context.AfterFunc(c.r.Context(), func() { c.cut(errPeerReset) })
	}
	c.mu.Unlock()
	if over != nil {
		f(over)
	}
}

// Close cuts the call off: whoever reads or writes is woken.
func (c *httpCall) Close() {
	c.cut(http2.ErrClosed)
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.sealed {
		c.sealed = true
		now := time.Now()
		c.rc.SetReadDeadline(now)
		c.rc.SetWriteDeadline(now)
	}
}

// cut ends the call from outside.
func (c *httpCall) cut(why error) {
	c.mu.Lock()
	ended := c.ended
	c.ended = nil
	if c.over == nil {
		c.over = why
	}
	c.mu.Unlock()
	if ended != nil {
		ended(why)
	}
}

// leave returns the call to net/http.
func (c *httpCall) leave() {
	if c.slow && c.inErr != io.EOF {
		// Nobody wants the rest, but the connection is of no use with it. It is
		// ours to read: net/http, told that reading and writing go together,
		// would take what it reads now for the beginning of the next request.
		c.setDeadline(c.rc.SetReadDeadline, time.Now().Add(lastBytes))
		if _, err := io.Copy(io.Discard, c.r.Body); err != nil {
			c.part()
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.sealed, c.ended = true, nil
	if c.unbind != nil {
		c.unbind()
	}
}

// part has net/http close a connection of HTTP/1.1 after the answer, also when
// its head is gone: as for a request over the limit of an
// [http.MaxBytesReader].
func (c *httpCall) part() {
	w := c.w
	for {
		inner, ok := w.(interface{ Unwrap() http.ResponseWriter })
		if !ok {
			break
		}
		w = inner.Unwrap()
	}
	http.MaxBytesReader(w, io.NopCloser(strings.NewReader("x")), 0).Read(make([]byte, 1))
}

// setDeadline sets a deadline unless that is not ours to do any more.
func (c *httpCall) setDeadline(set func(time.Time) error, t time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.sealed {
		set(t)
	}
}

// earlier returns t, but no later than d from now; the zero t is never.
func earlier(t time.Time, d time.Duration) time.Time {
	if end := time.Now().Add(d); t.IsZero() || end.Before(t) {
		return end
	}
	return t
}
