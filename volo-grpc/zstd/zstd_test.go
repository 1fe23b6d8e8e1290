package zstd_test

import (
	"bytes"
	"testing"

	"github.com/volo-go/volo/volo-grpc/zstd"
)

func TestRoundTrip(t *testing.T) {
	c := zstd.New()
	for _, n := range []int{0, 1, 1000, 1 << 20} {
		want := bytes.Repeat([]byte("volo"), n)
		packed, err := c.Compress([]byte("before"), want)
		if err != nil || !bytes.HasPrefix(packed, []byte("before")) {
			t.Fatalf("%d bytes: %v", len(want), err)
		}
		for _, tt := range []struct {
			limit int
			whole bool
		}{{len(want) + 1, true}, {len(want), true}, {len(want) - 1, false}} {
			if tt.limit < 1 {
				continue
			}
			got, err := c.Decompress(packed[6:], tt.limit)
			if err != nil {
				t.Errorf("%d bytes, limit %d: %v", len(want), tt.limit, err)
			}
			if tt.whole && !bytes.Equal(got, want) || !tt.whole && len(got) != tt.limit+1 {
				t.Errorf("%d bytes, limit %d: got %d bytes", len(want), tt.limit, len(got))
			}
		}
	}
	if _, err := c.Decompress([]byte("this is not zstd"), 1000); err == nil {
		t.Error("what is not zstd is taken")
	}
}
