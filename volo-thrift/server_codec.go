package volothrift

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/volo-go/volo/metainfo"
	"github.com/volo-go/volo/motore/recovery"
	"github.com/volo-go/volo/motore/rpc"
	"github.com/volo-go/volo/pilota/thrift"
	"github.com/volo-go/volo/volo-thrift/internal/framed"
	"github.com/volo-go/volo/volo-thrift/internal/ttheader"
)

// An incoming is a request as it came off the wire, and its reply. It aliases
// the frame, and serves another call once this one is over: what happens to be
// in the processor's cache is better written to than a stack that has waited.
type incoming struct {
	protocol Protocol
	header   ttheader.Header // zero without one
	message  thrift.Message
	name     string // of the method, as the reply names it
	body     []byte
	request  *Request // that was made of it, nil if it never came to that
	size     int      // of the frame
	outcome  outcome
	reply    []byte // empty until there is one
	owned    bool   // the frame's memory belongs to the request
	shared   bool   // by strings of the request: the frame's memory, or one copy
	reset    bool   // the reply asks the peer to go
	running  bool   // the handler, or a layer around it
	decoder  thrift.Decoder
}

var incomings = sync.Pool{New: func() any { return new(incoming) }}

func newIncoming(protocol Protocol) *incoming {
	in := incomings.Get().(*incoming)
	in.protocol = protocol
	return in
}

// release gives in up to another call.
func (in *incoming) release() {
	if cap(in.reply) > maxScratch {
		in.reply = nil
	}
	if in.protocol.hasHeader() {
		in.header = ttheader.Header{}
	}
	in.message, in.name, in.body = thrift.Message{}, "", nil
	in.request, in.outcome, in.reply = nil, outcome{}, in.reply[:0]
	in.owned, in.shared, in.reset, in.running = false, false, false, false
	incomings.Put(in)
}

// parse takes a whole frame apart.
func (in *incoming) parse(frame []byte) (err error) {
	in.size = len(frame)
	payload := frame
	if in.protocol.hasHeader() {
		if in.header, payload, err = ttheader.Parse(frame); err != nil {
			return err
		}
		if err := in.checkProtocol(); err != nil {
			return err
		}
		var withLength bool
		if payload, withLength, err = framed.Payload(payload); err != nil {
			return err
		}
		if withLength {
			in.protocol = TTHeaderFramed
		}
	} else if in.protocol == Framed {
		payload = frame[framed.HeaderSize:]
	}
	in.message, in.body, err = thrift.ConsumeMessageBegin(payload)
	return err
}

func (in *incoming) checkProtocol() error {
	if p := in.header.Protocol; p != ttheader.ProtocolBinary {
		return fmt.Errorf("TTHeader announces payload protocol %d; only 0, the binary protocol, is served", p)
	}
	return nil
}

// readHeader fills req with what travelled beside the message.
func (in *incoming) readHeader(req *Request) {
	for id, value := range in.header.Ints {
		switch id {
		case ttheader.FromService:
			req.Info.Caller.Service = recall(&req.conn.caller, value)
		case ttheader.ToService:
			if req.Info.Callee.Service == "" {
				req.Info.Callee.Service = recall(&req.conn.callee, value)
			}
		case ttheader.RPCTimeout:
			if ms, ok := ttheader.Decimal(value); ok && ms > 0 {
				ms = min(ms, math.MaxInt64/int64(time.Millisecond)) // as long as can be
				req.Info.Deadline = time.Now().Add(time.Duration(ms) * time.Millisecond)
			}
		}
	}
	var meta metainfo.Incoming
	for key, value := range in.header.Strings {
		if len(key) > 4 && string(key[:4]) == "RPC_" {
			meta.Add(string(key), string(value))
		}
	}
	req.metadata = meta.Metadata()
}

// recall returns name as a string, that of the call before if it is the same:
// a peer says the same names with every call.
func recall(kept *atomic.Pointer[string], name []byte) string {
	if before := kept.Load(); before != nil && *before == string(name) {
		return *before
	}
	s := string(name)
	kept.Store(&s)
	return s
}

// decodeArgs fills the arguments.
func (in *incoming) decodeArgs(args thrift.Struct, options thrift.DecodeOptions) error {
	options.Strings = stringsOf(options.Strings, in.owned)
	in.decoder.Reset(in.body, options)
	_, err := args.ConsumeBinary(&in.decoder, in.body)
	in.shared = in.decoder.Shared()
	in.decoder.Reset(nil, thrift.DecodeOptions{}) // keep nothing of this message alive
	return err
}

// An outcome is what a call comes to on the wire.
type outcome struct {
	typ  thrift.MessageType
	body thrift.Struct
	biz  *BizError
	// When a call that was refused is to be made again; zero if unknown.
	after time.Duration
}

// outcomeOf turns what the stack returned into an outcome.
func (s *Server) outcomeOf(ctx context.Context, req *Request, resp *Response, err error, hasHeader bool) outcome {
	if err == nil {
		if err = adopt(req.result, resp); err == nil {
			return outcome{typ: thrift.Reply, body: req.result}
		}
		return exception(thrift.InternalError, err.Error())
	}
	return s.failure(ctx, req, err, hasHeader)
}

// failure is failureOf for an error of the user's, whose methods may panic: a
// nil pointer in an error often does. That is a panic of the handler, although
// it has returned.
func (s *Server) failure(ctx context.Context, req *Request, err error, hasHeader bool) (out outcome) {
	defer func() {
		if v := recover(); v != nil {
			out = exception(thrift.InternalError, "panic in the error of "+req.Info.Method)
			if err := s.panicked(ctx, recovery.Panic{Value: v, Stack: debug.Stack()}); err != nil {
				out = failureOf(req, err, hasHeader)
			}
		}
	}()
	return failureOf(req, err, hasHeader)
}

func failureOf(req *Request, err error, hasHeader bool) outcome {
	var biz *BizError
	if errors.As(err, &biz) {
		switch {
		case biz == nil:
			return exception(thrift.InternalError, "the handler has returned a nil *BizError")
		case !hasHeader, biz.Status == 0: // which would say that all is well
			return exception(thrift.InternalError, biz.Error())
		}
		// As Kitex sends it: an ordinary reply without a value.
		_, empty := req.Method.New()
		return outcome{typ: thrift.Reply, body: empty, biz: biz}
	}
	// A handler that failed may have set a value before.
	_, result := req.Method.New()
	if result != nil && result.SetErr(err) {
		return outcome{typ: thrift.Reply, body: result}
	}
	if e, ok := errors.AsType[*RefusedError](err); ok {
		return refusal(e.Message, e.After)
	}
	var app *thrift.ApplicationException
	if errors.As(err, &app) {
		if _, foreign := errors.AsType[*Error](err); foreign && app.Type == Refused {
			// A peer of ours has done nothing. We have.
			return exception(thrift.InternalError, err.Error())
		}
		return outcome{typ: thrift.Exception, body: app}
	}
	return exception(thrift.InternalError, err.Error())
}

func exception(typ thrift.ExceptionType, message string) outcome {
	return outcome{typ: thrift.Exception, body: &thrift.ApplicationException{Type: typ, Message: message}}
}

// encode makes the reply, in the dialect that the request came in. What the
// handler of req sends back goes with it, if req is not nil.
func (in *incoming) encode(req *Request, limit int) (err error) {
	b := in.reply[:0]
	var h ttheader.Appender
	if in.protocol.hasHeader() {
		b = h.Begin(b, in.header.Flags&ttheader.FlagOutOfOrder, in.header.SeqID, in.header.Protocol)
		if b, err = in.appendHeader(b, &h, req); err != nil {
			return err
		}
	}
	withLength := in.protocol == Framed || in.protocol == TTHeaderFramed
	if b, err = appendMessage(b, withLength, in.name, in.outcome.typ, in.message.Seq, in.outcome.body); err != nil {
		return err
	}
	if in.protocol.hasHeader() {
		if b, err = h.End(b); err != nil {
			return err
		}
	}
	if len(b) > limit {
		return &LimitError{Option: "WithMaxMessageSize", Limit: limit, Got: len(b)}
	}
	in.reply = b
	return nil
}

func (in *incoming) appendHeader(b []byte, h *ttheader.Appender, req *Request) ([]byte, error) {
	out := &in.outcome
	b = h.IntDecimal(b, ttheader.MsgType, int64(out.typ))
	if out.biz != nil {
		b = h.StringDecimal(b, ttheader.KeyBizStatus, int64(out.biz.Status))
		b = h.String(b, ttheader.KeyBizMessage, out.biz.Message)
		if extra := out.biz.extraJSON(); extra != "" {
			b = h.String(b, ttheader.KeyBizExtra, extra)
		}
	}
	if out.after > 0 {
		b = h.StringDecimal(b, ttheader.KeyRetryAfter, int64((out.after+time.Millisecond-1)/time.Millisecond))
	}
	if in.reset {
		b = h.String(b, ttheader.KeyConnectionReset, "1")
	}
	if req == nil {
		return h.EndHeader(b)
	}
	if cell := req.backward.Load(); cell != nil {
		if err := (metainfo.Limits{}).CheckBackward(cell); err != nil {
			return b, err
		}
		for key, value := range cell.All() {
			b = h.StringPrefixed(b, metainfo.PrefixBackward, key, value)
			if bare(key) {
				b = h.String(b, key, value) // where Kitex looks for it
			}
		}
	}
	return h.EndHeader(b)
}

// newRequest makes the request of a call that found its route.
func (s *Server) newRequest(c *serverConn, in *incoming, found *route) *Request {
	req := &Request{
		Info: rpc.Info{
			Role:       rpc.Server,
			Service:    found.service,
			Method:     found.method.Name,
			Oneway:     found.method.Oneway,
			Idempotent: found.method.Idempotent,
			Caller:     rpc.Endpoint{Address: c.remote},
			Callee:     rpc.Endpoint{Service: s.o.name, Address: c.local},
			Stats:      rpc.Stats{ReceivedBytes: in.size},
		},
		Method: found.method,
		parent: s.base,
		conn:   c,
		route:  found,
	}
	if s.o.timePhases {
		req.Info.Stats.Start = time.Now()
	}
	if found.method.Oneway {
		req.parent = s.lasting // nobody waits for it, so that nobody's leaving ends it
	}
	if in.protocol.hasHeader() {
		in.readHeader(req)
	}
	return req
}

// done completes the facts of a call whose answer was handed to the network,
// and tells whoever asked for that.
func (s *Server) done(in *incoming) {
	req := in.request
	if req == nil {
		return
	}
	if s.o.timePhases {
		req.Info.Stats.WriteDone = time.Since(req.Info.Stats.Start)
	}
	if req.onDone != nil {
		s.tell(req)
	}
}

// tell runs what layers wanted to have run at the end. It is their code still,
// and no layer above them is left to catch its panics.
func (s *Server) tell(req *Request) {
	defer func() {
		if v := recover(); v != nil {
			s.panicked((*callContext)(req), recovery.Panic{Value: v, Stack: debug.Stack()})
		}
	}()
	req.onDone()
}
