package volothrift_test

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"sync/atomic"
	"testing"
	"time"

	"github.com/volo-go/volo/motore/transport"
	"github.com/volo-go/volo/pilota/thrift"
	volothrift "github.com/volo-go/volo/volo-thrift"
	"github.com/volo-go/volo/volo-thrift/internal/store/storethrift"
)

// A sink is a peer that takes everything and says nothing.
type sink struct{ written atomic.Int64 }

func (s *sink) Write(b []byte) (int, error)      { s.written.Add(int64(len(b))); return len(b), nil }
func (*sink) Read([]byte) (int, error)           { return 0, io.EOF }
func (*sink) Close() error                       { return nil }
func (*sink) LocalAddr() net.Addr                { return nil }
func (*sink) RemoteAddr() net.Addr               { return nil }
func (*sink) SetDeadline(time.Time) error        { return os.ErrNoDeadline }
func (*sink) SetReadDeadline(t time.Time) error  { return os.ErrNoDeadline }
func (*sink) SetWriteDeadline(t time.Time) error { return os.ErrNoDeadline }

// FuzzServer feeds a connection with anything, in pieces: it must neither
// panic nor hang nor ask for more than a message may have, and its answers are
// in proportion to what it got.
func FuzzServer(f *testing.F) {
	for _, d := range dialects {
		f.Add(d.request, uint8(0))
		f.Add(append(d.request, d.request...), uint8(7))
	}
	f.Add(header{
		seq: 1, ints: map[uint16]string{12: "100", 3: "c"}, infos: []byte{0x77, 0, 0},
		strs: map[string]string{"isn": "Store", "RPC_PERSIST_A": "b", "RPC_TRANSIT_C": "d"},
	}.frame(message(typeCall, "choose", 1, []byte{15, 0, 1, 10, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0})), uint8(3))
	f.Add(message(typeOneway, "note", 1, text(1, "n")), uint8(1))
	f.Add(framed(message(typeCall, "depth", 1, []byte{12, 0, 1, 12, 0, 2, 12, 0, 2, 0, 0, 0, 0})), uint8(2))
	f.Add([]byte("GET / HTTP/1.1\r\n\r\n"), uint8(4))
	const limit = 1 << 16
	f.Fuzz(func(t *testing.T, in []byte, piece uint8) {
		s := newServer(t, handler{get: func(ctx context.Context, key string) (string, error) { return key, ctx.Err() }},
			volothrift.WithMaxMessageSize(limit), volothrift.WithDecodeOptions(thrift.DecodeOptions{MaxDepth: 16}))
		out := new(sink)
		h := volothrift.Accept(s, transport.NewConn(out))
		h.Closed(feed(t, h, in, int(piece)+1, limit))
		s.Close()
		if n := out.written.Load(); n > int64(1000+50*len(in)) {
			t.Errorf("%d bytes were answered with %d", len(in), n)
		}
	})
}

// feed pushes in into h as a transport does, and returns how that ends.
func feed(t *testing.T, h transport.ConnHandler, in []byte, piece, limit int) error {
	var pending []byte
	need, calls := 1, 0
	for len(in) > 0 {
		n := min(piece, len(in))
		pending, in = append(pending, in[:n]...), in[n:]
		for len(pending) >= max(need, 1) {
			given := append([]byte(nil), pending...) // Data must not keep it
			consumed, more, err := h.Data(given)
			clear(given)
			if err != nil {
				return err
			}
			if consumed < 0 || consumed > len(pending) || more > limit {
				t.Fatalf("Data consumed %d of %d bytes and needs %d", consumed, len(pending), more)
			}
			if calls++; calls > 2*(piece+len(pending)+len(in))+1000 {
				t.Fatal("Data makes no progress")
			}
			pending = pending[consumed:]
			need = more
			if consumed == 0 || need <= 0 {
				need = max(need, len(pending)+1)
			}
		}
	}
	if len(pending) > 0 {
		return io.ErrUnexpectedEOF
	}
	return io.EOF
}

// FuzzAnswers gives a client anything for answers: no panic, and every error
// is one of ours or one that the peer may send.
func FuzzAnswers(f *testing.F) {
	value := message(typeReply, "get", 1, text(0, "v"))
	biz := map[string]string{"biz-status": "7", "biz-message": "m", "biz-extra": `{"a":"b"}`, "RPC_BACKWARD_X": "y", "crrst": "1"}
	for _, in := range [][]byte{
		value, framed(value), header{seq: 1}.frame(value), header{seq: 1}.frame(framed(value)),
		header{seq: 1, strs: biz}.frame(message(typeReply, "get", 1, []byte{0})),
		header{seq: 1}.frame(message(typeException, "get", 1, []byte{8, 0, 2, 0, 0, 0, 6, 0})),
		framed(message(typeReply, "get", 1, append([]byte{12, 0, 1}, append(text(1, "k"), 0)...))),
	} {
		for protocol := range uint8(4) {
			f.Add(in, protocol)
		}
	}
	get := storethrift.NewStoreService(handler{}).Methods[0]
	f.Fuzz(func(t *testing.T, in []byte, protocol uint8) {
		c, err := volothrift.NewClient("10.0.0.1:1", volothrift.WithProtocol(volothrift.Protocol(protocol%4)), volothrift.WithMaxMessageSize(1<<16))
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		n, errs := volothrift.Answers(c, get, in)
		if n > len(in) {
			t.Errorf("%d bytes hold %d answers", len(in), n)
		}
		for i, err := range errs {
			if err == nil || i == n {
				continue
			}
			var own *volothrift.Error
			var biz *volothrift.BizError
			if !errors.As(err, &own) && !errors.As(err, &biz) && !isDeclared(err) {
				t.Errorf("answer %d ends its call with a bare %v", i, err)
			}
		}
	})
}
