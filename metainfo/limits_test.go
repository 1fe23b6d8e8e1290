package metainfo_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/volo-go/volo/metainfo"
)

func TestSizes(t *testing.T) {
	ctx := metainfo.WithTransient(metainfo.WithPersistents(t.Context(), "AB", "123", "C", ""), "T", "4")
	m := metainfo.FromContext(ctx)
	bytes := 0
	for kind, kv := range m.Outgoing() {
		bytes += len(kind.Prefix()) + len(kv.Key) + len(kv.Value)
	}
	if m.OutgoingLen() != 3 || m.OutgoingSize() != bytes {
		t.Errorf("got %d values of %d bytes, want 3 of %d", m.OutgoingLen(), m.OutgoingSize(), bytes)
	}
	var c metainfo.BackwardCell
	c.Set("AB", "123")
	c.Set("C", "4")
	if want := 2*len("RPC_BACKWARD_") + len("AB123C4"); c.Len() != 2 || c.Size() != want {
		t.Errorf("got %d backward values of %d bytes, want 2 of %d", c.Len(), c.Size(), want)
	}
}

// TestLimits goes one below, to and one beyond each limit, forward and
// backward.
func TestLimits(t *testing.T) {
	small := metainfo.Limits{MaxKey: 20, MaxValue: 5, MaxTotal: 60}
	x := func(n int) string { return strings.Repeat("x", n) }
	forward := len(metainfo.PrefixPersist)
	for _, c := range []struct {
		what   string
		limits metainfo.Limits
		key    string
		value  string
		want   string // "" for none
	}{
		{"a key below the limit", small, x(19 - forward), "v", ""},
		{"a key at the limit", small, x(20 - forward), "v", ""},
		{"a key above the limit", small, x(21 - forward), "v",
			`metainfo: persistent key "xxxxxxxxx": 21 bytes, limit 20 (Limits.MaxKey)`},
		{"a value at the limit", small, "K", x(5), ""},
		{"a value above the limit", small, "K", x(6), `metainfo: value of persistent key "K": 6 bytes, limit 5 (Limits.MaxValue)`},
		{"the total at the limit", metainfo.Limits{MaxTotal: forward + 9}, "1234", "56789", ""},
		{"the total above the limit", metainfo.Limits{MaxTotal: forward + 9}, "1234", "567890",
			`metainfo: all keys and values: 22 bytes, limit 21 (Limits.MaxTotal)`},
		{"a default key at the limit", metainfo.Limits{MaxTotal: 1 << 20}, x(65535 - forward), "v", ""},
		{"a default key above the limit", metainfo.Limits{MaxTotal: 1 << 20}, x(65536 - forward), "v",
			`metainfo: persistent key "` + x(64) + `"…: 65536 bytes, limit 65535 (Limits.MaxKey)`},
		{"a default value at the limit", metainfo.Limits{MaxTotal: 1 << 20}, "K", x(65535), ""},
		{"a default value above the limit", metainfo.Limits{MaxTotal: 1 << 20}, "K", x(65536),
			`metainfo: value of persistent key "K": 65536 bytes, limit 65535 (Limits.MaxValue)`},
		{"a default total at the limit", metainfo.Limits{}, "K", x(65536 - forward - 1), ""},
		{"a default total above the limit", metainfo.Limits{}, "K", x(65536 - forward),
			`metainfo: all keys and values: 65537 bytes, limit 65536 (Limits.MaxTotal)`},
	} {
		err := c.limits.Check(metainfo.FromContext(metainfo.WithPersistent(t.Context(), c.key, c.value)))
		if got := text(err); got != c.want {
			t.Errorf("%s: got %q, want %q", c.what, got, c.want)
		}
		var e *metainfo.SizeError
		if err != nil && !errors.As(err, &e) {
			t.Errorf("%s: got a %T, want a *SizeError", c.what, err)
		}
	}
}

func TestBackwardLimits(t *testing.T) {
	prefix := len(metainfo.PrefixBackward)
	for _, c := range []struct {
		what   string
		limits metainfo.Limits
		want   string
	}{
		{"all at the limit", metainfo.Limits{MaxKey: prefix + 3, MaxValue: 4, MaxTotal: prefix + 7}, ""},
		{"a key above it", metainfo.Limits{MaxKey: prefix + 2}, `metainfo: backward key "KEY": 16 bytes, limit 15 (Limits.MaxKey)`},
		{"a value above it", metainfo.Limits{MaxValue: 3}, `metainfo: value of backward key "KEY": 4 bytes, limit 3 (Limits.MaxValue)`},
		{"the total above it", metainfo.Limits{MaxTotal: prefix + 6}, `metainfo: all keys and values: 20 bytes, limit 19 (Limits.MaxTotal)`},
	} {
		var cell metainfo.BackwardCell
		cell.Set("KEY", "1234")
		if got := text(c.limits.CheckBackward(&cell)); got != c.want {
			t.Errorf("%s: got %q, want %q", c.what, got, c.want)
		}
	}
	if err := (metainfo.Limits{}).CheckBackward(nil); err != nil {
		t.Errorf("got %v from a nil cell, want none", err)
	}
}

func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
