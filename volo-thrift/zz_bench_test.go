package volothrift

import (
	"context"
	"net"
	"strings"
	"testing"
	"time"
	"io"

	"github.com/volo-go/volo/motore/transport"
	"github.com/volo-go/volo/pilota/thrift"
)

type nullConn struct{}

func (nullConn) Read(b []byte) (int, error)         { return 0, io.EOF }
func (nullConn) Write(b []byte) (int, error)        { return len(b), nil }
func (nullConn) Close() error                       { return nil }
func (nullConn) LocalAddr() net.Addr                { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 1} }
func (nullConn) RemoteAddr() net.Addr               { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 2} }
func (nullConn) SetDeadline(t time.Time) error      { return nil }
func (nullConn) SetReadDeadline(t time.Time) error  { return nil }
func (nullConn) SetWriteDeadline(t time.Time) error { return nil }

type zstr struct{ A, S string }

func (s *zstr) BinarySize() int { return 3 + 4 + len(s.S) + 1 }
func (s *zstr) AppendBinary(b []byte) ([]byte, error) {
	b = append(b, 11, 0, 1, byte(len(s.S)>>24), byte(len(s.S)>>16), byte(len(s.S)>>8), byte(len(s.S)))
	b = append(b, s.S...)
	return append(b, 0), nil
}
func (s *zstr) ConsumeBinary(d *thrift.Decoder, b []byte) ([]byte, error) {
	for {
		if b[0] == 0 {
			return b[1:], nil
		}
		var err error
		if s.S, b, err = d.ConsumeString(b[3:]); err != nil {
			return b, err
		}
	}
}

type zres struct{ zstr }

func (r *zres) Err() error            { return nil }
func (r *zres) SetErr(err error) bool { return false }
func (r *zres) Success() any          { return r.S }
func (r *zres) SetSuccess(v any) error {
	r.S = v.(string)
	return nil
}

var zecho = &Method{Service: "Echo", Name: "echo",
	New: func() (thrift.Struct, Result) {
		c := new(struct {
			args zstr
			res  zres
		})
		return &c.args, &c.res
	},
	Invoke: func(ctx context.Context, h any, args thrift.Struct, res Result) error {
		res.(*zres).S = args.(*zstr).S
		return nil
	}}

func BenchmarkZServe(b *testing.B) {
	s := NewServer()
	s.Register(&Service{Name: "Echo", Methods: []*Method{zecho}})
	c := newServerConn(s, transport.NewConn(nullConn{}))
	m, _ := appendMessage(nil, true, "echo", thrift.Call, 1, &zstr{"", strings.Repeat("x", 1024)})
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := c.Data(m); err != nil {
			b.Fatal(err)
		}
	}
}
