package codec

// A Ring is buffers that take turns. What a single buffer costs is a matter of
// luck: where it lies in its page, compared with the text that is copied into
// it, decides whether the processor takes the loads of one for what the stores
// to the other have just written, and copying 1 KiB takes twice as long.
type Ring struct {
	buffers [][]byte
	next    int
}

// Room for what codecs ask for beyond the message, and how much a Ring holds,
// lest it be the caches that are measured.
const (
	slack    = 128
	ringSize = 32 << 10
)

// NewRing returns buffers for messages of n bytes, 1 to 16 of them, at places
// that differ modulo a page and modulo a line of the cache.
func NewRing(n int) *Ring {
	const apart = 201
	room := n + slack
	r := &Ring{buffers: make([][]byte, max(1, min(16, ringSize/(room+apart))))}
	memory := make([]byte, len(r.buffers)*(room+apart))
	for i := range r.buffers {
		at := i * (room + apart)
		r.buffers[i] = memory[at : at : at+room]
	}
	return r
}

// Next returns the buffer whose turn it is, empty.
func (r *Ring) Next() []byte {
	if r.next++; r.next >= len(r.buffers) {
		r.next = 0
	}
	return r.buffers[r.next]
}
