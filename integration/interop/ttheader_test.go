package interop_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
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
