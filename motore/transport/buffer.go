package transport

import (
	"math/bits"
	"sync"
)

// The sizes of pooled buffers are powers of two. What is larger is left to the
// garbage collector, so that one giant message does not stay for ever.
const (
	minClass = 12 // 4 KiB
	maxClass = 20 // 1 MiB
)

// A buffer is a piece of memory that is borrowed while bytes are pending.
type buffer struct {
	b     []byte
	class int // 0: not pooled
}

var buffers [maxClass + 1]sync.Pool

// classOf returns the smallest class whose buffers hold n bytes.
func classOf(n int) int {
	return max(minClass, bits.Len(uint(max(n, 1)-1)))
}

// borrow returns a buffer of at least n bytes with arbitrary contents.
func borrow(n int) *buffer {
	class := classOf(n)
	if class > maxClass {
		return &buffer{b: make([]byte, n)}
	}
	if b, ok := buffers[class].Get().(*buffer); ok {
		return b
	}
	return &buffer{b: make([]byte, 1<<class), class: class}
}

// giveBack ends the loan. The caller has no reference to b.b left.
func (b *buffer) giveBack() {
	if b.class != 0 {
		buffers[b.class].Put(b)
	}
}
