package http2

import (
	"github.com/volo-go/volo/motore/transport"
	"golang.org/x/net/http2/hpack"
)

// What tests of the parts see of them.

// An Encoder is an encoder.
type Encoder struct{ encoder }

func NewTestEncoder() *Encoder { return &Encoder{encoder{limit: maxTable}} }

func (e *Encoder) SetLimit(n uint32) { e.setLimit(n) }

// Block encodes a whole header block.
func (e *Encoder) Block(k *Block, fields ...Field) []byte {
	b := e.begin(nil)
	b = e.block(b, k)
	for _, f := range fields {
		b = e.field(b, f.Name, f.Value)
	}
	return b
}

// A Decoder is a decoder.
type Decoder struct{ *decoder }

func NewTestDecoder(limit uint32) Decoder { return Decoder{newDecoder(limit)} }

func (d Decoder) Decode(block []byte) ([]hpack.HeaderField, bool, error) { return d.decode(block) }

func CheckField(name, value string) string {
	return checkField(&hpack.HeaderField{Name: name, Value: value})
}

// Headers frames a header block.
func Headers(block []byte, id uint32, end bool, maxFrame int) []byte {
	b, at := openHeaders(nil)
	return closeHeaders(append(b, block...), at, id, end, maxFrame)
}

// Assemble passes chunks to an assembly and returns the messages.
func Assemble(limit int, chunks ...[]byte) (messages []Message, largest int, partial bool, err error) {
	var a assembly
	var done []arrival
	for _, p := range chunks {
		if done, err = a.take(p, limit, done, func(int) {}); err != nil {
			break
		}
		largest = max(largest, cap(a.body))
	}
	for _, d := range done {
		messages = append(messages, d.Message)
	}
	return messages, largest, a.partial(), err
}

var (
	AppendData         = appendData
	AppendReset        = appendReset
	AppendWindowUpdate = appendWindowUpdate
	AppendPing         = appendPing
	AppendGoAway       = appendGoAway
	AppendSettings     = appendSettings
	AppendSettingsAck  = appendSettingsAck
)

// Held is how much a connection holds for users who have not received it.
func (c *conn) Held() int64 { return c.held.Load() }

// Prepaid is what is taken of the budget, and how many wait for some.
func (c *conn) Prepaid() (bytes, waiting int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.prepaid, len(c.unpaid)
}

// Starved is how many senders wait for window.
func (c *conn) Starved() int {
	if b, err := c.w.BeginNow(); err == nil {
		defer c.w.EndAsync(b)
	}
	return len(c.starved)
}

// Pending is how many bytes wait to be written.
func (c *conn) Pending() int {
	b, err := c.w.BeginNow()
	if err != nil {
		return 0
	}
	c.w.EndAsync(b)
	return len(b)
}

// Queued is how many callers wait for a place.
func (c *conn) Queued() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.queue.Len() + int(c.invited)
}

const (
	Budget     = budget
	MaxPending = maxPending
)

// Append is Block without fields, to a buffer that is there.
func (e *Encoder) Append(b []byte, k *Block) []byte { return e.block(e.begin(b), k) }

// NewTestClient is a Client that the test feeds itself.
func NewTestClient(tc *transport.Conn, cfg Config) *Client {
	return newClient(tc, cfg)
}

// Windows are what we may send on all streams together, and what the peer may.
// Nothing must be under way.
func (c *conn) Windows() (ours, theirs int64) {
	if b, err := c.w.BeginNow(); err == nil {
		defer c.w.EndAsync(b)
	}
	return c.window, c.room
}

// Room is what the peer may send on s, or may once it is worth a frame.
func (s *stream) Room() int64 { return s.ownWindow.Load() + s.owed.Load() }

// Grown is by how much the windows of the streams have grown.
func (c *conn) Grown() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.grown
}
