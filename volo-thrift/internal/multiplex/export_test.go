package multiplex

// SetNext makes seq the last sequence id that was given out.
func (c *Conn) SetNext(seq int32) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.next = seq
}

// Slots returns the size of the table of calls in flight.
func (c *Conn) Slots() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.waiters)
}
