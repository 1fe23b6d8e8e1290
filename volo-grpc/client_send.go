package vologrpc

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/volo-go/volo/metainfo"
	"github.com/volo-go/volo/volo-grpc/internal/http2"
)

// Map of this file: sendTo, which opens the stream of a call; unary, which
// waits for its answer; statusOfEnd and its parts, which read how a call
// ended, for unary and streaming calls.

// An outgoing is what a call is sent with.
type outgoing struct {
	conn    *http2.Client
	until   bound
	head    *http2.Block
	fields  []http2.Field
	out     Compressor // of what is sent, nil for none
	maxSend int
	maxRecv int
	body    []byte // of a server streaming call, for another attempt; see begin
}

// sendTo sends a call to one instance, once.
func (c *clientCore) sendTo(ctx context.Context, p *peer, req *Request) (*Response, error) {
	o := outgoing{until: boundOf(ctx, req), maxSend: c.o.maxSend, maxRecv: c.o.maxReceive}
	compression := c.o.compression
	if opts := req.options; opts != nil {
		set(&o.maxSend, opts.maxSend)
		set(&o.maxRecv, opts.maxReceive)
		if opts.compression != nil {
			compression = *opts.compression
		}
		if m := opts.config; m != nil {
			m.limit(&o, c.o.receiveChosen || opts.maxReceive > 0)
		}
	}
	var err error
	if o.conn, err = p.acquire(o.until, c.waits(req)); err != nil {
		return nil, req.fail(PhaseDial, true, o.until.cause(err))
	}
	var ok bool
	if o.out, ok = c.o.compressors.find(compression); !ok {
		return nil, req.fail(PhaseEncode, true, &Error{Code: Internal, Message: fmt.Sprintf("compression %q is not among WithCompressors", compression)})
	}
	var room [8]http2.Field
	if o.fields, err = c.appendFields(ctx, room[:0], req, &o); err != nil {
		return nil, err
	}
	if req.Method.Kind == Unary {
		return c.unary(ctx, req, &o)
	}
	return c.open(ctx, req, &o)
}

// appendFields appends what varies from call to call, and chooses what the request
// begins with.
func (c *clientCore) appendFields(ctx context.Context, fields []http2.Field, req *Request, o *outgoing) ([]http2.Field, error) {
	head := c.head(req.Method)
	o.head = head.plain
	if d := req.Info.Deadline; !d.IsZero() {
		left := time.Until(d)
		if left <= 0 {
			return nil, req.fail(PhaseWrite, true, context.DeadlineExceeded)
		}
		if left = coarse(left); left == c.usual.d {
			o.head = head.usual
		} else {
			fields = append(fields, http2.Field{Name: timeoutKey, Value: formatTimeout(left)})
		}
	}
	if o.out != nil {
		fields = append(fields, http2.Field{Name: "grpc-encoding", Value: o.out.Name()})
	}
	if n := req.before.count(); n > 0 {
		fields = append(fields, http2.Field{Name: previousKey, Value: strconv.Itoa(n)})
	}
	fields, err := appendMetadata(fields, req.Metadata)
	if err == nil {
		fields = appendMetainfo(fields, metainfo.FromContext(ctx))
		var secrets Metadata
		if secrets, err = c.credentials(ctx, req, o.conn.Transport().TLS() != nil); err == nil {
			fields, err = appendMetadata(fields, secrets)
		}
	}
	if err != nil {
		var status *Error
		if !errors.As(err, &status) {
			status = &Error{Code: Internal, Message: err.Error(), Err: err}
		}
		return nil, req.fail(PhaseEncode, true, status)
	}
	return fields, nil
}

// unary sends the request and waits for the answer, one write each.
func (c *clientCore) unary(ctx context.Context, req *Request, o *outgoing) (*Response, error) {
	st, err := c.begin(req, o, true)
	if err != nil {
		return nil, err
	}
	if err := st.Wait(o.until.http2()); err != nil {
		st.Cancel()
		return nil, req.failHTTP2(PhaseRead, o.until, o.maxRecv, err)
	}
	c.stamp(&req.Info.Stats.ReadDone, req)
	head, _ := st.Head(http2.Bound{})
	tail := st.Tail()
	c.receive(ctx, req, head.Fields, tail.Fields)
	in, err := st.Recv(http2.Bound{})
	if err != nil && err != io.EOF {
		if status := statusOfHead(head); status != nil {
			return nil, req.fail(PhaseRemote, false, status)
		}
		return nil, req.failHTTP2(PhaseRead, o.until, o.maxRecv, err)
	}
	second := err
	if err == nil {
		_, second = st.Recv(http2.Bound{})
	}
	switch status := statusOfEnd(head, tail); {
	case second == nil && (status == nil || tail.Status == ""):
		// A second message ends the waiting, so that there may be no tail.
		return nil, req.fail(PhaseRead, false, errManyMessages)
	case status != nil:
		return nil, req.fail(PhaseRemote, false, status)
	case err == io.EOF:
		return nil, req.fail(PhaseRead, false, errNoMessage)
	case second != io.EOF:
		return nil, req.failHTTP2(PhaseRead, o.until, o.maxRecv, second)
	}
	req.Info.Stats.ReceivedBytes = len(in.Data) + http2.EnvelopeSize
	decoder, status := c.decoderOf(head)
	if status != nil {
		return nil, req.fail(PhaseDecode, false, status)
	}
	st.Release()
	if err := c.o.decodeMessage(in, req.response.Message, decoder, o.maxRecv); err != nil {
		return nil, req.fail(PhaseDecode, false, err)
	}
	c.stamp(&req.Info.Stats.DecodeDone, req)
	if len(head.Fields)+len(tail.Fields) > 0 {
		req.response.fields = &answerFields{head.Fields, tail.Fields}
	}
	return &req.response, nil
}

// begin opens the stream of a call, with the request if it is one message.
func (c *clientCore) begin(req *Request, o *outgoing, whole bool) (*http2.ClientStream, error) {
	r := http2.Request{Head: o.head, Fields: o.fields, Whole: whole, MaxMessageSize: o.maxRecv}
	if b := req.before; b != nil && b.body != nil {
		r.Body, r.End, o.body = b.body, true, b.body
	} else if !req.Method.Kind.manyRequests() {
		buf := scratches.Get().(*scratch)
		defer buf.release()
		var err error
		if buf.b, err = appendMessage(buf.b, req.Message, o.out, o.maxSend); err != nil {
			return nil, req.fail(PhaseEncode, true, err)
		}
		r.Body, r.End = buf.b, true
		if !whole && len(buf.b) <= c.o.replay {
			o.body = bytes.Clone(buf.b)
		}
		req.Info.Stats.SentBytes = len(buf.b)
		c.stamp(&req.Info.Stats.EncodeDone, req)
	}
	st, err := o.conn.Open(r, o.until.http2())
	if err != nil {
		return nil, req.failHTTP2(PhaseWrite, o.until, o.maxRecv, err)
	}
	c.stamp(&req.Info.Stats.WriteDone, req)
	return st, nil
}

// stamp notes that a phase of req is over, if anybody wants to know.
func (c *clientCore) stamp(phase *time.Duration, req *Request) {
	if c.o.timePhases {
		*phase = time.Since(req.Info.Stats.Start)
	}
}

// receive passes on what came beside the messages.
func (c *clientCore) receive(ctx context.Context, req *Request, head, tail []http2.Field) {
	if r, ok := ctx.Value(receivedKey{}).(*Received); ok {
		r.Header, _ = readMetadata(head)
		r.Trailer, _ = readMetadata(tail)
		r.Peer = req.Info.Callee.Address
	}
	if len(head)+len(tail) == 0 {
		return
	}
	if cell := metainfo.ReceiveCell(ctx); cell != nil {
		receiveBackward(cell, head)
		receiveBackward(cell, tail)
	}
}

// decoderOf returns the compression that the messages of an answer may have.
func (c *clientCore) decoderOf(head http2.Head) (Compressor, *Error) {
	d, ok := c.o.compressors.find(head.Encoding)
	if !ok {
		return nil, &Error{Code: Internal, Message: fmt.Sprintf("the answer is compressed with %q, which was not offered", head.Encoding)}
	}
	return d, nil
}

// statusOfHead judges the beginning of an answer: nil if it is one of gRPC.
func statusOfHead(h http2.Head) *Error {
	switch {
	case h.Status != "200":
		return &Error{Code: codeOfHTTP(h.Status), Message: "HTTP status " + h.Status}
	case isGRPC(h.ContentType):
		return nil
	case strings.HasPrefix(h.ContentType, "application/grpc+"):
		// Another codec than the one that was asked for.
		return &Error{Code: Internal, Message: fmt.Sprintf("the answer has content-type %q", h.ContentType)}
	}
	return &Error{Code: Unknown, Message: fmt.Sprintf("the answer is not gRPC: content-type %q", h.ContentType)}
}

// isGRPC reports whether a content-type is gRPC with Protobuf.
func isGRPC(contentType string) bool {
	const base = "application/grpc"
	rest, ok := strings.CutPrefix(contentType, base)
	if !ok {
		return false
	}
	rest, _, _ = strings.Cut(rest, ";")
	rest = strings.TrimSpace(rest)
	return rest == "" || rest == "+proto"
}

// statusOfEnd returns the status that an answer ended with, nil for OK.
func statusOfEnd(h http2.Head, t http2.Tail) *Error {
	if t.Status == "" || !isGRPC(h.ContentType) {
		if status := statusOfHead(h); status != nil {
			return status
		}
	}
	switch t.Status {
	case "0":
		return nil
	case "":
		return &Error{Code: Internal, Message: "the answer ended without grpc-status"}
	}
	n, err := strconv.ParseUint(t.Status, 10, 32)
	if err != nil {
		return &Error{Code: Unknown, Message: fmt.Sprintf("malformed grpc-status %q: %s", t.Status, unescape(t.Message))}
	}
	if n == 0 {
		return nil
	}
	status := &Error{Code: Code(n), Message: unescape(t.Message)}
	status.Trailer, _ = readMetadata(t.Fields)
	if biz := parseBizError(t.Fields, status.Message); biz != nil {
		status.Err = biz
	}
	for _, f := range t.Fields {
		if f.Name == pushbackKey {
			status.pushback = f.Value
		}
		if f.Name != "grpc-status-details-bin" {
			continue
		}
		raw, err := decodeBinary(f.Value)
		if err == nil {
			status.Details, err = parseDetails(raw)
		}
		if err != nil && status.Err == nil {
			status.Err = errDetails // the status itself is worth more
		}
	}
	return status
}
