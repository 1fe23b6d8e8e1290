package interop_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"reflect"
	"testing"

	ours "github.com/volo-go/volo/integration/interop/gen/thrifttest"
	"github.com/volo-go/volo/pilota/thrift"
)

func TestBytesAreApaches(t *testing.T) {
	random := filler{rand.New(rand.NewPCG(1, 2))}
	for _, k := range kinds {
		t.Run(k.name, func(t *testing.T) {
			for i, v := range k.values {
				checkBytes(t, fmt.Sprintf("value %d", i), k, v)
			}
			for i := range 100 {
				v := k.ours()
				random.fill(reflect.ValueOf(v).Elem())
				if v, ok := v.(*ours.BoolTest); ok && v.GetB() {
					v.B = nil // set to its default: a difference, see below
				}
				checkBytes(t, fmt.Sprintf("random value %d", i), k, v)
			}
		})
	}
}

// checkBytes compares what both sides write for v, and has each read what the
// other has written.
func checkBytes(t *testing.T, name string, k *kind, v thrift.Struct) {
	t.Helper()
	got, err := thrift.Marshal(v)
	if err != nil {
		t.Errorf("%s: %v", name, err)
		return
	}
	if v.BinarySize() != len(got) {
		t.Errorf("%s: BinarySize is %d, there are %d bytes", name, v.BinarySize(), len(got))
	}
	translated := k.translated(v)
	want, err := writeApache(translated)
	if err != nil {
		t.Errorf("%s: Apache: %v", name, err)
		return
	}
	if !bytes.Equal(got, want) && !(hasOrder(reflect.ValueOf(v)) && len(got) == len(want)) {
		t.Errorf("%s:\ngot  %.2000x\nwant %.2000x", name, got, want)
	}

	read := k.ours()
	if err := thrift.Unmarshal(want, read); err != nil {
		t.Errorf("%s: we read Apache's bytes: %v", name, err)
	} else if !sameValue(read, v) {
		t.Errorf("%s: we read Apache's bytes: got %.2000v, want %.2000v", name, read, v)
	}
	readThere := k.apache()
	if rest, err := readApache(got, readThere); err != nil || len(rest) > 0 {
		t.Errorf("%s: Apache reads our bytes: %v, leaves %d", name, err, len(rest))
	} else if !sameValue(readThere, translated) {
		t.Errorf("%s: Apache reads our bytes: got %.2000v, want %.2000v", name, readThere, translated)
	}
}

// hasOrder tells whether a map in v has several entries, which come in any
// order.
func hasOrder(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Pointer:
		return !v.IsNil() && hasOrder(v.Elem())
	case reflect.Struct:
		for i := range v.NumField() {
			if hasOrder(v.Field(i)) {
				return true
			}
		}
	case reflect.Slice:
		for i := range v.Len() {
			if hasOrder(v.Index(i)) {
				return true
			}
		}
	case reflect.Map:
		for _, e := range v.Seq2() {
			if hasOrder(e) {
				return true
			}
		}
		return v.Len() > 1
	}
	return false
}
