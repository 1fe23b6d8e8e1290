package dynamic

import (
	"fmt"

	"github.com/volo-go/volo/pilota/thrift/descriptor"
	"github.com/volo-go/volo/pilota/thrift/fieldmask"
)

// entries reads a map: an object, or an array of entries.
func (r *jsonReader) entries(t *descriptor.Type, mask *fieldmask.Mask) error {
	key, elem := t.Key.Underlying(), t.Elem.Underlying()
	r.wire = append(r.wire, byte(key.Wire()), byte(elem.Wire()), 0, 0, 0, 0)
	count, n := len(r.wire)-4, 0
	c := r.peek()
	start := r.at
	one := r.entry
	switch {
	case c == '[':
		one = r.pair
	case c != '{' || !isScalar(key.Kind):
		return r.mismatch(t)
	}
	r.at++
	for i := 0; ; i++ {
		more, err := r.more(i == 0, c+2)
		if err != nil {
			return err
		}
		if !more {
			break
		}
		passed, err := one(key, elem, i, mask)
		if err != nil {
			return err
		}
		if passed {
			n++
		}
	}
	return r.count(count, n, start)
}

// entry reads a member of an object that is a map, and tells whether the mask
// lets it through.
func (r *jsonReader) entry(key, elem *descriptor.Type, _ int, mask *fieldmask.Mask) (passed bool, err error) {
	r.peek()
	at, before := r.at, len(r.wire)
	name, err := r.str()
	if err != nil {
		return false, err
	}
	end := r.at
	if err := r.scalar(key, name, at); err != nil {
		return false, inEntry(err, string(name))
	}
	if err := r.expect(':'); err != nil {
		return false, err
	}
	in, ok := mask.Key(key, r.wire[before:])
	if !ok {
		r.wire = r.wire[:before]
		return false, r.skip()
	}
	if err := r.value(elem, in); err != nil {
		// The name is read again: the buffer holds later strings by now.
		r.at = at
		if name, again := r.str(); again == nil && r.at == end {
			err = inEntry(err, string(name))
		}
		return false, err
	}
	return true, nil
}

// pair reads {"key": …, "value": …}, in this order.
func (r *jsonReader) pair(key, elem *descriptor.Type, i int, mask *fieldmask.Mask) (passed bool, err error) {
	before := len(r.wire)
	if err := r.expect('{'); err != nil {
		return false, err
	}
	if err := r.name("key"); err != nil {
		return false, err
	}
	if err := r.value(key, nil); err != nil {
		return false, inPart(err, fmt.Sprintf("[%d].key", i))
	}
	if err := r.expect(','); err != nil {
		return false, err
	}
	if err := r.name("value"); err != nil {
		return false, err
	}
	in, ok := mask.Key(key, r.wire[before:])
	if !ok {
		r.wire = r.wire[:before]
		err = r.skip()
	} else if err = r.value(elem, in); err != nil {
		return false, inPart(err, fmt.Sprintf("[%d].value", i))
	}
	if err != nil {
		return false, err
	}
	return ok, r.expect('}')
}

// name consumes a name that must come next, and the colon.
func (r *jsonReader) name(want string) error {
	r.peek()
	at := r.at
	name, err := r.str()
	if err != nil {
		return err
	}
	if string(name) != want {
		return wrong(at, fmt.Errorf("%w: %q in an entry of a map, want %q", ErrType, name, want))
	}
	return r.expect(':')
}
