package protobuf

import "unsafe"

// Memory for small things that come in numbers: optional scalars and strings,
// and the messages of repeated fields and maps. A chunk is cut into disjoint
// pieces, each handed out once. A piece keeps its chunk alive, so chunks stay
// small.

// Largest chunks: in pieces, and for messages in bytes.
const (
	maxWords = 256
	maxHeads = 64
	maxSlab  = 16 << 10
)

// Scalar is what fits a word.
type Scalar interface {
	~bool | ~int32 | ~int64 | ~uint32 | ~uint64 | ~float32 | ~float64
}

// Optional returns a pointer to a copy of v. rest is how many bytes of the
// message follow.
func Optional[T Scalar](d *Decoder, v T, rest int) *T {
	if len(d.words) == 0 {
		d.growWords(rest)
	}
	// Safety: a word is aligned for every Scalar and as large as the largest;
	// none has pointers. The word has not been handed out before and leaves
	// d.words below, so that nothing else refers to it.
	p := (*T)(unsafe.Pointer(&d.words[0]))
	d.words = d.words[1:]
	*p = v
	return p
}

// growWords makes a chunk: small at first, then doubling, and never more than
// rest could have a use for, one scalar taking two bytes at least.
//
//go:noinline
func (d *Decoder) growWords(rest int) {
	d.word = min(max(4, 2*d.word), maxWords, rest/2+1)
	d.words = make([]uint64, d.word)
}

// OptionalString returns a pointer to v. rest is how many bytes of the message
// follow.
func OptionalString(d *Decoder, v string, rest int) *string {
	if len(d.heads) == 0 {
		d.growHeads(1, rest)
	}
	p := &d.heads[0]
	d.heads = d.heads[1:]
	*p = v
	return p
}

// Strings returns an empty list with room for n strings. rest is how many
// bytes of the message follow.
func (d *Decoder) Strings(n, rest int) []string {
	if n > maxHeads/4 {
		return make([]string, 0, n)
	}
	if len(d.heads) < n {
		d.growHeads(n, rest)
	}
	list := d.heads[:0:n]
	d.heads = d.heads[n:]
	return list
}

// growHeads makes a chunk for n strings at least: small at first, then
// doubling, and never more than rest could have a use for, one string taking
// two bytes at least.
//
//go:noinline
func (d *Decoder) growHeads(n, rest int) {
	d.head = max(n, min(max(8, 2*d.head), maxHeads, rest/2+1))
	d.heads = make([]string, d.head)
}

// Slab returns zero messages for a field of which one was just found and more
// with the same tag may follow at b[i:]: as many as do, or as make a chunk if
// that is less.
func Slab[T any](b []byte, i int, tag uint64) []T {
	// Safety: Sizeof is a constant, no memory is touched.
	var message *T
	return make([]T, 1+Count(b, i, tag, maxSlab/int(1+unsafe.Sizeof(*message))))
}

// maxAhead is how many values of a field Room makes room for at once.
const maxAhead = 1024

// Room returns how many values of a field to make room for, of which one was
// just found and more with the same tag may follow at b[i:].
func Room(b []byte, i int, tag uint64) int { return 1 + Count(b, i, tag, maxAhead) }
