package fieldmask

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/volo-go/volo/pilota/thrift/descriptor"
)

// A PathError says what is wrong with a path.
type PathError struct {
	Path   string
	Offset int // bytes before the fault
	Reason string
}

func (e *PathError) Error() string {
	return fmt.Sprintf("fieldmask: path %s at offset %d: %s", strconv.Quote(e.Path), e.Offset, e.Reason)
}

// A parser walks a path and, with it, the type and all places that it means
// so far.
type parser struct {
	path string
	at   int
	typ  *descriptor.Type
	here []*Mask
}

// maxPlaces bounds what lists of indexes and keys in one path multiply to.
const maxPlaces = 10_000

// add makes the mask, which is of the whole message, mean a path as well.
func (m *Mask) add(t *descriptor.Type, path string) error {
	p := &parser{path: path, typ: t.Underlying(), here: []*Mask{m}}
	if !p.accept('$') {
		return p.fail("a path begins with $")
	}
	for p.at < len(p.path) {
		if err := p.step(); err != nil {
			return err
		}
		if len(p.here) > maxPlaces {
			return p.fail("more than %d places are meant", maxPlaces)
		}
	}
	for _, m := range p.here {
		m.here = true
	}
	return nil
}

func (p *parser) fail(format string, args ...any) error {
	return &PathError{Path: p.path, Offset: p.at, Reason: fmt.Sprintf(format, args...)}
}

func (p *parser) accept(c byte) bool {
	if p.at < len(p.path) && p.path[p.at] == c {
		p.at++
		return true
	}
	return false
}

func (p *parser) step() error {
	switch {
	case p.accept('.'):
		return p.field()
	case p.accept('['):
		if k := p.typ.Kind; k != descriptor.List && k != descriptor.Set {
			p.at--
			return p.fail("%v has no elements", p.typ)
		}
		return p.choices(']', p.index)
	case p.accept('{'):
		if p.typ.Kind != descriptor.Map {
			p.at--
			return p.fail("%v has no entries", p.typ)
		}
		return p.choices('}', p.key)
	}
	return p.fail("want a field, '[' or '{'")
}

func (p *parser) field() error {
	if p.typ.Kind != descriptor.StructKind {
		return p.fail("%v has no fields", p.typ)
	}
	end := strings.IndexAny(p.path[p.at:], ".[{")
	if end < 0 {
		end = len(p.path) - p.at
	}
	name := strings.TrimSpace(p.path[p.at : p.at+end])
	f := p.typ.Struct.FieldByName(name)
	if id, err := strconv.ParseInt(name, 10, 16); err == nil {
		f = p.typ.Struct.FieldByID(int16(id))
	}
	if f == nil {
		return p.fail("%v has no field %s", p.typ, strconv.Quote(name))
	}
	p.at += end
	p.typ = f.Type.Underlying()
	p.follow(func(m *Mask) *Mask { return next(&m.fields, f.ID, m.deny) })
	return nil
}

// follow goes one step on from all places.
func (p *parser) follow(steps ...func(*Mask) *Mask) {
	var further []*Mask
	for _, m := range p.here {
		for _, step := range steps {
			further = append(further, step(m))
		}
	}
	p.here = further
}

// next returns the mask under a key, which it makes if there is none.
func next[K comparable](at *map[K]*Mask, key K, deny bool) *Mask {
	if *at == nil {
		*at = make(map[K]*Mask)
	}
	if (*at)[key] == nil {
		(*at)[key] = &Mask{deny: deny}
	}
	return (*at)[key]
}

func every(m *Mask) *Mask {
	if m.every == nil {
		m.every = &Mask{deny: m.deny}
	}
	return m.every
}

// choices reads * or a list of indexes or keys.
func (p *parser) choices(close byte, one func() (func(*Mask) *Mask, error)) error {
	var steps []func(*Mask) *Mask
	for {
		p.space()
		if p.accept('*') {
			steps = append(steps, every)
		} else {
			step, err := one()
			if err != nil {
				return err
			}
			steps = append(steps, step)
		}
		p.space()
		if p.accept(close) {
			break
		}
		if !p.accept(',') {
			return p.fail("want ',' or '%c'", close)
		}
	}
	p.typ = p.typ.Elem.Underlying()
	p.follow(steps...)
	return nil
}

func (p *parser) space() {
	for p.accept(' ') {
	}
}

func (p *parser) index() (func(*Mask) *Mask, error) {
	n, err := p.integer(0, math.MaxInt32)
	return func(m *Mask) *Mask { return next(&m.ints, n, m.deny) }, err
}

// ranges are what the integers of keys can be.
var ranges = map[descriptor.Kind]int{
	descriptor.I8: 8, descriptor.I16: 16, descriptor.I32: 32, descriptor.I64: 64, descriptor.EnumKind: 32,
}

func (p *parser) key() (func(*Mask) *Mask, error) {
	key := p.typ.Key.Underlying()
	if bits := ranges[key.Kind]; bits > 0 {
		most := int64(math.MaxInt64) >> (64 - bits)
		n, err := p.integer(-most-1, most)
		return func(m *Mask) *Mask { return next(&m.ints, n, m.deny) }, err
	}
	if key.Kind != descriptor.String && key.Kind != descriptor.Binary {
		return nil, p.fail("keys of %v cannot be named, only *", p.typ)
	}
	quoted, err := strconv.QuotedPrefix(p.path[p.at:])
	if err != nil {
		return nil, p.fail("want a string in quotes")
	}
	text, err := strconv.Unquote(quoted)
	if err != nil {
		return nil, p.fail("want a string in quotes")
	}
	p.at += len(quoted)
	return func(m *Mask) *Mask { return next(&m.texts, text, m.deny) }, nil
}

func (p *parser) integer(least, most int64) (int64, error) {
	end := p.at
	for end < len(p.path) && (p.path[end] == '-' || p.path[end] >= '0' && p.path[end] <= '9') {
		end++
	}
	n, err := strconv.ParseInt(p.path[p.at:end], 10, 64)
	if err != nil || n < least || n > most {
		return 0, p.fail("want a number from %d to %d", least, most)
	}
	p.at = end
	return n, nil
}
