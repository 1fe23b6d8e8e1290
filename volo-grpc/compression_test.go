package vologrpc_test

import (
	"bytes"
	"context"
	"errors"
	"runtime"
	"strings"
	"testing"

	"github.com/volo-go/volo/motore/rpc"
	vologrpc "github.com/volo-go/volo/volo-grpc"
	"github.com/volo-go/volo/volo-grpc/zstd"
)

func TestCompressorsOfTheStandardLibrary(t *testing.T) {
	for _, c := range []vologrpc.Compressor{vologrpc.Gzip, vologrpc.Deflate} {
		for _, n := range []int{0, 1, 1000, 1 << 20} {
			want := bytes.Repeat([]byte("volo"), n)
			packed, err := c.Compress([]byte("before"), want)
			if err != nil || !bytes.HasPrefix(packed, []byte("before")) {
				t.Fatalf("%s, %d bytes: %v", c.Name(), len(want), err)
			}
			packed = packed[6:]
			for _, tt := range []struct {
				limit int
				whole bool
			}{{len(want) + 1, true}, {len(want), true}, {len(want) - 1, false}, {0, n == 0}} {
				if tt.limit < 0 {
					continue
				}
				got, err := c.Decompress(packed, tt.limit)
				if err != nil {
					t.Errorf("%s, %d bytes, limit %d: %v", c.Name(), len(want), tt.limit, err)
				}
				if tt.whole && !bytes.Equal(got, want) || !tt.whole && len(got) != tt.limit+1 {
					t.Errorf("%s, %d bytes, limit %d: got %d bytes", c.Name(), len(want), tt.limit, len(got))
				}
			}
			for _, bad := range [][]byte{nil, []byte("x"), packed[:len(packed)/2], append([]byte("junk"), packed...)} {
				if _, err := c.Decompress(bad, 100); err == nil && len(want) < 100 {
					t.Errorf("%s: %q is taken", c.Name(), bad)
				}
			}
		}
	}
}

// A few bytes that stand for many are not made into many.
func TestWhatInflatesIsBounded(t *testing.T) {
	for _, c := range []vologrpc.Compressor{vologrpc.Gzip, vologrpc.Deflate} {
		packed, err := c.Compress(nil, make([]byte, 16<<20))
		if err != nil {
			t.Fatal(err)
		}
		const limit = 1 << 20
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		got, err := c.Decompress(packed, limit)
		runtime.ReadMemStats(&after)
		if err != nil || len(got) != limit+1 {
			t.Errorf("%s: got %d bytes and %v, want %d", c.Name(), len(got), err, limit+1)
		}
		// A buffer that grows costs a few times what it holds; all of it would be
		// sixteen times the limit, and as often.
		if n := after.TotalAlloc - before.TotalAlloc; n > 12*limit {
			t.Errorf("%s: %d bytes of input have cost %d", c.Name(), len(packed), n)
		}
	}
}

func TestCompressionIsNegotiated(t *testing.T) {
	long := strings.Repeat("x", 10000)
	with := vologrpc.WithCompressors(zstd.New())
	tests := []struct {
		what     string
		server   []vologrpc.ServerOption
		client   []vologrpc.ClientOption
		call     []vologrpc.CallOption
		code     vologrpc.Code
		compress bool // what the server receives
	}{
		{"not at all", nil, nil, nil, vologrpc.OK, false},
		{"by the client", nil, []vologrpc.ClientOption{vologrpc.WithCompression("gzip")}, nil, vologrpc.OK, true},
		{"by the call", nil, nil, []vologrpc.CallOption{vologrpc.CallCompression("deflate")}, vologrpc.OK, true},
		{"not by the call, although by the client", nil, []vologrpc.ClientOption{vologrpc.WithCompression("gzip")}, []vologrpc.CallOption{vologrpc.CallCompression("identity")}, vologrpc.OK, false},
		{"with one that both have been given", []vologrpc.ServerOption{with}, []vologrpc.ClientOption{with, vologrpc.WithCompression("zstd")}, nil, vologrpc.OK, true},
		{"with one that the server does not have", nil, []vologrpc.ClientOption{with, vologrpc.WithCompression("zstd")}, nil, vologrpc.Unimplemented, false},
		{"with one that the client does not have", nil, nil, []vologrpc.CallOption{vologrpc.CallCompression("lzw")}, vologrpc.Internal, false},
	}
	for _, tt := range tests {
		var got int
		c := inMemory(t, notes{get: func(ctx context.Context, in *note) (*note, error) {
			got = rpc.FromContext(ctx).Stats.ReceivedBytes
			return in, nil
		}}, tt.server, tt.client...).with(tt.call...)
		_, err := c.get(soon(t), long)
		if vologrpc.CodeOf(err) != tt.code {
			t.Errorf("%s: got %v, want %v", tt.what, err, tt.code)
		}
		if err == nil && (got < len(long)) != tt.compress {
			t.Errorf("%s: the server received %d bytes", tt.what, got)
		}
	}
	if _, err := vologrpc.NewClient("localhost:1", vologrpc.WithCompression("lzw")); err == nil || !strings.Contains(err.Error(), "WithCompressors") {
		t.Errorf("a client with a compression that it does not have: got %v", err)
	}
}

func TestAHandlerChoosesTheCompression(t *testing.T) {
	long := of(strings.Repeat("x", 10000))
	zipped := vologrpc.WithCompression("gzip")
	for _, tt := range []struct {
		what   string
		name   string
		late   bool // after the first message
		client []vologrpc.ClientOption
		small  bool   // is the answer
		err    string // "" for none
	}{
		{"none, for a request without any", "identity", false, nil, false, ""},
		{"one, for a request without any", "gzip", false, nil, true, ""},
		{"another one than the request's", "deflate", false, []vologrpc.ClientOption{zipped}, true, ""},
		{"none, although the request has one", "identity", false, []vologrpc.ClientOption{zipped}, false, ""},
		{"one that the server does not have", "lzw", false, nil, false, "WithCompressors"},
		{"one that the client does not have", "zstd", false, nil, false, "does not accept"},
		{"one, when the answer has begun", "gzip", true, nil, false, "has been sent"},
	} {
		t.Run(tt.what, func(t *testing.T) {
			var call *vologrpc.Request
			watch := vologrpc.WithInner(func(next vologrpc.Handler) vologrpc.Handler {
				return vologrpc.HandlerFunc(func(ctx context.Context, req *vologrpc.Request) (*vologrpc.Response, error) {
					call = req
					return next.Call(ctx, req)
				})
			})
			c := inMemory(t, notes{
				get: func(ctx context.Context, in *note) (*note, error) {
					return long, vologrpc.SetCompression(ctx, tt.name)
				},
				list: func(ctx context.Context, _ *note, s *vologrpc.Sender[note]) error {
					if tt.late {
						s.Send(long)
					}
					if err := vologrpc.SetCompression(ctx, tt.name); err != nil {
						return err
					}
					return s.Send(long)
				},
			}, []vologrpc.ServerOption{vologrpc.WithCompressors(zstd.New())}, append(tt.client, watch)...)
			check := func(kind, got string, err error) {
				t.Helper()
				if tt.err != "" && (err == nil || !strings.Contains(err.Error(), tt.err)) || tt.err == "" && (err != nil || got != long.Value) {
					t.Errorf("%s: got %d bytes and the error %v, want %q", kind, len(got), err, tt.err)
				}
				if n := call.Info.Stats.ReceivedBytes; err == nil && (n < 1000) != tt.small {
					t.Errorf("%s: the answer had %d bytes on the wire", kind, n)
				}
			}
			if !tt.late {
				got, err := c.get(soon(t), "")
				check("unary", got, err)
			}
			s, err := c.list(soon(t), "")
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			all := ""
			for m, e := range s.All() {
				if err = e; e == nil {
					all += m.Value
				}
			}
			check("streaming", all, err)
		})
	}
	if err := vologrpc.SetCompression(t.Context(), "gzip"); err == nil {
		t.Error("outside a handler: no error")
	}
}

// bomb is a compressor whose output is larger than it may be, and broken for
// the message that says so.
type bomb struct{}

func (bomb) Name() string { return "bomb" }
func (bomb) Compress(dst, src []byte) ([]byte, error) {
	if bytes.Contains(src, []byte("broken")) {
		return dst, errors.New("oops")
	}
	return append(dst, "tick"...), nil
}
func (bomb) Decompress(src []byte, limit int) ([]byte, error) { return make([]byte, limit+1), nil }

func TestCompressionThatFails(t *testing.T) {
	with := vologrpc.WithCompressors(bomb{})
	c := inMemory(t, echo, []vologrpc.ServerOption{with}, with, vologrpc.WithCompression("bomb"))
	if _, err := c.get(soon(t), ""); vologrpc.CodeOf(err) != vologrpc.ResourceExhausted {
		t.Errorf("inflated over the limit: got %v, want RESOURCE_EXHAUSTED", err)
	}
	if _, err := c.get(soon(t), "broken"); vologrpc.CodeOf(err) != vologrpc.Internal {
		t.Errorf("not to be compressed: got %v, want INTERNAL", err)
	}
}
