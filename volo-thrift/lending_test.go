package volothrift_test

import (
	"context"
	"math/rand/v2"
	"net"
	"runtime"
	"strings"
	"sync"
	"testing"

	volothrift "github.com/volo-go/volo/volo-thrift"
)

// sizeOf returns the size of the i-th message: a hundred alike, or nearly, then
// a hundred that jump about.
func sizeOf(i int) int {
	switch i / 100 % 5 {
	case 0:
		return 1024
	case 1:
		return 1000 + i*37%100
	case 2:
		return []int{1, 600, 5000}[i%3]
	case 3:
		return (16 + i%2*60) << 10
	}
	return 1 + i*787%3000
}

// What a handler keeps of its requests stays as it was, however long those are
// that come after on the same connection, and whether or not they come one by
// one.
func TestWhatAHandlerKeepsIsNeverOverwritten(t *testing.T) {
	for name, protocol := range map[string]volothrift.Protocol{"framed": volothrift.Framed, "unframed": volothrift.Unframed} {
		t.Run(name, func(t *testing.T) {
			var mu sync.Mutex
			var kept []string
			s := newServer(t, handler{get: func(_ context.Context, key string) (string, error) {
				mu.Lock()
				defer mu.Unlock()
				kept = append(kept, key)
				return key[:1], nil
			}})
			network, address := serveOn(t, s, "tcp", "127.0.0.1:0").Dial()
			nc, err := net.Dial(network, address)
			if err != nil {
				t.Fatal(err)
			}
			defer nc.Close()
			p := &peer{t, nc}
			random := rand.New(rand.NewPCG(1, 2))
			var want []string
			for i := 0; i < 2000; {
				var out []byte
				together := 1 + random.IntN(3)*(i/500%2) // every other 500 up to three at once
				for range together {
					key := strings.Repeat(string(rune('a'+i%26)), sizeOf(i))
					want = append(want, key)
					m := message(typeCall, "get", uint32(i), text(1, key))
					if protocol == volothrift.Framed {
						m = framed(m)
					}
					out = append(out, m...)
					i++
				}
				p.send(out)
				for _, key := range want[len(want)-together:] {
					answer := message(typeReply, "get", 0, text(0, key[:1]))
					if protocol == volothrift.Framed {
						answer = framed(answer)
					}
					p.receive(len(answer))
				}
			}
			mu.Lock()
			defer mu.Unlock()
			for i := range want {
				if kept[i] != want[i] {
					t.Fatalf("request %d of %d bytes has become %.40q", i, len(want[i]), kept[i])
				}
			}
		})
	}
}

// A request that is left out is read into memory that serves again, however
// short the requests before it were.
func TestARequestThatIsLeftOutIsNotReadIntoMemoryOfItsOwn(t *testing.T) {
	const size = 8 << 20
	s := newServer(t, handler{get: func(_ context.Context, key string) (string, error) { return key[:1], nil }},
		volothrift.WithMaxMessageSize(4096))
	network, address := serveOn(t, s, "tcp", "127.0.0.1:0").Dial()
	nc, err := net.Dial(network, address)
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	p := &peer{t, nc}
	for range 3 {
		p.send(framed(message(typeCall, "get", 1, text(1, strings.Repeat("k", 600)))))
		p.receiveFrame()
	}
	long := framed(message(typeCall, "get", 2, text(1, strings.Repeat("k", size))))
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	if _, err := nc.Write(long); err != nil {
		t.Fatal(err)
	}
	p.receiveFrame()
	runtime.ReadMemStats(&after)
	if n := after.TotalAlloc - before.TotalAlloc; n > size/2 {
		t.Errorf("%d bytes were allocated for %d that are left out", n, size)
	}
}
