package thrift

import "unsafe"

// Memory for small things that come in numbers: optional scalars and strings,
// and the structs of lists and maps. A chunk is cut into disjoint pieces, each
// handed out once. A piece keeps its chunk alive, so chunks stay small.

// Bounds of chunks, in pieces. The first chunk is sized by a guess: one piece
// in so many bytes of the message.
const (
	leastPieces = 4
	guessBytes  = 64
	maxWords    = 256
	maxHeads    = 64
	maxStructs  = 32
)

// pieces returns the size of the chunk that follows one of size last: at
// first the guess, then doubling up to most, and never more than the message
// could have a use for, a piece taking at least so many bytes.
func (d *Decoder) pieces(last, most, bytes int) int {
	n := max(leastPieces, 2*last)
	if last == 0 {
		n = max(leastPieces, d.size/guessBytes)
	}
	return min(n, most, d.size/bytes+1)
}

// Scalar is what fits a word.
type Scalar interface {
	~bool | ~int8 | ~int16 | ~int32 | ~int64 | ~float64
}

// Optional returns a pointer to a copy of v.
func Optional[T Scalar](d *Decoder, v T) *T {
	if d.usedWords >= len(d.words) {
		d.growWords()
	}
	// Safety: a word is aligned for every Scalar and as large as the largest;
	// none has pointers. The words from usedWords on have not been handed out,
	// so that nothing else refers to this one.
	p := (*T)(unsafe.Pointer(&d.words[d.usedWords]))
	d.usedWords++
	*p = v
	return p
}

//go:noinline
func (d *Decoder) growWords() {
	d.wordChunk = d.pieces(d.wordChunk, maxWords, 4)
	d.words, d.usedWords = make([]uint64, d.wordChunk), 0
}

// OptionalString returns a pointer to v.
func OptionalString(d *Decoder, v string) *string {
	if d.usedHeads >= len(d.heads) {
		d.growHeads()
	}
	p := &d.heads[d.usedHeads]
	d.usedHeads++
	*p = v
	return p
}

//go:noinline
func (d *Decoder) growHeads() {
	n := d.pieces(len(d.heads), maxHeads, 7)
	d.heads, d.usedHeads = make([]string, n), 0
}

// scalars returns zero values for a list of n. Short lists are cut from the
// words that optional scalars come from.
func scalars[T Scalar](d *Decoder, n int) []T {
	const most = 4 // words
	words := (n*int(unsafe.Sizeof(*new(T))) + 7) / 8
	if n == 0 || words > most {
		return make([]T, n)
	}
	if len(d.words)-d.usedWords < words {
		d.wordChunk = max(most, d.pieces(d.wordChunk, maxWords, 4))
		d.words, d.usedWords = make([]uint64, d.wordChunk), 0
	}
	// Safety: as in Optional, for several words; they hold n values. The
	// capacity ends with them, so that appending moves the list away.
	p := (*T)(unsafe.Pointer(&d.words[d.usedWords]))
	d.usedWords += words
	return unsafe.Slice(p, n)
}

// A structChunk is the chunk that structs of one type are taken from.
type structChunk[T any] struct {
	structs []T
	used    int
	next    int // size of the next chunk
}

// New returns a zero T, for structs that hold structs of their own type: a
// tree costs a few chunks, not an allocation per node. Chunks double, so that
// at most half of what they hold is not used.
func New[T any](d *Decoder) *T {
	c, ok := d.structs.(*structChunk[T])
	if !ok {
		c = &structChunk[T]{next: 1}
		d.structs = c
	}
	if c.used >= len(c.structs) {
		c.structs, c.used = make([]T, c.next), 0
		c.next = min(2*c.next, maxStructs)
	}
	p := &c.structs[c.used]
	c.used++
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
