package thrift

import "unsafe"

// Memory for small things that come in numbers: optional scalars and strings,
// and the structs of lists and maps. A chunk is cut into disjoint pieces, each
// handed out once. A piece keeps its chunk alive, so chunks stay small.

// Largest chunks, in pieces.
const (
	maxWords = 256
	maxHeads = 64
)

// Scalar is what fits a word.
type Scalar interface {
	~bool | ~int8 | ~int16 | ~int32 | ~int64 | ~float64
}

// Optional returns a pointer to a copy of v. rest is what follows v in the
// message.
func Optional[T Scalar](d *Decoder, v T, rest []byte) *T {
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
// rest could have a use for, one scalar taking four bytes at least.
//
//go:noinline
func (d *Decoder) growWords(rest []byte) {
	d.word = min(max(4, 2*d.word), maxWords, len(rest)/4+1)
	d.words = make([]uint64, d.word)
}

// OptionalString returns a pointer to v. rest is what follows v in the
// message.
func OptionalString(d *Decoder, v string, rest []byte) *string {
	if len(d.heads) == 0 {
		// A string takes seven bytes at least.
		d.head = min(max(4, 2*d.head), maxHeads, len(rest)/7+1)
		d.heads = make([]string, d.head)
	}
	p := &d.heads[0]
	d.heads = d.heads[1:]
	*p = v
	return p
}

// Slab returns zero values of T, at least one and at most n: memory for the
// next structs of a container of which n are still to come and rest holds
// them. A message that only claims to have many gets a part; one whose
// structs really are that small asks again.
func Slab[T any](n int, rest []byte) []T {
	// Safety: Sizeof is a constant, no memory is touched.
	const perByte, least = 8, 4
	var zero T
	size := max(1, int64(unsafe.Sizeof(zero)))
	return make([]T, min(int64(n), perByte*int64(len(rest))/size+least))
}
