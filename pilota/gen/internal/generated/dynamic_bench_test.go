package generated_test

import (
	"encoding/json"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"github.com/volo-go/volo/pilota/gen/testdata/bench/go/bench"
	"github.com/volo-go/volo/pilota/thrift"
	"github.com/volo-go/volo/pilota/thrift/descriptor"
	"github.com/volo-go/volo/pilota/thrift/dynamic"
)

// large returns a message with some of everything, and its type.
func large(t testing.TB) (*bench.Large, []byte, *descriptor.Type) {
	s := filled(rand.New(rand.NewPCG(1, 2)), bench.NewLarge()).(*bench.Large)
	printable(reflect.ValueOf(s))
	at := slices.IndexFunc(samples, func(sample func() thrift.Struct) bool { _, ok := sample().(*bench.Large); return ok })
	return s, encode(t, s), descriptors(t)[at]
}

func BenchmarkDynamicJSON(b *testing.B) {
	s, wire, typ := large(b)
	text, err := dynamic.ToJSON(nil, typ, wire, dynamic.Options{})
	if err != nil {
		b.Fatal(err)
	}
	run := func(name string, size int, f func() error) {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(size))
			b.ReportAllocs()
			for b.Loop() {
				if err := f(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	var out []byte
	run("out", len(wire), func() (err error) { out, err = dynamic.ToJSON(out[:0], typ, wire, dynamic.Options{}); return err })
	run("in", len(wire), func() (err error) { out, err = dynamic.FromJSON(out[:0], typ, text, dynamic.Options{}); return err })
	run("tree out", len(wire), func() (err error) { _, err = dynamic.ToValue(typ, wire, dynamic.Options{}); return err })
	run("generated and encoding/json, out", len(wire), func() error {
		v := new(bench.Large)
		if err := thrift.Unmarshal(wire, v); err != nil {
			return err
		}
		_, err := json.Marshal(v)
		return err
	})
	plain, err := json.Marshal(s)
	if err != nil {
		b.Fatal(err)
	}
	run("generated and encoding/json, in", len(wire), func() error {
		v := new(bench.Large)
		if err := json.Unmarshal(plain, v); err != nil {
			return err
		}
		_, err := thrift.Marshal(v)
		return err
	})
}
