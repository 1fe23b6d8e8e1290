package volothrift

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/volo-go/volo/metainfo"
	"github.com/volo-go/volo/pilota/thrift"
	"github.com/volo-go/volo/volo-thrift/internal/framed"
	"github.com/volo-go/volo/volo-thrift/internal/ttheader"
)

// This file turns the calls of a client into bytes and back; server_codec.go
// does so for a server. A message on the wire, by protocol:
//
//	Unframed                                       envelope struct
//	Framed                                 u32 len envelope struct
//	TTHeader        u32 len … fields … pad         envelope struct
//	TTHeaderFramed  u32 len … fields … pad u32 len envelope struct

// A header is the header fields that all calls of a method share, encoded once.
type header struct {
	method *Method
	fields *ttheader.Template
}

func (c *clientCore) headerOf(m *Method) *ttheader.Template {
	if h := c.latest.Load(); h != nil && h.method == m {
		return h.fields
	}
	t := c.makeHeader(m)
	c.latest.Store(&header{m, t})
	return t
}

func (c *clientCore) makeHeader(m *Method) *ttheader.Template {
	if t, ok := c.headers.Load(m); ok {
		return t.(*ttheader.Template)
	}
	t := new(ttheader.Template)
	t.String(ttheader.KeyService, m.Service)
	typ := "1"
	if m.Oneway {
		typ = "4"
	}
	t.Int(ttheader.MsgType, typ)
	t.Int(ttheader.ToMethod, m.Name)
	if c.o.caller != "" {
		t.Int(ttheader.FromService, c.o.caller)
	}
	if name := c.callee.Service; name != "" {
		t.Int(ttheader.ToService, name)
	} else {
		t.Int(ttheader.ToService, m.Service)
	}
	kept, _ := c.headers.LoadOrStore(m, t)
	return kept.(*ttheader.Template)
}

// appendRequest appends the message of a call to b. It runs nothing of the
// user's but the codec of the arguments.
func (c *clientCore) appendRequest(m *metainfo.Metadata, b []byte, req *Request, seq int32, flags uint16) ([]byte, error) {
	start := len(b)
	var header ttheader.Appender
	if c.o.protocol.hasHeader() {
		var err error
		if b, err = c.appendHeader(m, b, &header, req, seq, flags); err != nil {
			return b, err
		}
	}
	typ := thrift.Call
	if req.Method.Oneway {
		typ = thrift.Oneway
	}
	withLength := c.o.protocol == Framed || c.o.protocol == TTHeaderFramed
	b, err := appendMessage(b, withLength, req.Method.Name, typ, seq, req.Args)
	if err != nil {
		return b, err
	}
	if c.o.protocol.hasHeader() {
		if b, err = header.End(b); err != nil {
			return b, err
		}
	}
	req.Info.Stats.SentBytes = len(b) - start
	if n := len(b) - start; n > c.o.maxMessageSize {
		return b[:start], &LimitError{Option: "WithMaxMessageSize", Limit: c.o.maxMessageSize, Got: n}
	}
	return b, nil
}

func (c *clientCore) appendHeader(m *metainfo.Metadata, b []byte, h *ttheader.Appender, req *Request, seq int32, flags uint16) ([]byte, error) {
	b = h.Begin(b, flags, seq, ttheader.ProtocolBinary)
	b = h.Template(b, c.headerOf(req.Method))
	if d := req.Info.Deadline; !d.IsZero() {
		left := time.Until(d)
		if left <= 0 {
			return b, context.DeadlineExceeded
		}
		ms := int64(left / time.Millisecond)
		if left%time.Millisecond > 0 { // added to left, it could be too much
			ms++
		}
		b = h.IntDecimal(b, ttheader.RPCTimeout, ms)
	}
	if m.OutgoingLen() > 0 {
		if err := (metainfo.Limits{}).Check(m); err != nil {
			return b, err
		}
		for kind, kv := range m.Outgoing() {
			b = h.StringPrefixed(b, kind.Prefix(), kv.Key, kv.Value)
		}
	}
	return h.EndHeader(b)
}

// appendMessage appends a length, if asked, an envelope and a struct. It
// makes room for all of it at once.
func appendMessage(b []byte, withLength bool, name string, typ thrift.MessageType, seq int32, s thrift.Struct) ([]byte, error) {
	size := thrift.MessageBeginSize(name) + s.BinarySize()
	if size > math.MaxInt32 {
		return b, thrift.ErrTooLong
	}
	b = slices.Grow(b, 4+size)
	at := len(b)
	if withLength {
		b = append(b, 0, 0, 0, 0)
	}
	b = thrift.AppendMessageBegin(b, name, typ, seq)
	b, err := s.AppendBinary(b)
	if err != nil {
		return b[:at], err
	}
	if withLength {
		binary.BigEndian.PutUint32(b[at:], uint32(len(b)-at-4))
	}
	return b, nil
}

// A reply is the answer to a call as it came off the wire. It aliases the
// frame.
type reply struct {
	header  ttheader.Header // zero without one
	message thrift.Message
	body    []byte
	biz     *BizError
	owned   bool // the frame's memory belongs to the answer
	shared  bool // by strings of the answer: the frame's memory, or one copy
	reset   bool // the peer is about to close the connection
}

// parse takes a whole frame apart.
func (r *reply) parse(protocol Protocol, frame []byte) (err error) {
	payload := frame
	if protocol.hasHeader() {
		if r.header, payload, err = ttheader.Parse(frame); err != nil {
			return err
		}
		if status, ok := r.header.String(ttheader.KeyBizStatus); ok {
			message, _ := r.header.String(ttheader.KeyBizMessage)
			extra, _ := r.header.String(ttheader.KeyBizExtra)
			if r.biz, err = parseBizError(status, message, extra); err != nil {
				return err
			}
		}
	}
	if protocol != Unframed {
		// Behind a header there may or may not be a length, whatever we sent.
		if payload, _, err = framed.Payload(payload); err != nil {
			return err
		}
	}
	r.message, r.body, err = thrift.ConsumeMessageBegin(payload)
	return err
}

// errMismatch marks an answer to another call: the connection is out of step.
var errMismatch = errors.New("answer out of step")

// finish fills in the result of req from the answer in frame, or returns the
// error that the peer sent.
func (c *clientCore) finish(ctx context.Context, req *Request, r *reply, frame []byte, seq int32) (resp *Response, err error) {
	req.Info.Stats.ReceivedBytes = len(frame)
	if err := r.parse(c.o.protocol, frame); err != nil {
		return nil, req.fail(PhaseDecode, false, err)
	}
	if r.message.Seq != seq {
		r.reset = true
		return nil, req.fail(PhaseDecode, false, fmt.Errorf("%w: %w", errMismatch, &thrift.ApplicationException{
			Type:    thrift.BadSequenceID,
			Message: fmt.Sprintf("got %d, want %d", r.message.Seq, seq),
		}))
	}
	if c.o.protocol.hasHeader() {
		r.reset = asksReset(&r.header)
		receiveBackward(ctx, &r.header)
	}
	if r.biz != nil {
		// Kitex sends an ordinary reply beside it, Volo an exception.
		return nil, r.biz
	}
	if string(r.message.Name) != req.Method.Name && r.message.Type == thrift.Reply {
		return nil, req.fail(PhaseDecode, false, &thrift.ApplicationException{
			Type:    thrift.WrongMethodName,
			Message: fmt.Sprintf("got %q, want %q", r.message.Name, req.Method.Name),
		})
	}
	if resp, err = c.decode(req, r); err != nil {
		err = boundOf(ctx, req).overtake(req, err)
	}
	return resp, err
}

func (c *clientCore) decode(req *Request, r *reply) (*Response, error) {
	options := c.o.decode
	options.Strings = stringsOf(options.Strings, r.owned)
	switch r.message.Type {
	case thrift.Exception:
		e := new(thrift.ApplicationException)
		if _, err := consume(e, r.body, options); err != nil {
			return nil, req.fail(PhaseDecode, false, err)
		}
		err := req.fail(PhaseRemote, false, e)
		if value, ok := r.header.String(ttheader.KeyRetryAfter); ok && e.Type == Refused {
			err.(*Error).after = parseAfter(value)
		}
		return nil, err
	case thrift.Reply:
		var err error
		if req.filled { // a layer has called again: what the first answer has set would remain
			_, req.result = req.Method.New()
		}
		req.filled = true
		if r.shared, err = req.consume(req.result, r.body, options); err != nil {
			return nil, req.fail(PhaseDecode, false, err)
		}
		c.stamp(&req.Info.Stats.DecodeDone, req)
		if err := req.result.Err(); err != nil {
			if missing, ok := err.(*thrift.ApplicationException); ok {
				err = req.fail(PhaseRemote, false, missing)
			}
			return nil, err
		}
		req.response.Result = req.result
		return &req.response, nil
	}
	return nil, req.fail(PhaseDecode, false, &thrift.ApplicationException{
		Type:    thrift.InvalidMessageType,
		Message: "got a message of type " + r.message.Type.String() + " in answer to a call",
	})
}

// stringsOf returns where the strings of a message live: a frame that is the
// message's own is the one copy that they need, and one that is not must not
// be aliased.
func stringsOf(mode thrift.StringMode, owned bool) thrift.StringMode {
	switch {
	case owned && mode == thrift.CopyOnce:
		return thrift.Alias
	case !owned && mode == thrift.Alias:
		return thrift.CopyOnce
	}
	return mode
}

// consume decodes the struct that body begins with.
func consume(s thrift.Struct, body []byte, options thrift.DecodeOptions) (shared bool, err error) {
	d := decoders.Get().(*thrift.Decoder)
	shared, err = consumeWith(d, s, body, options)
	decoders.Put(d)
	return shared, err
}

// consume decodes with the decoder that the request brings along, if it does.
func (r *Request) consume(s thrift.Struct, body []byte, options thrift.DecodeOptions) (shared bool, err error) {
	if r.decoder == nil {
		return consume(s, body, options)
	}
	return consumeWith(r.decoder, s, body, options)
}

func consumeWith(d *thrift.Decoder, s thrift.Struct, body []byte, options thrift.DecodeOptions) (shared bool, err error) {
	d.Reset(body, options)
	_, err = s.ConsumeBinary(d, body)
	shared = d.Shared()
	d.Reset(nil, thrift.DecodeOptions{}) // keep nothing of this message alive
	return shared, err
}

var decoders = sync.Pool{New: func() any { return new(thrift.Decoder) }}

// receiveBackward stores what the handler sent back where the caller made
// room for it. Volo marks it with a prefix; Kitex does not, so that any key
// which means nothing else counts.
func receiveBackward(ctx context.Context, h *ttheader.Header) {
	var cell *metainfo.BackwardCell
	for key, value := range h.Strings {
		if cell == nil {
			if cell = metainfo.ReceiveCell(ctx); cell == nil {
				return
			}
		}
		name := string(key)
		if !cell.Receive(name, string(value)) && bare(name) {
			cell.Set(name, string(value))
		}
	}
}

// bare reports whether a backward value may travel under key as it is, without
// being taken for something else.
func bare(key string) bool {
	return !ttheader.Reserved(key) && !strings.HasPrefix(key, "RPC_")
}
