package zstd_test

import (
	"bytes"
	"runtime"
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

func FuzzDecompress(f *testing.F) {
	c := zstd.New()
	packed, err := c.Compress(nil, bytes.Repeat([]byte("volo"), 1000))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(packed)
	f.Add(append(packed, packed...)) // frames may follow each other
	f.Fuzz(func(t *testing.T, b []byte) {
		const limit = 1000
		got, err := c.Decompress(b, limit)
		if err != nil {
			return
		}
		if len(got) > limit+1 {
			t.Fatalf("got %d bytes, want %d at most", len(got), limit+1)
		}
		if len(got) > limit {
			return
		}
		again, err := c.Compress(nil, got)
		if err != nil {
			t.Fatal(err)
		}
		if back, err := c.Decompress(again, limit); err != nil || !bytes.Equal(back, got) {
			t.Errorf("got %q and %v, want %q", back, err, got)
		}
	})
}

// A few bytes that stand for many are not made into many.
func TestWhatInflatesIsBounded(t *testing.T) {
	c := zstd.New()
	packed, err := c.Compress(nil, make([]byte, 64<<20))
	if err != nil {
		t.Fatal(err)
	}
	const limit = 1 << 20
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	got, err := c.Decompress(packed, limit)
	runtime.ReadMemStats(&after)
	if err != nil || len(got) != limit+1 {
		t.Fatalf("got %d bytes and %v, want %d", len(got), err, limit+1)
	}
	// The window of a decoder is 8 MiB at most, with room for a block and a half.
	if n := after.TotalAlloc - before.TotalAlloc; n > 24<<20 {
		t.Errorf("%d bytes of input have cost %d", len(packed), n)
	}
}
