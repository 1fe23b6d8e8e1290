package vologrpc_test

import (
	"errors"
	"io"
	"strings"
	"sync"
	"testing"

	vologrpc "github.com/volo-go/volo/volo-grpc"
)

func TestCallsOfEveryKind(t *testing.T) {
	networks := []struct {
		name   string
		client func(*testing.T) notesClient
	}{
		{"over TCP", func(t *testing.T) notesClient { return dial(t, serve(t, echo)) }},
		{"in memory", func(t *testing.T) notesClient { return inMemory(t, echo, nil) }},
		{"over several connections", func(t *testing.T) notesClient {
			return dial(t, serve(t, echo), vologrpc.WithConnections(3))
		}},
		{"compressed with gzip", func(t *testing.T) notesClient {
			return dial(t, serve(t, echo), vologrpc.WithCompression("gzip"))
		}},
		{"compressed with deflate", func(t *testing.T) notesClient {
			return dial(t, serve(t, echo), vologrpc.WithCompression("deflate"))
		}},
	}
	for _, n := range networks {
		t.Run(n.name, func(t *testing.T) {
			c := n.client(t)
			for _, size := range []int{0, 1, 1000, 16<<10 - 5, 16 << 10, 1 << 20, 3 << 20} {
				want := strings.Repeat("x", size)
				if got, err := c.get(soon(t), want); err != nil || got != want {
					t.Errorf("unary, %d bytes: got %d bytes and %v", size, len(got), err)
				}
			}
			if got := putAll(t, c, "a", "b", "", "c"); got != "abc" {
				t.Errorf("client streaming: got %q, want %q", got, "abc")
			}
			if got := putAll(t, c); got != "" {
				t.Errorf("client streaming of nothing: got %q", got)
			}
			if got := listAll(t, c, "hello"); got != "hello" {
				t.Errorf("server streaming: got %q, want %q", got, "hello")
			}
			if got := listAll(t, c, ""); got != "" {
				t.Errorf("server streaming of nothing: got %q", got)
			}
			chatAll(t, c, "to", "and", "fro", strings.Repeat("y", 3<<20))
			chatAll(t, c)
		})
	}
}

func putAll(t *testing.T, c notesClient, parts ...string) string {
	t.Helper()
	s, err := c.put(soon(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range parts {
		if err := s.Send(of(p)); err != nil {
			t.Errorf("send: %v", err)
		}
	}
	out, err := s.CloseAndRecv()
	if err != nil {
		t.Fatalf("CloseAndRecv: %v", err)
	}
	return out.Value
}

func listAll(t *testing.T, c notesClient, in string) (all string) {
	t.Helper()
	s, err := c.list(soon(t), in)
	if err != nil {
		t.Fatal(err)
	}
	for m, err := range s.All() {
		if err != nil {
			t.Fatalf("receive: %v", err)
		}
		all += m.Value
	}
	return all
}

func chatAll(t *testing.T, c notesClient, parts ...string) {
	t.Helper()
	s, err := c.chat(soon(t))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	for _, p := range parts {
		if err := s.Send(of(p)); err != nil {
			t.Fatalf("send: %v", err)
		}
		m, err := s.Recv()
		if err != nil || m.Value != p {
			t.Fatalf("bidi streaming: got %d bytes and %v, want %d bytes", len(m.GetValue()), err, len(p))
		}
	}
	s.CloseSend()
	if m, err := s.Recv(); err != io.EOF {
		t.Errorf("bidi streaming: got %v and %v at the end, want io.EOF", m, err)
	}
	if m, err := s.Recv(); err != io.EOF {
		t.Errorf("bidi streaming: got %v and %v after the end, want io.EOF", m, err)
	}
}

func TestManyCallsAtOnce(t *testing.T) {
	c := dial(t, serve(t, echo), vologrpc.WithConnections(2))
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			for range 20 {
				if got, err := c.get(soon(t), "hello"); err != nil || got != "hello" {
					t.Errorf("got %q and %v", got, err)
				}
			}
		})
		wg.Go(func() {
			s, err := c.chat(soon(t))
			if err != nil {
				t.Error(err)
				return
			}
			defer s.Close()
			sent := make(chan struct{})
			go func() {
				defer close(sent)
				for range 100 {
					s.Send(of("ping"))
				}
				s.CloseSend()
			}()
			n := 0
			for m, err := range s.All() {
				if err != nil || m.Value != "ping" {
					t.Errorf("got %v and %v", m, err)
				}
				n++
			}
			<-sent
			if n != 100 {
				t.Errorf("got %d messages, want 100", n)
			}
		})
	}
	wg.Wait()
}

func TestNamesThatAreNotThere(t *testing.T) {
	c := dial(t, serve(t, echo))
	for _, tt := range []struct{ service, method, want string }{
		{"test.v1.Notes", "Burn", "service test.v1.Notes has no method Burn"},
		{"test.v1.Books", "Get", "unknown service test.v1.Books"},
	} {
		m := &vologrpc.Method{Service: tt.service, Name: tt.method, NewRequest: newNote, NewResponse: newNote}
		err := c.Unary(soon(t), m, of(""), new(note))
		var e *vologrpc.Error
		if !errors.As(err, &e) || e.Code != vologrpc.Unimplemented || e.Message != tt.want {
			t.Errorf("%s/%s: got %v, want UNIMPLEMENTED: %s", tt.service, tt.method, err, tt.want)
		}
	}
}
