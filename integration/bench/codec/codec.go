package codec

import (
	"fmt"
	"runtime"
	"slices"
	"time"

	"github.com/volo-go/volo/integration/bench/load"
)

// A Codec is one implementation of a format.
type Codec struct {
	Name  string
	About string // one line

	// Shapes returns what it is measured on: [Shapes] or [ProtoShapes].
	Shapes func() []Shape

	// New decodes wire, the encoding of the shape of that name, and returns
	// what to time, or an error if the codec cannot do that shape.
	New func(shape string, wire []byte) (Case, error)
}

// A Case is one value of one codec, ready to be encoded and decoded.
type Case struct {
	// Encode sizes and encodes the value into a buffer that it reuses. The
	// result is valid until the next call.
	Encode func() ([]byte, error)

	// Decode decodes wire into a fresh value and returns a pointer to it.
	// Codecs whose values share memory with wire must say so in About.
	Decode func(wire []byte) (any, error)
}

// A Timing is what one operation of one codec on one shape costs.
type Timing struct {
	Shape     string  `json:"shape"`
	Operation string  `json:"operation"` // encode or decode
	WireBytes int     `json:"wire_bytes"`
	NS        float64 `json:"ns"`
	Bytes     float64 `json:"bytes"`
	Allocs    float64 `json:"allocs"`
}

// Measure times both operations of c on every shape that match accepts, each
// for about d.
func Measure(c Codec, match func(shape string) bool, d time.Duration) ([]Timing, error) {
	var timings []Timing
	for _, shape := range c.Shapes() {
		if !match(shape.Name) {
			continue
		}
		k, err := c.New(shape.Name, slices.Clone(shape.Wire))
		if err != nil {
			return nil, fmt.Errorf("%s: %s: %w", c.Name, shape.Name, err)
		}
		if err := Check(k, shape); err != nil {
			return nil, fmt.Errorf("%s: %w", c.Name, err)
		}
		encode := measure(d, func() error { _, err := k.Encode(); return err })
		decode := measure(d, func() error { _, err := k.Decode(shape.Wire); return err })
		encode.Operation, decode.Operation = "encode", "decode"
		for _, t := range []Timing{encode, decode} {
			t.Shape, t.WireBytes = shape.Name, len(shape.Wire)
			timings = append(timings, t)
		}
	}
	return timings, nil
}

// Check returns an error unless k encodes shape as it is, and decodes it. Maps
// have no order, so shapes with a map are compared by length, and what was
// encoded must decode.
func Check(k Case, shape Shape) error {
	encoded, err := k.Encode()
	if err != nil {
		return fmt.Errorf("%s: encode: %w", shape.Name, err)
	}
	if len(encoded) != len(shape.Wire) {
		return fmt.Errorf("%s: encoded %d bytes of a message of %d", shape.Name, len(encoded), len(shape.Wire))
	}
	if !shape.Unordered && !slices.Equal(encoded, shape.Wire) {
		return fmt.Errorf("%s: encoded bytes differ from the message that was decoded", shape.Name)
	}
	if _, err := k.Decode(encoded); err != nil {
		return fmt.Errorf("%s: decode: %w", shape.Name, err)
	}
	return nil
}

// measure repeats op for about d and returns its cost. Unlike
// testing.Benchmark it starts by itself in a program and collects garbage
// before, not inside, the time it takes. That is the process's CPU time, so what
// else the machine does is not measured.
func measure(d time.Duration, op func() error) Timing {
	n := calibrate(d, op)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	start := now()
	for range n {
		_ = op() // Check has shown that it succeeds
	}
	elapsed := now() - start
	runtime.ReadMemStats(&after)
	return Timing{
		NS:     float64(elapsed.Nanoseconds()) / float64(n),
		Bytes:  float64(after.TotalAlloc-before.TotalAlloc) / float64(n),
		Allocs: float64(after.Mallocs-before.Mallocs) / float64(n),
	}
}

// calibrate returns how many times op can be done in about d, after warming
// it up for a tenth of that.
func calibrate(d time.Duration, op func() error) int {
	for n := 1; ; n *= 2 {
		start := now()
		for range n {
			_ = op()
		}
		if took := now() - start; took >= d/10 || n >= 1<<30 {
			return max(1, int(float64(n)*float64(d)/float64(max(took, 1))))
		}
	}
}

var began = time.Now()

// now is the CPU time of the process, or the time since it began on systems
// that do not tell.
func now() time.Duration {
	if cpu := load.CPUTime(); cpu > 0 {
		return cpu
	}
	return time.Since(began)
}
