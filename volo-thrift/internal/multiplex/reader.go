package multiplex

import "errors"

// reader is the connection as the transport sees it.
type reader Conn

// Data hands each whole frame to the call that waits for it. It looks up the
// calls of all frames that have arrived at once, under one lock.
func (r *reader) Data(in []byte) (consumed, need int, err error) {
	c := (*Conn)(r)
	for {
		n := min(c.skip, len(in)-consumed)
		c.skip -= n
		consumed += n
		var size int
		size, err = c.framing.Size(in[consumed:])
		if err != nil && size > 0 {
			c.arrived = append(c.arrived, arrival{seq: c.framing.Seq(in[consumed:]), err: err})
			c.skip, err = size, nil
			continue
		}
		if err != nil {
			break
		}
		if size == 0 || len(in)-consumed < size {
			need = size
			break
		}
		// The copy is the answer's own memory: decoding aliases it.
		frame := append([]byte(nil), in[consumed:consumed+size]...)
		c.arrived = append(c.arrived, arrival{})
		a := &c.arrived[len(c.arrived)-1]
		a.seq, a.frame = c.framing.Seq(in[consumed:]), frame
		consumed += size
	}
	drained := c.deliver()
	if err != nil {
		c.fail(err) // only those whose answers did not come before
		return consumed, 0, err
	}
	return consumed, need, drained
}

// An arrival is a frame on its way to the call that waits for it.
type arrival struct {
	seq   int32
	frame []byte
	err   error // in place of the frame
	w     *Waiter
}

// deliver hands over what has arrived. It ends a connection that the peer
// wants to be rid of once its last call is over.
func (c *Conn) deliver() error {
	c.mu.Lock()
	c.silence.end()
	for i := range c.arrived {
		a := &c.arrived[i]
		if a.seq == 0 && a.err == nil {
			c.draining = c.draining || c.framing.Draining(a.frame)
			continue
		}
		a.w = c.remove(a.seq)
	}
	drained := c.draining && c.inflight == 0
	c.mu.Unlock()
	for i := range c.arrived {
		if a := &c.arrived[i]; a.w != nil {
			a.w.frame, a.w.err = a.frame, a.err
			a.w.ready <- struct{}{}
		}
	}
	clear(c.arrived)
	c.arrived = c.arrived[:0]
	if drained {
		return ErrDraining
	}
	return nil
}

// Closed fails what still waits.
func (r *reader) Closed(err error) {
	c := (*Conn)(r)
	if err == nil {
		err = errors.New("the peer closed the connection")
	}
	err = lost(err)
	c.fail(err)
	c.writer.Close(err)
}

// Idle reports that no call waits.
func (r *reader) Idle() bool { return (*Conn)(r).InFlight() == 0 }
