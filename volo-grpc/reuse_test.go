package vologrpc_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	vologrpc "github.com/volo-go/volo/volo-grpc"
)

// TestCallsKeepNothingOfOthers: a client without layers uses requests again.
func TestCallsKeepNothingOfOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var got string
		c := inMemory(t, notes{get: func(ctx context.Context, in *note) (*note, error) {
			_, bounded := ctx.Deadline()
			got = fmt.Sprintf("%v%s", bounded, vologrpc.MetadataFrom(ctx).Get("shop"))
			return in, nil
		}}, nil)
		plain := context.Background()
		bounded, cancel := context.WithTimeout(plain, time.Minute)
		defer cancel()
		special := notesClient{c.With(vologrpc.CallTimeout(time.Second), vologrpc.CallTag("zone", "a"))}
		for _, call := range []struct {
			name string
			by   notesClient
			ctx  context.Context
			want string
		}{
			{"a plain call", c, plain, "false"},
			{"one with a deadline", c, bounded, "true"},
			{"a plain one after it", c, plain, "false"},
			{"one with metadata", c, vologrpc.WithMetadata(plain, "shop", "7"), "false7"},
			{"a plain one after that", c, plain, "false"},
			{"one with options", special, plain, "true"},
			{"a plain one at the end", c, plain, "false"},
		} {
			if value, err := call.by.get(call.ctx, call.name); err != nil || value != call.name || got != call.want {
				t.Errorf("%s: got %q (%v), the server saw %q, want %q", call.name, value, err, got, call.want)
			}
		}
	})
}
