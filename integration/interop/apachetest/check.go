package apachetest

import (
	"context"
	"errors"
	"math"
	"reflect"
	"strings"
	"testing"

	"github.com/apache/thrift/lib/go/thrift"

	"github.com/volo-go/volo/integration/interop/apachetest/thrifttest"
)

// Check calls every method of c, with every kind of result, and compares with
// what the IDL demands. The calls come one after the other, so c may be a client
// with one connection, which must outlive declared exceptions, undeclared ones
// and oneway calls.
//
// Handlers are checked for their answers only; what TestOneway does is not seen.
func Check(t *testing.T, c thrifttest.ThriftTest) {
	ctx := t.Context()
	t.Run("void", func(t *testing.T) {
		if err := c.TestVoid(ctx); err != nil {
			t.Error(err)
		}
	})
	t.Run("scalars", func(t *testing.T) { checkScalars(t, c) })
	t.Run("structs", func(t *testing.T) { checkStructs(t, c) })
	t.Run("containers", func(t *testing.T) { checkContainers(t, c) })
	t.Run("insanity", func(t *testing.T) { checkInsanity(t, c) })
	t.Run("several arguments", func(t *testing.T) {
		got, err := c.TestMulti(ctx, 42, -7, math.MinInt64, map[int16]string{-1: "a", 1: ""}, thrifttest.Numberz_FIVE, 1<<40)
		equal(t, got, &thrifttest.Xtruct{StringThing: "Hello2", ByteThing: 42, I32Thing: -7, I64Thing: math.MinInt64}, err)
	})
	t.Run("exceptions", func(t *testing.T) { checkExceptions(t, c) })
	t.Run("oneway, after which the connection still works", func(t *testing.T) {
		for i := range int32(3) {
			if err := c.TestOneway(ctx, i); err != nil {
				t.Fatal(err)
			}
			echo(t, c.TestI32, i)
		}
	})
}

func checkScalars(t *testing.T, c thrifttest.ThriftTest) {
	for _, v := range []string{"", "Test", "a\x00b", "\"quoted\" \\ \n\t", unicode, strings.Repeat("long ", 50_000)} {
		echo(t, c.TestString, v)
	}
	for _, v := range []bool{true, false} {
		echo(t, c.TestBool, v)
	}
	for _, v := range []int8{0, 1, -1, math.MinInt8, math.MaxInt8} {
		echo(t, c.TestByte, v)
	}
	for _, v := range []int32{0, 1, -1, math.MinInt32, math.MaxInt32} {
		echo(t, c.TestI32, v)
	}
	for _, v := range []int64{0, 1, -1, -34359738368, math.MinInt64, math.MaxInt64} {
		echo(t, c.TestI64, v)
	}
	for _, v := range []float64{0, -5.235098235, 1e300, math.Inf(1), math.Inf(-1), math.MaxFloat64, math.SmallestNonzeroFloat64} {
		echo(t, c.TestDouble, v)
	}
	if got, err := c.TestDouble(t.Context(), math.NaN()); err != nil || !math.IsNaN(got) {
		t.Errorf("got %v, %v, want NaN", got, err)
	}
	if got, err := c.TestDouble(t.Context(), math.Copysign(0, -1)); err != nil || !math.Signbit(got) || got != 0 {
		t.Errorf("got %v, %v, want -0", got, err)
	}
	for _, v := range [][]byte{{}, {0}, []byte("\x00\xff\x80 not UTF-8 \xc3\x28"), make([]byte, 70_000)} {
		echo(t, c.TestBinary, v)
	}
	echo(t, c.TestUuid, thrift.Tuuid{})
	echo(t, c.TestUuid, thrift.Must(thrift.ParseTuuid("00112233-4455-6677-8899-aabbccddeeff")))
	for _, v := range []thrifttest.Numberz{thrifttest.Numberz_ONE, thrifttest.Numberz_EIGHT, 4, -1} { // 4 and -1 have no name
		echo(t, c.TestEnum, v)
	}
	echo(t, c.TestTypedef, thrifttest.UserId(309858235082523))
}

const unicode = "Afrikaans, አማርኛ, العربية, Български, བོད་ཡིག, Ελληνικά, Eʋegbe, فارسی, 官話, 𐌲𐌿𐍄𐌹𐍃𐌺, 日本語, 한국어, 🙂\u200d"

func checkStructs(t *testing.T, c thrifttest.ThriftTest) {
	full := &thrifttest.Xtruct{StringThing: "Zero", ByteThing: 1, I32Thing: -3, I64Thing: -5}
	echo(t, c.TestStruct, full)
	echo(t, c.TestStruct, &thrifttest.Xtruct{})
	echo(t, c.TestNest, &thrifttest.Xtruct2{ByteThing: 1, StructThing: full, I32Thing: 5})
	echo(t, c.TestNest, &thrifttest.Xtruct2{StructThing: &thrifttest.Xtruct{}})
}

func checkContainers(t *testing.T, c thrifttest.ThriftTest) {
	echo(t, c.TestMap, map[int32]int32{})
	echo(t, c.TestMap, map[int32]int32{0: 1, 1: -2, math.MinInt32: math.MaxInt32})
	echo(t, c.TestStringMap, map[string]string{"a": "2", "": "blah", "some": "thing", unicode: unicode})
	echo(t, c.TestSet, []int32{})
	echo(t, c.TestSet, []int32{8, 1, 42})
	echo(t, c.TestList, []int32{})
	echo(t, c.TestList, []int32{1, 4, 9, -42, 1})
	long := make([]int32, 10_000)
	for i := range long {
		long[i] = int32(i * i)
	}
	echo(t, c.TestList, long)
	got, err := c.TestMapMap(t.Context(), 42)
	equal(t, got, map[int32]map[int32]int32{-4: {-4: -4, -3: -3, -2: -2, -1: -1}, 4: {1: 1, 2: 2, 3: 3, 4: 4}}, err)
}

func checkInsanity(t *testing.T, c thrifttest.ThriftTest) {
	argument := &thrifttest.Insanity{
		UserMap: map[thrifttest.Numberz]thrifttest.UserId{thrifttest.Numberz_FIVE: 5, thrifttest.Numberz_EIGHT: 8},
		Xtructs: []*thrifttest.Xtruct{
			{StringThing: "Goodbye4", ByteThing: 4, I32Thing: 4, I64Thing: 4},
			{StringThing: "Hello2", ByteThing: 2, I32Thing: 2, I64Thing: 2},
		},
	}
	got, err := c.TestInsanity(t.Context(), argument)
	if err != nil {
		t.Fatal(err)
	}
	equal(t, got[1], map[thrifttest.Numberz]*thrifttest.Insanity{
		thrifttest.Numberz_TWO: argument, thrifttest.Numberz_THREE: argument,
	}, nil)
	six := got[2][thrifttest.Numberz_SIX]
	if len(got) != 2 || len(got[2]) != 1 || six == nil || len(six.UserMap) != 0 || len(six.Xtructs) != 0 {
		t.Errorf("got %v, want an empty Insanity at 2, 6 and nothing else", got)
	}
}

func checkExceptions(t *testing.T, c thrifttest.ThriftTest) {
	ctx := t.Context()
	var declared *thrifttest.Xception
	err := c.TestException(ctx, "Xception")
	if !errors.As(err, &declared) || declared.ErrorCode != 1001 || declared.Message != "Xception" {
		t.Errorf("a declared exception: got %#v, want Xception 1001", err)
	}
	checkUndeclared(t, c.TestException(ctx, "TException"))
	if err := c.TestException(ctx, "success"); err != nil {
		t.Errorf("no exception: got %v", err)
	}

	_, err = c.TestMultiException(ctx, "Xception", "ignored")
	if !errors.As(err, &declared) || declared.ErrorCode != 1001 || declared.Message != "This is an Xception" {
		t.Errorf("the first of two exceptions: got %#v, want Xception 1001", err)
	}
	var second *thrifttest.Xception2
	_, err = c.TestMultiException(ctx, "Xception2", "ignored")
	if !errors.As(err, &second) || second.ErrorCode != 2002 || second.StructThing.GetStringThing() != "This is an Xception2" {
		t.Errorf("the second of two exceptions: got %#v, want Xception2 2002", err)
	}
	got, err := c.TestMultiException(ctx, "success", "foobar")
	equal(t, got, &thrifttest.Xtruct{StringThing: "foobar"}, err)
}

func checkUndeclared(t *testing.T, err error) {
	t.Helper()
	var application thrift.TApplicationException
	if !errors.As(err, &application) || application.TypeId() != thrift.INTERNAL_ERROR {
		t.Errorf("an undeclared exception: got %#v, want TApplicationException of type INTERNAL_ERROR", err)
	}
}

// echo calls a method that returns what it is given.
func echo[T any](t *testing.T, method func(context.Context, T) (T, error), v T) {
	t.Helper()
	got, err := method(t.Context(), v)
	equal(t, got, v, err)
}

func equal(t *testing.T, got, want any, err error) {
	t.Helper()
	if err != nil {
		t.Errorf("%T: %v", want, err)
	} else if !reflect.DeepEqual(got, want) {
		t.Errorf("%T: got %.200v, want %.200v", want, got, want)
	}
}
