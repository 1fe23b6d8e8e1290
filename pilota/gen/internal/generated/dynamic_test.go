package generated_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/volo-go/volo/pilota"
	"github.com/volo-go/volo/pilota/thrift"
	"github.com/volo-go/volo/pilota/thrift/descriptor"
	"github.com/volo-go/volo/pilota/thrift/dynamic"
)

// descriptors returns the descriptor of each sample.
func descriptors(t testing.TB) []*descriptor.Type {
	t.Helper()
	files, diagnostics := pilota.Describe(pilota.Options{Inputs: []string{
		"../../testdata/all/idl/all.thrift", "../../testdata/all/idl/shared.thrift", "../../testdata/bench/idl/bench.thrift",
	}})
	if files == nil {
		t.Fatal(diagnostics)
	}
	var types []*descriptor.Type
	for _, sample := range samples {
		name := reflect.TypeOf(sample()).Elem().Name()
		for _, f := range files {
			if s := f.Struct(name); s != nil {
				types = append(types, s.Type())
			}
		}
	}
	if len(types) != len(samples) {
		t.Fatalf("%d samples have %d descriptors", len(samples), len(types))
	}
	return types
}

// decode decodes b into a new struct like s.
func decode(t testing.TB, b []byte, s thrift.Struct) thrift.Struct {
	t.Helper()
	again := fresh(s)
	if err := thrift.Unmarshal(b, again); err != nil {
		t.Fatal(err)
	}
	return again
}

// printable makes all strings UTF-8: JSON has no others.
func printable(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			printable(v.Elem())
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Field(i).CanSet() {
				printable(v.Field(i))
			}
		}
	case reflect.Slice:
		for i := range v.Len() {
			printable(v.Index(i))
		}
	case reflect.Map:
		old := v.MapRange()
		made := reflect.MakeMap(v.Type())
		for old.Next() {
			key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
			key.Set(old.Key())
			value.Set(old.Value())
			printable(key)
			printable(value)
			made.SetMapIndex(key, value)
		}
		if !v.IsNil() {
			v.Set(made)
		}
	case reflect.String:
		v.SetString(strings.ToValidUTF8(v.String(), "é"))
	}
}

func TestDynamicJSONAndTreesComeBackAsTheyWere(t *testing.T) {
	types := descriptors(t)
	r := rand.New(rand.NewPCG(5, 6))
	for i, sample := range samples {
		for range 50 {
			s := filled(r, sample())
			printable(reflect.ValueOf(s))
			wire := encode(t, s)
			for _, o := range []dynamic.Options{{}, {EnumNumbers: true, I64Strings: true, Unknown: dynamic.KeepUnknown}} {
				text, err := dynamic.ToJSON(nil, types[i], wire, o)
				if err != nil {
					t.Fatalf("%T: %v", s, err)
				}
				if !json.Valid(text) {
					t.Fatalf("%T: not JSON: %s", s, text)
				}
				back, err := dynamic.FromJSON(nil, types[i], text, o)
				if err != nil {
					t.Fatalf("%T: %v\n%s", s, err, text)
				}
				if !bytes.Equal(back, wire) {
					t.Fatalf("%T: got  %q\nwant %q\nby   %s", s, back, wire, text)
				}
			}
			tree, err := dynamic.ToValue(types[i], wire, dynamic.Options{})
			if err != nil {
				t.Fatalf("%T: %v", s, err)
			}
			back, err := dynamic.FromValue(nil, types[i], tree, dynamic.Options{})
			if err != nil {
				t.Fatalf("%T: %v", s, err)
			}
			if got, want := decode(t, back, s), decode(t, wire, s); !same(reflect.ValueOf(got), reflect.ValueOf(want)) {
				t.Fatalf("%T: got  %.500v\nwant %.500v", s, got, want)
			}
		}
	}
}

func TestDynamicDefaultsAreThoseOfGeneratedCode(t *testing.T) {
	types := descriptors(t)
	for i, sample := range samples {
		s := sample()
		want, err := thrift.Marshal(s)
		if err != nil {
			continue // an empty union, a required struct that is nil
		}
		got, err := dynamic.FromJSON(nil, types[i], []byte("{}"), dynamic.Options{Defaults: true})
		if errors.Is(err, thrift.ErrMissingRequired) {
			continue
		}
		if err != nil {
			t.Errorf("%T: %v", s, err)
			continue
		}
		if got, want := decode(t, got, s), decode(t, want, s); !same(reflect.ValueOf(got), reflect.ValueOf(want)) {
			t.Errorf("%T: got  %.500v\nwant %.500v", s, got, want)
		}
	}
}

// FuzzDynamic holds what descriptors make of bytes against what generated code
// makes of them.
func FuzzDynamic(f *testing.F) {
	types := descriptors(f)
	r := rand.New(rand.NewPCG(11, 12))
	for i, sample := range samples {
		b, err := filled(r, sample()).AppendBinary(nil)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(uint8(i), b)
	}
	f.Fuzz(func(t *testing.T, which uint8, b []byte) {
		i := int(which) % len(samples)
		s := fresh(samples[i]())
		wantErr := thrift.Unmarshal(b, s)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		text, err := dynamic.ToJSON(nil, types[i], b, dynamic.Options{})
		runtime.ReadMemStats(&after)
		if got, most := after.TotalAlloc-before.TotalAlloc, uint64(1<<16+256*len(b)); got > most {
			t.Fatalf("%d bytes were allocated for a message of %d", got, len(b))
		}
		tree, treeErr := dynamic.ToValue(types[i], b, dynamic.Options{})
		if (err == nil) != (treeErr == nil) {
			t.Fatalf("JSON: %v, tree: %v", err, treeErr)
		}
		if err != nil {
			e, ok := errors.AsType[*thrift.DecodeError](err)
			if !ok || e.Offset > len(b) {
				t.Fatalf("the error has no place: %v", err)
			}
			if wantErr == nil && !errors.Is(err, thrift.ErrDepth) { // which counts every struct
				t.Fatalf("generated code takes what gives %v", err)
			}
			return
		}
		if wantErr != nil {
			t.Fatalf("got %s, generated code says %v", text, wantErr)
		}
		if !json.Valid(text) {
			t.Fatalf("not JSON: %s", text)
		}
		once := fresh(s)
		back, err := dynamic.FromValue(nil, types[i], tree, dynamic.Options{})
		if err != nil {
			t.Fatalf("a tree does not come back: %v", err)
		}
		if err := thrift.Unmarshal(back, once); err != nil {
			t.Fatal(err)
		}
		if !same(reflect.ValueOf(roundTrip(t, once)), reflect.ValueOf(roundTrip(t, s))) {
			t.Fatalf("got  %.500v\nwant %.500v", once, s)
		}
		if back, err = dynamic.FromJSON(nil, types[i], text, dynamic.Options{}); err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		again := fresh(s)
		if err := thrift.Unmarshal(back, again); err != nil {
			t.Fatal(err)
		}
		if utf8.Valid(b) && !same(reflect.ValueOf(roundTrip(t, again)), reflect.ValueOf(roundTrip(t, s))) {
			t.Fatalf("got  %.500v\nwant %.500v\nby   %s", again, s, text)
		}
	})
}

// FuzzDynamicText reads anything as JSON of one of the types: an error with a
// place, or a message that generated code takes.
func FuzzDynamicText(f *testing.F) {
	types := descriptors(f)
	r := rand.New(rand.NewPCG(13, 14))
	for i, sample := range samples {
		text, err := dynamic.ToJSON(nil, types[i], encode(f, filled(r, sample())), dynamic.Options{})
		if err != nil {
			f.Fatal(err)
		}
		f.Add(uint8(i), text)
	}
	f.Fuzz(func(t *testing.T, which uint8, text []byte) {
		i := int(which) % len(samples)
		wire, err := dynamic.FromJSON(nil, types[i], text, dynamic.Options{})
		if err != nil {
			if e, ok := errors.AsType[*dynamic.SyntaxError](err); ok {
				if e.Offset > len(text) || json.Valid(text) && !strings.Contains(e.Reason, "deep") && !strings.Contains(e.Reason, "UTF-8") && !strings.Contains(e.Reason, "want") {
					t.Fatalf("%v in %q", err, text)
				}
				return
			}
			if e, ok := errors.AsType[*dynamic.TextError](err); !ok || e.Offset < 0 || e.Offset > len(text) {
				t.Fatalf("the error has no place: %#v", err)
			}
			return
		}
		if !json.Valid(text) {
			t.Fatalf("no JSON is taken: %q", text)
		}
		s := fresh(samples[i]())
		if err := thrift.Unmarshal(wire, s); err != nil && !errors.Is(err, thrift.ErrDepth) {
			t.Fatalf("%v\n%s", err, text)
		}
		out, err := dynamic.ToJSON(nil, types[i], wire, dynamic.Options{})
		if err != nil {
			t.Fatal(err)
		}
		back, err := dynamic.FromJSON(nil, types[i], out, dynamic.Options{})
		if err != nil || !bytes.Equal(back, wire) && utf8.Valid(wire) {
			t.Fatalf("%v: got  %q\nwant %q", err, back, wire)
		}
	})
}
