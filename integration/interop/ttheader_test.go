package interop_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/cloudwego/gopkg/protocol/ttheader"

	"github.com/volo-go/volo/metainfo"
	"github.com/volo-go/volo/motore/rpc"
	"github.com/volo-go/volo/pilota/thrift"
	volothrift "github.com/volo-go/volo/volo-thrift"
)

// This file lets our client and our server talk to a peer whose headers are
// written and read by Kitex's own TTHeader code, package ttheader of
// cloudwego/gopkg in the version that Kitex v0.16.3 requires.

// text is a struct with one string, enough of a message for headers.
type text struct {
	id int16 // of the field: 1 in arguments, 0 in results
	s  string
}

func (m *text) BinarySize() int { return 3 + 4 + len(m.s) + 1 }

func (m *text) AppendBinary(b []byte) ([]byte, error) {
	b = append(b, byte(thrift.STRING), byte(m.id>>8), byte(m.id))
	b = binary.BigEndian.AppendUint32(b, uint32(len(m.s)))
	return append(append(b, m.s...), byte(thrift.STOP)), nil
}

func (m *text) ConsumeBinary(d *thrift.Decoder, b []byte) (rest []byte, err error) {
	if len(b) > 0 && thrift.Type(b[0]) == thrift.STOP {
		return b[1:], nil // a business error has no value beside it
	}
	if len(b) < 3 || thrift.Type(b[0]) != thrift.STRING || int16(binary.BigEndian.Uint16(b[1:])) != m.id {
		return b, fmt.Errorf("text begins with % x", b[:min(len(b), 3)])
	}
	if m.s, b, err = d.ConsumeString(b[3:]); err != nil {
		return b, err
	}
	if len(b) == 0 || thrift.Type(b[0]) != thrift.STOP {
		return b, errors.New("text has more than one field")
	}
	return b[1:], nil
}

// textResult is the result of a method that returns a string and declares no
// exception.
type textResult struct{ text }

func (*textResult) Err() error             { return nil }
func (*textResult) SetErr(error) bool      { return false }
func (r *textResult) Success() any         { return r.s }
func (r *textResult) SetSuccess(any) error { return errors.New("no layer answers here") }

// textMethod is Text.Say(string) string.
var textMethod = &volothrift.Method{
	Service: "Text",
	Name:    "Say",
	New: func() (thrift.Struct, volothrift.Result) {
		return &text{id: 1}, &textResult{}
	},
	Invoke: func(ctx context.Context, handler any, args thrift.Struct, result volothrift.Result) (err error) {
		result.(*textResult).s, err = handler.(say)(ctx, args.(*text).s)
		return err
	},
}

// say is the handler of Text.
type say func(ctx context.Context, s string) (string, error)

// A kitexFrame is what one TTHeader frame says, in Kitex's words.
type kitexFrame struct {
	ttheader.EncodeParam
	framed bool // the payload has a length of its own
	typ    thrift.MessageType
	name   string
	seq    int32 // of the message; the header's is in EncodeParam
	body   []byte
}

func (f kitexFrame) bytes(t *testing.T) []byte {
	t.Helper()
	b, err := ttheader.EncodeToBytes(context.Background(), f.EncodeParam)
	if err != nil {
		t.Fatal(err)
	}
	at := len(b)
	if f.framed {
		b = append(b, 0, 0, 0, 0)
	}
	b = append(thrift.AppendMessageBegin(b, f.name, f.typ, f.seq), f.body...)
	if f.framed {
		binary.BigEndian.PutUint32(b[at:], uint32(len(b)-at-4))
	}
	binary.BigEndian.PutUint32(b, uint32(len(b)-4))
	return b
}

func readKitexFrame(t *testing.T, r io.Reader) (f kitexFrame, err error) {
	t.Helper()
	b := make([]byte, 4)
	if _, err := io.ReadFull(r, b); err != nil {
		return f, err
	}
	b = append(b, make([]byte, binary.BigEndian.Uint32(b))...)
	if _, err := io.ReadFull(r, b[4:]); err != nil {
		return f, err
	}
	d, err := ttheader.DecodeFromBytes(context.Background(), b)
	if err != nil {
		return f, err
	}
	f.EncodeParam = ttheader.EncodeParam{Flags: d.Flags, SeqID: d.SeqID, ProtocolID: d.ProtocolID, IntInfo: d.IntInfo, StrInfo: d.StrInfo}
	payload := b[d.HeaderLen:]
	if d.PayloadLen != len(payload) {
		return f, fmt.Errorf("the header says %d bytes of payload, there are %d", d.PayloadLen, len(payload))
	}
	if f.framed = payload[0] != 0x80; f.framed {
		if n := binary.BigEndian.Uint32(payload); int(n) != len(payload)-4 {
			return f, fmt.Errorf("the length of the message is %d, want %d", n, len(payload)-4)
		}
		payload = payload[4:]
	}
	m, rest, err := thrift.ConsumeMessageBegin(payload)
	f.typ, f.name, f.seq, f.body = m.Type, string(m.Name), m.Seq, rest
	return f, err
}

func body(id int16, s string) []byte {
	b, _ := (&text{id: id, s: s}).AppendBinary(nil)
	return b
}

func startText(t *testing.T, h say) (addr string) {
	t.Helper()
	s := volothrift.NewServer()
	if err := s.Register(&volothrift.Service{Name: "Text", Handler: h, Methods: []*volothrift.Method{textMethod}}); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var serving sync.WaitGroup
	serving.Go(func() { s.Serve(l) })
	t.Cleanup(func() {
		s.Close()
		serving.Wait()
	})
	return l.Addr().String()
}

func dialKitex(t *testing.T, addr string) (net.Conn, *bufio.Reader) {
	t.Helper()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(10 * time.Second)) // a hang fails, it does not hang the suite
	return conn, bufio.NewReader(conn)
}

// fromKitex is the header of a Kitex client's call.
func fromKitex(seq int32) ttheader.EncodeParam {
	return ttheader.EncodeParam{
		SeqID: seq,
		IntInfo: map[uint16]string{
			ttheader.TransportType: "unframed", ttheader.FromService: "kitex.client", ttheader.ToService: "Text",
			ttheader.ToMethod: "Say", ttheader.FromMethod: "Main", ttheader.MsgType: "1",
			ttheader.RPCTimeout: "60000", ttheader.LogID: "0123456789abcdef",
		},
		StrInfo: map[string]string{
			ttheader.HeaderIDLServiceName: "Text",
			"RPC_PERSIST_TRACE":           "all the way",
			"RPC_TRANSIT_HOP":             "one hop",
			ttheader.GDPRToken:            "token",
		},
	}
}

func TestOurServerUnderstandsKitexHeaders(t *testing.T) {
	var mu sync.Mutex
	var seen []string
	addr := startText(t, func(ctx context.Context, s string) (string, error) {
		info := rpc.FromContext(ctx)
		left := time.Until(info.Deadline)
		persistent, _ := metainfo.Persistent(ctx, "TRACE")
		upstream, _ := metainfo.Upstream(ctx, "HOP")
		token, _ := metainfo.Upstream(ctx, "gdpr-token")
		mu.Lock()
		seen = append(seen, fmt.Sprintf("%s|%s|%s|%s|%v", info.Caller.Service, persistent, upstream, token,
			left > 50*time.Second && left <= time.Minute))
		mu.Unlock()
		metainfo.SendBackward(ctx, "BACK", "and back")
		switch s {
		case "business":
			return "", &volothrift.BizError{Status: -404, Message: "not in stock", Extra: map[string]string{"item": "7"}}
		case "fault":
			return "", errors.New("out of order")
		}
		return s, nil
	})
	const wantSeen = "kitex.client|all the way|one hop|token|true"

	for _, framed := range []bool{false, true} {
		for _, flags := range []ttheader.HeaderFlags{0, ttheader.HeaderFlagSupportOutOfOrder} {
			t.Run(fmt.Sprintf("framed %v, flags %#x", framed, uint16(flags)), func(t *testing.T) {
				conn, r := dialKitex(t, addr)
				tests := []struct {
					arg  string
					typ  thrift.MessageType
					strs map[string]string
				}{
					{"hello", thrift.Reply, map[string]string{}},
					{"business", thrift.Reply, map[string]string{
						"biz-status": "-404", "biz-message": "not in stock", "biz-extra": `{"item":"7"}`}},
					{"fault", thrift.Exception, map[string]string{}},
					{"hello again", thrift.Reply, map[string]string{}},
				}
				for i, tt := range tests {
					seq := int32(i + 100)
					param := fromKitex(seq)
					param.Flags = flags
					call := kitexFrame{EncodeParam: param, framed: framed, typ: thrift.Call, name: "Say", seq: seq, body: body(1, tt.arg)}
					if _, err := conn.Write(call.bytes(t)); err != nil {
						t.Fatal(err)
					}
					reply, err := readKitexFrame(t, r)
					if err != nil {
						t.Fatalf("%s: %v", tt.arg, err)
					}
					if reply.Flags != flags || reply.SeqID != seq || reply.ProtocolID != ttheader.ProtocolIDThriftBinary || reply.framed != framed {
						t.Errorf("%s: got flags %#x, sequence id %d, protocol %d, framed %v", tt.arg, reply.Flags, reply.SeqID, reply.ProtocolID, reply.framed)
					}
					if reply.typ != tt.typ || reply.name != "Say" || reply.seq != seq {
						t.Errorf("%s: got %v %q %d, want %v Say %d", tt.arg, reply.typ, reply.name, reply.seq, tt.typ, seq)
					}
					if got, want := reply.IntInfo[ttheader.MsgType], strconv.Itoa(int(tt.typ)); got != want {
						t.Errorf("%s: got message type %q in the header, want %q", tt.arg, got, want)
					}
					if got := reply.StrInfo["RPC_BACKWARD_BACK"]; got != "and back" {
						t.Errorf("%s: got backward value %q in %v", tt.arg, got, reply.StrInfo)
					}
					for k, want := range tt.strs {
						if got := reply.StrInfo[k]; got != want {
							t.Errorf("%s: %s: got %q, want %q", tt.arg, k, got, want)
						}
					}
					if _, isBiz := reply.StrInfo["biz-status"]; isBiz != (tt.strs["biz-status"] != "") {
						t.Errorf("%s: got a business error: %v", tt.arg, isBiz)
					}
					if tt.typ == thrift.Reply && len(tt.strs) == 0 && !bytes.Equal(reply.body, body(0, tt.arg)) {
						t.Errorf("%s: got %x", tt.arg, reply.body)
					}
				}
			})
		}
	}
	for _, got := range seen {
		if got != wantSeen {
			t.Errorf("the handler saw %s, want %s", got, wantSeen)
		}
	}
	if len(seen) != 16 {
		t.Errorf("the handler ran %d times, want 16", len(seen))
	}
}

// Many calls of one connection, answered in whatever order they are done.
func TestOurServerAnswersKitexOutOfOrder(t *testing.T) {
	release := make(chan struct{})
	addr := startText(t, func(ctx context.Context, s string) (string, error) {
		if s == "first" {
			select {
			case <-release:
			case <-ctx.Done():
			}
		}
		return s, nil
	})
	conn, r := dialKitex(t, addr)
	for seq, arg := range map[int32]string{1: "first", 2: "second"} {
		param := fromKitex(seq)
		param.Flags = ttheader.HeaderFlagSupportOutOfOrder
		call := kitexFrame{EncodeParam: param, typ: thrift.Call, name: "Say", seq: seq, body: body(1, arg)}
		if _, err := conn.Write(call.bytes(t)); err != nil {
			t.Fatal(err)
		}
	}
	for _, want := range []int32{2, 1} {
		reply, err := readKitexFrame(t, r)
		if err != nil || reply.SeqID != want || reply.seq != want {
			t.Fatalf("got %d, %v, want %d", reply.SeqID, err, want)
		}
		if want == 2 {
			close(release)
		}
	}
}

// serveKitex answers the calls of each connection as f says.
func serveKitex(t *testing.T, f func(call kitexFrame) kitexFrame) (addr string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var serving sync.WaitGroup
	t.Cleanup(func() {
		l.Close()
		serving.Wait()
	})
	serving.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			serving.Go(func() {
				defer conn.Close()
				for r := bufio.NewReader(conn); ; {
					call, err := readKitexFrame(t, r)
					if err != nil {
						if !errors.Is(err, io.EOF) && !errors.Is(err, net.ErrClosed) && !errors.Is(err, io.ErrUnexpectedEOF) {
							t.Error(err)
						}
						return
					}
					if _, err := conn.Write(f(call).bytes(t)); err != nil {
						return
					}
				}
			})
		}
	})
	return l.Addr().String()
}

func TestOurClientUnderstandsKitexHeaders(t *testing.T) {
	calls := make(chan kitexFrame, 1)
	addr := serveKitex(t, func(call kitexFrame) kitexFrame {
		calls <- call
		reply := kitexFrame{framed: call.framed, typ: thrift.Reply, name: call.name, seq: call.seq, body: body(0, "done")}
		reply.EncodeParam = ttheader.EncodeParam{
			Flags: call.Flags, SeqID: call.SeqID,
			IntInfo: map[uint16]string{ttheader.MsgType: "2", ttheader.LogID: "0123456789abcdef"},
			StrInfo: map[string]string{"RPC_BACKWARD_BACK": "and back", ttheader.GDPRToken: "token"},
		}
		if bytes.Contains(call.body, []byte("business")) {
			maps.Copy(reply.StrInfo, map[string]string{"biz-status": "100", "biz-message": "sold out", "biz-extra": `{"item":"7"}`})
			reply.body = []byte{byte(thrift.STOP)}
		}
		return reply
	})
	for _, tt := range []struct {
		name    string
		options []volothrift.ClientOption
		framed  bool
		flags   ttheader.HeaderFlags
	}{
		{"multiplexed", nil, false, ttheader.HeaderFlagSupportOutOfOrder},
		{"ping-pong", []volothrift.ClientOption{volothrift.WithPingPong(volothrift.PoolConfig{})}, false, 0},
		{"ping-pong, framed inside", []volothrift.ClientOption{volothrift.WithPingPong(volothrift.PoolConfig{}),
			volothrift.WithProtocol(volothrift.TTHeaderFramed)}, true, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			client, err := volothrift.NewClient(addr, append(tt.options, volothrift.WithCaller("volo.client"), volothrift.WithCallee("kitex.server"))...)
			if err != nil {
				t.Fatal(err)
			}
			defer client.Close()
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			ctx = metainfo.WithPersistent(ctx, "TRACE", "all the way")
			ctx = metainfo.WithTransient(ctx, "HOP", "one hop")
			ctx = metainfo.WithBackward(ctx)

			result := new(textResult)
			if err := client.Call(ctx, textMethod, &text{id: 1, s: "hello"}, result); err != nil || result.s != "done" {
				t.Errorf("got %q, %v, want done", result.s, err)
			}
			checkCall(t, <-calls, tt.framed, tt.flags)
			if got, _ := metainfo.Backward(ctx, "BACK"); got != "and back" {
				t.Errorf("got backward value %q", got)
			}

			var biz *volothrift.BizError
			err = client.Call(ctx, textMethod, &text{id: 1, s: "business"}, new(textResult))
			if !errors.As(err, &biz) || biz.Status != 100 || biz.Message != "sold out" || biz.Extra["item"] != "7" {
				t.Errorf("got %v, want business error 100", err)
			}
			<-calls
		})
	}
}

func checkCall(t *testing.T, call kitexFrame, framed bool, flags ttheader.HeaderFlags) {
	t.Helper()
	if call.framed != framed || call.Flags&ttheader.HeaderFlagSupportOutOfOrder != flags || call.typ != thrift.Call ||
		call.name != "Say" || call.seq != call.SeqID || call.ProtocolID != ttheader.ProtocolIDThriftBinary {
		t.Errorf("got %+v", call)
	}
	for id, want := range map[uint16]string{
		ttheader.FromService: "volo.client", ttheader.ToService: "kitex.server", ttheader.ToMethod: "Say", ttheader.MsgType: "1",
	} {
		if got := call.IntInfo[id]; got != want {
			t.Errorf("int %d: got %q, want %q", id, got, want)
		}
	}
	if ms, err := strconv.Atoi(call.IntInfo[ttheader.RPCTimeout]); err != nil || ms > 60_000 || ms < 50_000 {
		t.Errorf("got timeout %q, want what is left of a minute in milliseconds", call.IntInfo[ttheader.RPCTimeout])
	}
	for key, want := range map[string]string{
		ttheader.HeaderIDLServiceName: "Text", "RPC_PERSIST_TRACE": "all the way", "RPC_TRANSIT_HOP": "one hop",
	} {
		if got := call.StrInfo[key]; got != want {
			t.Errorf("%s: got %q, want %q", key, got, want)
		}
	}
}
