package console

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/volo-go/volo/volo-cli/internal/invoke"
)

// An httpError is an error with a status of HTTP that is not 500.
type httpError struct {
	status int
	err    error
}

func (e *httpError) Error() string { return e.err.Error() }
func (e *httpError) Unwrap() error { return e.err }

// A faultError is JSON that is no request.
type faultError struct{ *invoke.Fault }

func (e *faultError) Error() string { return e.Message }

// api makes a handler of a function whose error is told in JSON.
func (c *Console) api(f func(http.ResponseWriter, *http.Request) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if err := f(w, r); err != nil {
			c.fail(w, r, err)
		}
	}
}

// fail tells why something has not worked.
func (c *Console) fail(w http.ResponseWriter, r *http.Request, err error) {
	answer := struct {
		Error *invoke.Failure `json:"error"`
		Fault *invoke.Fault   `json:"fault,omitempty"`
	}{}
	status := http.StatusBadGateway // the server that is called
	var known *httpError
	var fault *faultError
	switch {
	case errors.As(err, &known):
		status = known.status
	case errors.As(err, &fault):
		status, answer.Fault = http.StatusUnprocessableEntity, fault.Fault
	}
	var nobody *invoke.Peer
	answer.Error = nobody.Explain(r.Context(), err)
	write(w, status, answer)
}

// write answers with JSON.
func write(w http.ResponseWriter, status int, v any) error {
	b, err := encode(v)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(b) // if who asked has gone, nobody needs to hear of it
	return nil
}

// body returns the body of a request, which may be no longer than the limit and
// has to come at once.
func (c *Console) body(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	control := http.NewResponseController(w)
	_ = control.SetReadDeadline(time.Now().Add(bodyPatience)) // not in tests without a connection
	defer control.SetReadDeadline(time.Time{})
	b, err := io.ReadAll(http.MaxBytesReader(w, r.Body, c.config.MaxBody))
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return nil, &httpError{http.StatusRequestEntityTooLarge, fmt.Errorf("console: the body is longer than %d bytes", large.Limit)}
	case err != nil:
		return nil, &httpError{http.StatusBadRequest, fmt.Errorf("console: body: %w", err)}
	}
	return b, nil
}

// read decodes the body of a request.
func (c *Console) read(w http.ResponseWriter, r *http.Request, v any) error {
	b, err := c.body(w, r)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(b, v); err != nil {
		return &httpError{http.StatusBadRequest, fmt.Errorf("console: body: %w", err)}
	}
	return nil
}

// A peerAnswer is the answer of /api/peer.
type peerAnswer struct {
	Target     string        `json:"target"`
	Command    []string      `json:"command"`
	Metadata   []invoke.Pair `json:"metadata"`
	Persistent []invoke.Pair `json:"persistent"`
	Transient  []invoke.Pair `json:"transient"`
	Timeout    string        `json:"timeout"` // "" for none
}

// servePeer tells what is known without the peer.
func (c *Console) servePeer(w http.ResponseWriter, _ *http.Request) error {
	call := c.config.Call
	a := peerAnswer{Target: c.config.Target, Command: c.config.Command, Metadata: call.Metadata, Persistent: call.Persistent, Transient: call.Transient}
	if call.Timeout > 0 {
		a.Timeout = call.Timeout.String()
	}
	return write(w, http.StatusOK, a)
}

// serveOutline tells what there is.
func (c *Console) serveOutline(w http.ResponseWriter, r *http.Request) error {
	ctx, cancel := context.WithTimeout(r.Context(), askPatience)
	defer cancel()
	peer, leave, err := c.peers.use(ctx)
	if err != nil {
		return err
	}
	defer leave()
	outline, err := peer.Outline(ctx)
	if err != nil {
		return err
	}
	return write(w, http.StatusOK, struct {
		Protocol invoke.Protocol `json:"protocol"`
		*invoke.Outline
	}{peer.Protocol(), outline})
}

// serveReload has everything read and asked again.
func (c *Console) serveReload(w http.ResponseWriter, r *http.Request) error {
	if err := c.peers.forget(); err != nil {
		return err
	}
	return c.serveOutline(w, r)
}

// serveCheck tells what is wrong with a request.
func (c *Console) serveCheck(w http.ResponseWriter, r *http.Request) error {
	var ask struct {
		Method string `json:"method"`
		Text   string `json:"text"`
	}
	if err := c.read(w, r, &ask); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(r.Context(), askPatience)
	defer cancel()
	peer, leave, err := c.peers.use(ctx)
	if err != nil {
		return err
	}
	defer leave()
	m, err := peer.Method(ctx, ask.Method)
	if err != nil {
		return &httpError{http.StatusNotFound, err}
	}
	return write(w, http.StatusOK, peer.Check(ctx, m, []byte(ask.Text)))
}
