package thrift

import "unsafe"

// Memory for small things that come in numbers: optional scalars and strings,
// and the structs of lists and maps. A chunk is cut into disjoint pieces, each
// handed out once. A piece keeps its chunk alive, so chunks stay small.

// Bounds of chunks, in pieces. The first chunk is sized by a guess: one piece
// in so many bytes of what remains of the message.
const (
	leastPieces = 4
	guessBytes  = 64
	maxWords    = 256
	maxHeads    = 64
	maxStructs  = 32
)

// pieces returns the size of the chunk that follows one of size last: at
// first the guess, then doubling up to most, and never more than rest could
// have a use for, a piece taking at least so many bytes.
func pieces(last, most int, rest []byte, bytes int) int {
	n := max(leastPieces, 2*last)
	if last == 0 {
		n = max(leastPieces, len(rest)/guessBytes)
	}
	return min(n, most, len(rest)/bytes+1)
}

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

//go:noinline
func (d *Decoder) growWords(rest []byte) {
	d.word = pieces(d.word, maxWords, rest, 4)
	d.words = make([]uint64, d.word)
}

// OptionalString returns a pointer to v. rest is what follows v in the
// message.
func OptionalString(d *Decoder, v string, rest []byte) *string {
	if len(d.heads) == 0 {
		d.growHeads(rest)
	}
	p := &d.heads[0]
	d.heads = d.heads[1:]
	*p = v
	return p
}

//go:noinline
func (d *Decoder) growHeads(rest []byte) {
	d.head = pieces(d.head, maxHeads, rest, 7)
	d.heads = make([]string, d.head)
}

// scalars returns zero values for a list of n. Short lists are cut from the
// words that optional scalars come from.
func scalars[T Scalar](d *Decoder, n int, rest []byte) []T {
	const most = 4 // words
	words := (n*int(unsafe.Sizeof(*new(T))) + 7) / 8
	if n == 0 || words > most {
		return make([]T, n)
	}
	if len(d.words) < words {
		d.word = max(most, pieces(d.word, maxWords, rest, 4))
		d.words = make([]uint64, d.word)
	}
	// Safety: as in Optional, for several words; they hold n values. The
	// capacity ends with them, so that appending moves the list away.
	p := (*T)(unsafe.Pointer(&d.words[0]))
	d.words = d.words[words:]
	return unsafe.Slice(p, n)
}

// A structChunk is the rest of a chunk that structs of one type are taken
// from.
type structChunk[T any] struct {
	free []T
	size int
}

// New returns a zero T, for structs that hold structs of their own type: a
// tree costs a few chunks, not an allocation per node. rest is what follows in
// the message.
func New[T any](d *Decoder, rest []byte) *T {
	c, ok := d.structs.(*structChunk[T])
	if !ok {
		c = new(structChunk[T])
		d.structs = c
	}
	if len(c.free) == 0 {
		c.size = min(max(1, 2*c.size), maxStructs)
		c.free = Slab[T](c.size, rest)
	}
	p := &c.free[0]
	c.free = c.free[1:]
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
