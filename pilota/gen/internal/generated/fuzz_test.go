package generated_test

import (
	"errors"
	"math/rand/v2"
	"reflect"
	"runtime"
	"testing"

	"github.com/volo-go/volo/pilota/thrift"
)

// FuzzDecode decodes anything as one of the types: an error with a place or a
// value that survives a round trip, never a panic, never much memory.
func FuzzDecode(f *testing.F) {
	r := rand.New(rand.NewPCG(11, 12))
	for i, sample := range samples {
		b, err := filled(r, sample()).AppendBinary(nil)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(uint8(i), b)
	}
	f.Fuzz(func(t *testing.T, which uint8, b []byte) {
		s := fresh(samples[int(which)%len(samples)]())
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		err := thrift.Unmarshal(b, s)
		runtime.ReadMemStats(&after)
		if got, most := after.TotalAlloc-before.TotalAlloc, uint64(1<<16+256*len(b)); got > most {
			t.Fatalf("%d bytes were allocated for a message of %d", got, len(b))
		}
		if err != nil {
			if e, ok := errors.AsType[*thrift.DecodeError](err); !ok || e.Offset > len(b) || e.Path() == "" && !errors.Is(err, thrift.ErrTrailing) {
				t.Fatalf("the error has no place: %v", err)
			}
			return
		}
		// A container that was missing is written as an empty one, so it takes
		// one round trip until nothing changes any more.
		once := roundTrip(t, s)
		twice := roundTrip(t, once)
		if !same(reflect.ValueOf(once), reflect.ValueOf(twice)) {
			t.Fatalf("got  %.500v\nwant %.500v", twice, once)
		}
		if s.BinarySize() != once.BinarySize() {
			t.Fatalf("the size changes from %d to %d", s.BinarySize(), once.BinarySize())
		}
	})
}

func roundTrip(t *testing.T, s thrift.Struct) thrift.Struct {
	t.Helper()
	again := fresh(s)
	if err := thrift.Unmarshal(encode(t, s), again); err != nil {
		t.Fatalf("what was decoded is encoded wrongly: %v", err)
	}
	return again
}

// same is reflect.DeepEqual, except that NaN equals itself.
func same(a, b reflect.Value) bool {
	switch a.Kind() {
	case reflect.Float64:
		return a.Float() == b.Float() || a.Float() != a.Float() && b.Float() != b.Float()
	case reflect.Pointer:
		return a.IsNil() == b.IsNil() && (a.IsNil() || same(a.Elem(), b.Elem()))
	case reflect.Struct:
		for i := range a.NumField() {
			if !same(a.Field(i), b.Field(i)) {
				return false
			}
		}
		return true
	case reflect.Slice:
		if a.IsNil() != b.IsNil() || a.Len() != b.Len() {
			return false
		}
		for i := range a.Len() {
			if !same(a.Index(i), b.Index(i)) {
				return false
			}
		}
		return true
	case reflect.Map:
		if a.IsNil() != b.IsNil() || a.Len() != b.Len() {
			return false
		}
		for it := a.MapRange(); it.Next(); {
			other := b.MapIndex(it.Key())
			if !other.IsValid() || !same(it.Value(), other) {
				return false
			}
		}
		return true
	}
	return reflect.DeepEqual(a.Interface(), b.Interface())
}
