package volothrift_test

import (
	"context"
	"strings"
	"sync"
	"testing"

	"github.com/volo-go/volo/pilota/thrift"
	volothrift "github.com/volo-go/volo/volo-thrift"
)

func TestStringsOutliveTheirMessageWhereverTheyLive(t *testing.T) {
	for what, mode := range map[string]thrift.StringMode{"copied once": thrift.CopyOnce, "copied each": thrift.CopyEach, "aliased": thrift.Alias} {
		for _, p := range protocols {
			t.Run(p.name+", "+what, func(t *testing.T) {
				options := volothrift.WithDecodeOptions(thrift.DecodeOptions{Strings: mode})
				var mu sync.Mutex
				var received []string
				addr := serveTCP(t, handler{get: func(_ context.Context, key string) (string, error) {
					mu.Lock()
					defer mu.Unlock()
					received = append(received, key)
					return key, nil
				}}, options)
				c := newClient(t, addr, append(p.opts, options)...)
				var sent, got []string
				for i := range 500 {
					key := strings.Repeat(string(rune('a'+i%26)), sizeOf(i))
					v, err := c.Get(t.Context(), key)
					if err != nil {
						t.Fatal(err)
					}
					sent, got = append(sent, key), append(got, v)
				}
				mu.Lock()
				defer mu.Unlock()
				for i := range sent {
					if received[i] != sent[i] || got[i] != sent[i] {
						t.Fatalf("string %d is %.10q… on the server and %.10q… on the client by now, want %.10q…", i, received[i], got[i], sent[i])
					}
				}
			})
		}
	}
}
