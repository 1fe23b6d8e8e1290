package volothrift_test

import (
	"context"
	"encoding/binary"
	"errors"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/volo-go/volo/pilota/thrift"
	volothrift "github.com/volo-go/volo/volo-thrift"
)

type str struct{ S string }

func (s *str) BinarySize() int { return 3 + 4 + len(s.S) + 1 }
func (s *str) AppendBinary(b []byte) ([]byte, error) {
	b = append(b, 11, 0, 1)
	b = binary.BigEndian.AppendUint32(b, uint32(len(s.S)))
	b = append(b, s.S...)
	return append(b, 0), nil
}
func (s *str) ConsumeBinary(d *thrift.Decoder, b []byte) ([]byte, error) {
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

type result struct{ str }

func (r *result) Err() error            { return nil }
func (r *result) SetErr(err error) bool { return false }
func (r *result) Success() any          { return r.S }
func (r *result) SetSuccess(v any) error {
	r.S = v.(string)
	return nil
}

type handler interface {
	Echo(ctx context.Context, s string) (string, error)
}

var echo = &volothrift.Method{
	Service: "Echo", Name: "echo",
	New: func() (thrift.Struct, volothrift.Result) {
		c := new(struct {
			args   str
			result result
		})
		return &c.args, &c.result
	},
	Invoke: func(ctx context.Context, h any, args thrift.Struct, res volothrift.Result) error {
		v, err := h.(handler).Echo(ctx, args.(*str).S)
		res.(*result).S = v
		return err
	},
}

type echoHandler struct{}

func (echoHandler) Echo(ctx context.Context, s string) (string, error) {
	switch {
	case s == "biz":
		return "", &volothrift.BizError{Status: 7, Message: "no", Extra: map[string]string{"a": "b"}}
	case s == "wait":
		<-ctx.Done()
		return "", context.Cause(ctx)
	}
	return s, nil
}

func call(t testing.TB, c *volothrift.Client, ctx context.Context, s string) (string, error) {
	args, res := &str{s}, &result{}
	err := c.Call(ctx, echo, args, res)
	return res.S, err
}

func TestSmoke(t *testing.T) {
	for _, opts := range [][]volothrift.ClientOption{
		nil,
		{volothrift.WithPingPong(volothrift.PoolConfig{})},
		{volothrift.WithProtocol(volothrift.TTHeaderFramed)},
		{volothrift.WithProtocol(volothrift.Framed)},
		{volothrift.WithProtocol(volothrift.Unframed)},
	} {
		s := volothrift.NewServer()
		if err := s.Register(&volothrift.Service{Name: "Echo", Handler: echoHandler{}, Methods: []*volothrift.Method{echo}}); err != nil {
			t.Fatal(err)
		}
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		var wg sync.WaitGroup
		wg.Go(func() {
			if err := s.Serve(l); !errors.Is(err, volothrift.ErrServerClosed) {
				t.Error(err)
			}
		})
		c, err := volothrift.NewClient(l.Addr().String(), opts...)
		if err != nil {
			t.Fatal(err)
		}
		for range 3 {
			if got, err := call(t, c, context.Background(), "hello"); err != nil || got != "hello" {
				t.Fatal(got, err)
			}
		}
		big := strings.Repeat("x", 1<<20)
		if got, err := call(t, c, context.Background(), big); err != nil || got != big {
			t.Fatal(len(got), err)
		}
		_, err = call(t, c, context.Background(), "biz")
		t.Log(err)
		_, err = call(t, c.With(volothrift.CallTimeout(20*time.Millisecond)), context.Background(), "wait")
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Error(err)
		}
		ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
		_, err = call(t, c, ctx, "wait")
		t.Log(err)
		cancel()
		if got, err := call(t, c, context.Background(), "hello"); err != nil || got != "hello" {
			t.Fatal(got, err)
		}
		go call(t, c, context.Background(), "hello")
		stop, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		start := time.Now()
		if err := s.Shutdown(stop); err != nil {
			t.Error(err)
		}
		t.Log("shutdown took", time.Since(start))
		cancel()
		wg.Wait()
		c.Close()
	}
}

func benchmarkEcho(b *testing.B, opts ...volothrift.ClientOption) {
	s := volothrift.NewServer()
	s.Register(&volothrift.Service{Name: "Echo", Handler: echoHandler{}, Methods: []*volothrift.Method{echo}})
	l, _ := net.Listen("tcp", "127.0.0.1:0")
	go s.Serve(l)
	c, err := volothrift.NewClient(l.Addr().String(), opts...)
	if err != nil {
		b.Fatal(err)
	}
	msg := strings.Repeat("x", 1024)
	b.SetParallelism(50)
	b.ReportAllocs()
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, err := call(b, c, context.Background(), msg); err != nil {
				b.Error(err)
				return
			}
		}
	})
	b.StopTimer()
	c.Close()
	s.Close()
}

func BenchmarkMux(b *testing.B) { benchmarkEcho(b) }
func BenchmarkPingPong(b *testing.B) {
	benchmarkEcho(b, volothrift.WithProtocol(volothrift.Framed))
}
