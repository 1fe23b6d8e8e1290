package metainfo

import "fmt"

// The limits that zero fields of [Limits] stand for. A key and a value are
// at most what the 16-bit lengths of TTHeader can say.
const (
	DefaultMaxKey   = 1<<16 - 1
	DefaultMaxValue = 1<<16 - 1
	DefaultMaxTotal = 1 << 16
)

// Limits bound what one message may carry. They are checked before it is
// sent, so that a value that is too big is an error of the process that set
// it and not a puzzle for the one that receives it. A field that is zero
// stands for its default.
type Limits struct {
	MaxKey   int // bytes of one key, its prefix included
	MaxValue int // bytes of one value
	MaxTotal int // bytes of all keys, their prefixes included, and values
}

// Check returns a *[SizeError] if what m sends exceeds a limit.
func (l Limits) Check(m *Metadata) error {
	l = l.filled()
	for kind, kv := range m.Outgoing() {
		if err := l.checkOne(kind, kv); err != nil {
			return err
		}
	}
	return l.checkTotal(m.OutgoingSize())
}

// CheckBackward returns a *[SizeError] if what c sends exceeds a limit.
func (l Limits) CheckBackward(c *BackwardCell) error {
	l = l.filled()
	for key, value := range c.All() {
		if err := l.checkOne(KindBackward, KV{key, value}); err != nil {
			return err
		}
	}
	return l.checkTotal(c.Size())
}

func (l Limits) filled() Limits {
	if l.MaxKey == 0 {
		l.MaxKey = DefaultMaxKey
	}
	if l.MaxValue == 0 {
		l.MaxValue = DefaultMaxValue
	}
	if l.MaxTotal == 0 {
		l.MaxTotal = DefaultMaxTotal
	}
	return l
}

func (l Limits) checkOne(kind Kind, kv KV) error {
	if n := len(kind.Prefix()) + len(kv.Key); n > l.MaxKey {
		return &SizeError{"MaxKey", n, l.MaxKey, kind, kv.Key}
	}
	if n := len(kv.Value); n > l.MaxValue {
		return &SizeError{"MaxValue", n, l.MaxValue, kind, kv.Key}
	}
	return nil
}

func (l Limits) checkTotal(n int) error {
	if n > l.MaxTotal {
		return &SizeError{Knob: "MaxTotal", Size: n, Limit: l.MaxTotal}
	}
	return nil
}

// A SizeError says that metadata is too big to be sent.
type SizeError struct {
	Knob        string // the field of [Limits] that was exceeded
	Size, Limit int    // bytes

	// What was too big; zero if it is the total.
	Kind Kind
	Key  string
}

// Error names the value, its size and the knob.
func (e *SizeError) Error() string {
	what := "all keys and values"
	switch e.Knob {
	case "MaxKey":
		what = fmt.Sprintf("%s key %s", e.Kind, clip(e.Key))
	case "MaxValue":
		what = fmt.Sprintf("value of %s key %s", e.Kind, clip(e.Key))
	}
	return fmt.Sprintf("metainfo: %s: %d bytes, limit %d (Limits.%s)", what, e.Size, e.Limit, e.Knob)
}

// clip quotes s, or the beginning of it if it is long.
func clip(s string) string {
	const most = 64
	if len(s) > most {
		return fmt.Sprintf("%q…", s[:most])
	}
	return fmt.Sprintf("%q", s)
}
