package raw

import (
	"net"
	"runtime"
	"sync"
)

// Buffer is how much is read at once.
const Buffer = 64 << 10

// A Combiner writes what many goroutines have to send with few writes. Whoever
// comes while nobody writes does the writing, for those too who come later.
type Combiner struct {
	Conn net.Conn

	mu      sync.Mutex
	pending []byte // not yet being written
	spare   []byte // what was last written, for reuse
	writing bool
	err     error // of the first write that failed
}

// Write appends a frame with add, which may not block, and returns once the
// frame is written or somebody else is about to write it.
func (c *Combiner) Write(add func([]byte) []byte) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err != nil {
		return c.err
	}
	c.pending = add(c.pending)
	if c.writing {
		return nil
	}
	c.writing = true
	for len(c.pending) > 0 && c.err == nil {
		// Everybody who is ready to run gets to append first. Without this,
		// a goroutine that was just woken writes batches of one.
		c.mu.Unlock()
		runtime.Gosched()
		c.mu.Lock()
		batch := c.pending
		c.pending = c.spare[:0]
		c.mu.Unlock()
		_, err := c.Conn.Write(batch)
		c.mu.Lock()
		c.spare, c.err = batch, err
	}
	c.writing = false
	return c.err
}
