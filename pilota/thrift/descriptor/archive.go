package descriptor

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
)

// An archive turns files into bytes, or bytes into files: both directions
// walk the same functions, so that they cannot disagree. Numbers are varints;
// a string that occurred before is its number.
//
//	version  count of files
//	per file: how many typedefs, constants, enums, structs, services
//	per file: what they are made of; a reference is the number of a file and of
//	one of its declarations
//	per file: constants and default values
type archive struct {
	reading bool
	b       []byte // written so far, or not yet read
	err     error  // the first one; from there on nothing happens

	budget int            // elements that lists may still have, all together
	texts  []string       // read so far
	number map[string]int // of texts that were written
	files  []*File
	where  map[any][2]int // file and position of a declaration; writing only
	depth  int            // of types and values
}

// version is the first byte of an archive.
const version = 1

// maxDepth bounds how deep types and values nest in bytes that somebody else
// may have written.
const maxDepth = 200

// errMalformed is why bytes are no archive.
var errMalformed = errors.New("descriptor: malformed bytes")

// Append appends the encoding of files, which must include none but each
// other, to b. The same files always give the same bytes.
func Append(b []byte, files []*File) ([]byte, error) {
	a := &archive{b: append(b, version), number: map[string]int{}, files: files, where: map[any][2]int{}}
	for i, f := range files {
		a.where[f] = [2]int{i}
		for j, d := range f.Typedefs {
			a.where[d] = [2]int{i, j}
		}
		for j, d := range f.Constants {
			a.where[d] = [2]int{i, j}
		}
		for j, d := range f.Enums {
			a.where[d] = [2]int{i, j}
		}
		for j, d := range f.Structs {
			a.where[d] = [2]int{i, j}
			for k, field := range d.Fields {
				a.where[field] = [2]int{i, k}
			}
		}
		for j, d := range f.Services {
			a.where[d] = [2]int{i, j}
		}
	}
	a.all()
	return a.b, a.err
}

// Parse returns the files that Append was given.
func Parse(b []byte) ([]*File, error) {
	if len(b) == 0 || b[0] != version {
		return nil, fmt.Errorf("%w: not of version %d", errMalformed, version)
	}
	a := &archive{reading: true, b: b[1:], budget: len(b)}
	a.all()
	if a.err == nil && len(a.b) > 0 {
		a.fail("%d bytes remain", len(a.b))
	}
	if a.err != nil {
		return nil, a.err
	}
	return a.files, nil
}

func (a *archive) fail(format string, args ...any) {
	if a.err == nil {
		a.err = fmt.Errorf("%w: "+format, append([]any{errMalformed}, args...)...)
	}
}

// uint is a number.
func (a *archive) uint(v *uint64) {
	if !a.reading {
		a.b = binary.AppendUvarint(a.b, *v)
		return
	}
	n, size := binary.Uvarint(a.b)
	if size <= 0 {
		a.fail("a number is cut short")
		*v, a.b = 0, nil
		return
	}
	*v, a.b = n, a.b[size:]
}

// int is a number with a sign.
func (a *archive) int(v *int64) {
	u := uint64(*v<<1) ^ uint64(*v>>63)
	a.uint(&u)
	*v = int64(u>>1) ^ -int64(u&1)
}

// number8 is a small enumeration with values below limit.
func number8[T ~uint8](a *archive, v *T, limit T) {
	u := uint64(*v)
	a.uint(&u)
	if u >= uint64(limit) {
		a.fail("%d where less than %d is known", u, limit)
		u = 0
	}
	*v = T(u)
}

func (a *archive) bool(v *bool) {
	n := uint8(0)
	if *v {
		n = 1
	}
	number8(a, &n, 2)
	*v = n == 1
}

func (a *archive) double(v *float64) {
	u := math.Float64bits(*v)
	a.uint(&u)
	*v = math.Float64frombits(u)
}

// text is a string: 0 and its length and bytes the first time, its number
// from 1 on afterwards.
func (a *archive) text(s *string) {
	n := uint64(0)
	if !a.reading {
		n = uint64(a.number[*s])
	}
	a.uint(&n)
	switch {
	case n > 0 && a.reading && n > uint64(len(a.texts)):
		a.fail("string %d of %d", n, len(a.texts))
	case n > 0 && a.reading:
		*s = a.texts[n-1]
	case n > 0:
	case a.reading:
		size := uint64(0)
		a.uint(&size)
		if size > uint64(len(a.b)) {
			a.fail("a string of %d bytes, %d remain", size, len(a.b))
			return
		}
		*s, a.b = string(a.b[:size]), a.b[size:]
		a.texts = append(a.texts, *s)
	default:
		size := uint64(len(*s))
		a.uint(&size)
		a.b = append(a.b, *s...)
		a.number[*s] = len(a.number) + 1
	}
}

// count is how many elements a list has. Each takes a byte at least that no
// other has, so all lists together cannot have more than there are bytes.
func (a *archive) count(n int) int {
	u := uint64(n)
	a.uint(&u)
	if !a.reading {
		return n
	}
	if u > uint64(min(len(a.b), a.budget)) {
		a.fail("%d elements, %d bytes remain", u, len(a.b))
		return 0
	}
	a.budget -= int(u)
	return int(u)
}

// list is a list of anything.
func list[T any](a *archive, l *[]T, each func(*T)) {
	n := a.count(len(*l))
	if a.reading && n > 0 {
		*l = make([]T, n)
	}
	for i := range *l {
		if a.err != nil {
			return
		}
		each(&(*l)[i])
	}
}

// made is a list of structs whose number is known already.
func made[T any](a *archive, l []*T, each func(*T)) {
	for _, e := range l {
		if a.err == nil {
			each(e)
		}
	}
}

// pointers is a list of structs that nothing refers to by number.
func pointers[T any](a *archive, l *[]*T, each func(*T)) {
	list(a, l, func(p **T) {
		if a.reading {
			*p = new(T)
		}
		each(*p)
	})
}

// reference is a pointer to a declaration, found by the numbers of its file
// and of itself.
func reference[T comparable](a *archive, p *T, of func(*File) []T) {
	at := [2]uint64{}
	if !a.reading {
		w, ok := a.where[*p]
		if !ok {
			a.fail("a reference to what is in none of the files: %T", *p)
			return
		}
		at = [2]uint64{uint64(w[0]), uint64(w[1])}
	}
	a.uint(&at[0])
	a.uint(&at[1])
	if !a.reading || a.err != nil {
		return
	}
	if at[0] >= uint64(len(a.files)) || at[1] >= uint64(len(of(a.files[at[0]]))) {
		a.fail("a reference to declaration %d of file %d, which is not there", at[1], at[0])
		return
	}
	*p = of(a.files[at[0]])[at[1]]
}

// nest runs f one level deeper.
func (a *archive) nest(f func()) {
	if a.depth++; a.depth > maxDepth {
		a.fail("nesting is deeper than %d", maxDepth)
	} else if a.err == nil {
		f()
	}
	a.depth--
}
