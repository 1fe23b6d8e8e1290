package invoke

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/volo-go/volo/metainfo"
	"github.com/volo-go/volo/motore/rpc"
)

// A Pair is one entry of metadata.
type Pair struct {
	Key   string `json:"key"`
	Value string `json:"value"` // base64 if the key ends in "-bin"
}

// A Call is what is sent.
type Call struct {
	Metadata              []Pair // of gRPC
	Persistent, Transient []Pair // see package metainfo
	Timeout               time.Duration

	// Next returns the next request as JSON and, after the last one, io.EOF.
	// For a method that does not stream requests it is asked for one. Streams
	// are sent from a goroutine of their own, which the call does not wait for
	// if it ends while Next has not returned. Nil sends one empty request, or an
	// empty stream.
	Next func() ([]byte, error)
	// Receive takes an answer as JSON, as it comes. An error ends the call.
	Receive func(text []byte) error
	// Header, if not nil, is told what the answers begin with, before them.
	Header func([]Pair)
}

// A Reply is what is known of a call beside its answers, also if it has failed.
type Reply struct {
	Peer     string `json:"peer,omitempty"`
	Header   []Pair `json:"header,omitempty"`
	Trailer  []Pair `json:"trailer,omitempty"`
	Backward []Pair `json:"backward,omitempty"` // see package metainfo
	Sent     int    `json:"sent"`               // messages
	Received int    `json:"received"`
	Timing   Timing `json:"timing"`
}

// A Timing says how long what took. All but Total is known of calls with one
// request and one answer; what is not is zero, and left out in JSON: of streams
// the sizes and most phases.
type Timing struct {
	Encode        time.Duration `json:"encode_ns,omitempty"` // connecting included
	Write         time.Duration `json:"write_ns,omitempty"`
	Wait          time.Duration `json:"wait_ns,omitempty"` // for the answer
	Decode        time.Duration `json:"decode_ns,omitempty"`
	Total         time.Duration `json:"total_ns"`
	SentBytes     int           `json:"sent_bytes,omitempty"`
	ReceivedBytes int           `json:"received_bytes,omitempty"`
}

// Messages returns what [Call].Next wants to be: it returns each text once.
func Messages(texts ...[]byte) func() ([]byte, error) {
	return func() ([]byte, error) {
		if len(texts) == 0 {
			return nil, io.EOF
		}
		text := texts[0]
		texts = texts[1:]
		return text, nil
	}
}

// Read returns a Next that takes values of JSON from r, one after the other,
// with any white space between them.
func Read(r io.Reader) func() ([]byte, error) {
	d := json.NewDecoder(r)
	return func() ([]byte, error) {
		var text json.RawMessage
		err := d.Decode(&text)
		if err != nil && err != io.EOF {
			err = &InputError{fmt.Errorf("after %d bytes: %w", d.InputOffset(), err)}
		}
		return text, err
	}
}

// An InputError says that nothing was wrong with the server: the request is
// not what the IDL wants.
type InputError struct{ Err error }

// Error tells what is wrong.
func (e *InputError) Error() string { return "request: " + e.Err.Error() }

// Unwrap returns Err.
func (e *InputError) Unwrap() error { return e.Err }

var errNoTarget = errors.New("there is no target to call")

// Call makes a call. The reply is never nil. What the error means, Explain
// tells.
func (p *Peer) Call(ctx context.Context, m *Method, c Call) (*Reply, error) {
	reply := new(Reply)
	if p.thrift == nil && p.grpc == nil {
		return reply, errNoTarget
	}
	if c.Timeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, c.Timeout)
		defer cancel()
	}
	if c.Receive == nil {
		c.Receive = func([]byte) error { return nil }
	}
	ctx = metainfo.WithBackward(c.metadata(ctx))
	ctx = context.WithValue(ctx, replyKey{}, reply)
	begin := time.Now()
	var err error
	if p.thrift != nil {
		err = p.callThrift(ctx, m, &c, reply)
	} else {
		err = p.callGRPC(ctx, m, &c, reply)
	}
	err = late(ctx, err)
	reply.Timing.Total = time.Since(begin)
	for k, v := range metainfo.Backwards(ctx) {
		reply.Backward = append(reply.Backward, Pair{k, v})
	}
	return reply, err
}

func (c *Call) metadata(ctx context.Context) context.Context {
	for _, p := range c.Persistent {
		ctx = metainfo.WithPersistent(ctx, p.Key, p.Value)
	}
	for _, p := range c.Transient {
		ctx = metainfo.WithTransient(ctx, p.Key, p.Value)
	}
	return ctx
}

// one returns the only request, {} if there is none.
func (c *Call) one() ([]byte, error) {
	if c.Next == nil {
		return []byte("{}"), nil
	}
	text, err := c.Next()
	if err == io.EOF {
		return []byte("{}"), nil
	}
	if err != nil {
		return nil, err
	}
	if _, err := c.Next(); err != io.EOF {
		return nil, &InputError{fmt.Errorf("several messages; this method takes one")}
	}
	return text, nil
}

// receive hands an answer on.
func (c *Call) receive(r *Reply, text []byte) error {
	r.Received++
	var compact bytes.Buffer
	if err := json.Compact(&compact, text); err != nil {
		return err
	}
	return c.Receive(compact.Bytes())
}

// replyKey is what the context of a call has its reply under.
type replyKey struct{}

// observe notes the facts of a call that is over.
func observe(ctx context.Context, info *rpc.Info) {
	r, ok := ctx.Value(replyKey{}).(*Reply)
	if !ok {
		return
	}
	s := info.Stats
	r.Peer = shown(info.Callee.Address)
	r.Timing = Timing{
		Encode: s.EncodeDone, Write: s.WriteDone - s.EncodeDone, Wait: s.ReadDone - max(s.WriteDone, s.EncodeDone),
		Decode: s.DecodeDone - s.ReadDone, SentBytes: s.SentBytes, ReceivedBytes: s.ReceivedBytes,
	}
	for _, d := range []*time.Duration{&r.Timing.Write, &r.Timing.Wait, &r.Timing.Decode} {
		*d = max(*d, 0) // the call has not come so far
	}
}

// text returns values as JSON and people want to see them.
func (p Pair) text() Pair {
	if strings.HasSuffix(p.Key, "-bin") {
		p.Value = base64.StdEncoding.EncodeToString([]byte(p.Value))
	}
	return p
}

// wire undoes text.
func (p Pair) wire() (Pair, error) {
	p.Key = strings.ToLower(p.Key)
	if !strings.HasSuffix(p.Key, "-bin") {
		return p, nil
	}
	b, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(p.Value, "="))
	if err != nil {
		return p, &InputError{fmt.Errorf("metadata %s: a value of bytes is base64: %w", p.Key, err)}
	}
	p.Value = string(b)
	return p, nil
}
