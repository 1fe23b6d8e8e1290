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
	if d.nextWord == len(d.words) {
		d.growWords(rest)
	}
	// Safety: a word is aligned for every Scalar and as large as the largest;
	// none has pointers. The word has not been handed out before and is passed
	// below, so that nothing else refers to it.
	p := (*T)(unsafe.Pointer(&d.words[d.nextWord]))
	d.nextWord++ // cheaper than to cut d.words, a store that the collector watches
	*p = v
	return p
}

// growWords makes a chunk: one for every 32 bytes that follow, but eight at
// least and twice as many as the last time, and never more than rest could have
// a use for, one scalar taking two bytes at least.
//
//go:noinline
func (d *Decoder) growWords(rest int) {
	d.words = make([]uint64, min(max(8, 2*len(d.words), rest/32), maxWords, rest/2+1))
	d.nextWord = 0
}

// OptionalText is [Decoder.Text] for a field that is a pointer.
func (d *Decoder) OptionalText(b []byte, i int) (p *string, next int) {
	s, next := d.Text(b, i)
	if next < 0 {
		return nil, -1
	}
	return d.head(s, len(b)-next), next
}

// OptionalString is [Decoder.String] for a field that is a pointer.
func (d *Decoder) OptionalString(b []byte, i int) (p *string, next int) {
	s, next := d.String(b, i)
	if next < 0 {
		return nil, -1
	}
	return d.head(s, len(b)-next), next
}

// head returns a pointer to s. rest is how many bytes of the message follow.
func (d *Decoder) head(s string, rest int) *string {
	if d.nextHead == len(d.heads) {
		d.growHeads(1, rest)
	}
	p := &d.heads[d.nextHead]
	d.nextHead++
	*p = s
	return p
}

// Strings returns an empty list with room for n strings. rest is how many
// bytes of the message follow.
func (d *Decoder) Strings(n, rest int) []string {
	if n > maxHeads/4 {
		return make([]string, 0, n)
	}
	if len(d.heads)-d.nextHead < n {
		d.growHeads(n, rest)
	}
	from := d.nextHead
	d.nextHead += n
	return d.heads[from:from:d.nextHead]
}

// growHeads makes a chunk for n strings at least: one for every 64 bytes that
// follow, but eight at least and twice as many as the last time, and never more
// than rest could have a use for, one string taking two bytes at least.
//
//go:noinline
func (d *Decoder) growHeads(n, rest int) {
	d.heads = make([]string, max(n, min(max(8, 2*len(d.heads), rest/64), maxHeads, rest/2+1)))
	d.nextHead = 0
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

// onStack returns d, hidden from the compiler's search for pointers that
// outlive a call, so that d need not be allocated.
//
// Safety: the result is only passed to ConsumeProtobuf, which by the contract
// of [Codec] does not keep it; generated code never stores it. While the call
// runs, copies of it lie on the same stack, where the runtime finds and adjusts
// them as it would any pointer. Between the two lines below nothing can move
// the stack: there is no call, and it is not moved at asynchronous preemption.
//
//go:nosplit
func onStack(d *Decoder) *Decoder {
	hidden := uintptr(unsafe.Pointer(d))
	return *(**Decoder)(unsafe.Pointer(&hidden))
}
