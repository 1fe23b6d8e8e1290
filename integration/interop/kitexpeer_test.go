package interop_test

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/cloudwego/gopkg/protocol/ttheader"

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
