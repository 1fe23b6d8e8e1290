package console

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/volo-go/volo/volo-cli/internal/invoke"
)

// A callRequest is the body of /api/calls.
type callRequest struct {
	Method     string        `json:"method"` // Service/Method
	Text       string        `json:"text"`   // the request; not of methods that stream requests
	Metadata   []invoke.Pair `json:"metadata"`
	Persistent []invoke.Pair `json:"persistent"`
	Transient  []invoke.Pair `json:"transient"`
	Timeout    string        `json:"timeout"` // of Go; "" is 30s, and none for streams
}

// call returns what is asked for as package invoke takes it.
func (q *callRequest) call() (c invoke.Call, err error) {
	c = invoke.Call{Metadata: q.Metadata, Persistent: q.Persistent, Transient: q.Transient}
	if q.Timeout != "" {
		if c.Timeout, err = time.ParseDuration(q.Timeout); err != nil || c.Timeout <= 0 {
			err = &httpError{http.StatusBadRequest, fmt.Errorf("console: timeout %q: want a duration, such as 5s or 300ms", q.Timeout)}
		}
	}
	return c, err
}

// An event is a line of the answer of a call.
type event struct {
	Event string          `json:"event"`
	At    time.Duration   `json:"at_ns"`
	ID    string          `json:"id,omitempty"`    // begin
	Pairs []invoke.Pair   `json:"pairs,omitempty"` // header
	Count int             `json:"count,omitempty"` // sent
	Text  json.RawMessage `json:"text,omitempty"`  // message
	Reply *invoke.Reply   `json:"reply,omitempty"` // end
	Error *invoke.Failure `json:"error,omitempty"`
}

// serveCall makes a call and tells of it as it goes.
func (c *Console) serveCall(w http.ResponseWriter, r *http.Request) error {
	var q callRequest
	if err := c.read(w, r, &q); err != nil {
		return err
	}
	call, err := q.call()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancelCause(r.Context())
	defer cancel(nil)
	peer, leave, err := c.peers.use(ctx)
	if err != nil {
		return err
	}
	defer leave()
	m, err := peer.Method(ctx, q.Method)
	if err != nil {
		return &httpError{http.StatusNotFound, err}
	}
	one := &running{
		peer: peer, method: m, cancel: cancel, over: ctx.Done(),
		messages: make(chan []byte), end: make(chan struct{}),
	}
	if !m.ClientStreams && !m.ServerStreams {
		call.Timeout = cmp.Or(call.Timeout, callPatience)
	}
	if m.ClientStreams {
		call.Next = one.next
	} else {
		if fault := peer.Check(ctx, m, []byte(q.Text)); fault != nil {
			return &faultError{fault}
		}
		call.Next = invoke.Messages([]byte(q.Text))
	}
	id, err := c.calls.add(one)
	if err != nil {
		return err
	}
	defer c.calls.remove(id)
	w.Header().Set("Content-Type", "application/x-ndjson")
	(&teller{w: w}).tell(ctx, peer, m, call, id)
	return nil
}

// A teller writes the events of one call.
type teller struct {
	begin time.Time // of the call

	mu  sync.Mutex // a stream sends and receives at once
	w   http.ResponseWriter
	err error // of writing
}

// tell makes the call and tells of it to its end.
func (t *teller) tell(ctx context.Context, peer *invoke.Peer, m *invoke.Method, call invoke.Call, id string) {
	t.write(&event{Event: "begin", ID: id})
	t.begin = time.Now() // of the call, not of telling that it will be
	call.Header = func(h []invoke.Pair) { t.write(&event{Event: "header", Pairs: h}) }
	call.Receive = func(text []byte) error { return t.write(&event{Event: "message", Text: text}) }
	if next := call.Next; m.ClientStreams {
		count := 0
		call.Next = func() ([]byte, error) {
			text, err := next()
			if err == nil { // told before it can be answered
				count++
				t.write(&event{Event: "sent", Count: count})
			}
			return text, err
		}
	}
	reply, err := peer.Call(ctx, m, call)
	end := &event{Event: "end", Reply: reply}
	if err != nil {
		end.Error = explain(ctx, peer, err)
	}
	t.write(end)
	t.mu.Lock()
	defer t.mu.Unlock()
	t.err = errOver // for who still sends
}

// explain says why a call has failed. That it was canceled, only the context
// knows; the call merely did not go on.
func explain(ctx context.Context, peer *invoke.Peer, err error) *invoke.Failure {
	if cause := context.Cause(ctx); cause == errCanceled || cause == errStopped {
		return &invoke.Failure{Kind: invoke.Transport, Name: "canceled", Message: cause.Error()}
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	return peer.Explain(ctx, err)
}

func (t *teller) write(e *event) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.err != nil {
		return t.err
	}
	if !t.begin.IsZero() {
		e.At = time.Since(t.begin)
	}
	var line []byte
	if line, t.err = encode(e); t.err != nil {
		return t.err
	}
	if _, t.err = t.w.Write(line); t.err != nil {
		return t.err
	}
	t.err = http.NewResponseController(t.w).Flush()
	return t.err
}

// encode returns v as a line of JSON.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(v)
	return b.Bytes(), err
}

// serveMessage sends a message of a stream.
func (c *Console) serveMessage(w http.ResponseWriter, r *http.Request) error {
	one, err := c.calls.find(r.PathValue("id"))
	if err != nil {
		return err
	}
	text, err := c.body(w, r)
	if err != nil {
		return err
	}
	// What is wrong with one message is told, and does not end the stream.
	if fault := one.peer.Check(r.Context(), one.method, text); fault != nil {
		return &faultError{fault}
	}
	select {
	case one.messages <- text:
		return write(w, http.StatusAccepted, struct{}{})
	case <-one.end:
		return &httpError{http.StatusConflict, errors.New("console: the call has been told that there are no more messages")}
	case <-one.over:
		return &httpError{http.StatusNotFound, errOver}
	case <-r.Context().Done():
		return context.Cause(r.Context())
	}
}

// serveEnd ends what a stream sends.
func (c *Console) serveEnd(w http.ResponseWriter, r *http.Request) error {
	one, err := c.calls.find(r.PathValue("id"))
	if err != nil {
		return err
	}
	one.once.Do(func() { close(one.end) })
	return write(w, http.StatusAccepted, struct{}{})
}

// serveCancel cancels a call.
func (c *Console) serveCancel(w http.ResponseWriter, r *http.Request) error {
	one, err := c.calls.find(r.PathValue("id"))
	if err != nil {
		return err
	}
	one.cancel(errCanceled)
	return write(w, http.StatusAccepted, struct{}{})
}
