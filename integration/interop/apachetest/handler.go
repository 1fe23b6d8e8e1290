package apachetest

import (
	"context"
	"errors"

	"github.com/apache/thrift/lib/go/thrift"

	"github.com/volo-go/volo/integration/interop/apachetest/thrifttest"
)

// A Handler implements both services of ThriftTest.thrift: most methods return
// what they are given, the others what the IDL says. The zero Handler is ready;
// it is safe for concurrent use if Oneway is.
type Handler struct {
	// Oneway, if it is set, is called by TestOneway, which does not sleep. The
	// connection waits for it.
	Oneway func(seconds int32)
}

var (
	_ thrifttest.ThriftTest    = (*Handler)(nil)
	_ thrifttest.SecondService = (*Handler)(nil)
)

func (*Handler) TestVoid(context.Context) error { return nil }

func (*Handler) TestString(_ context.Context, thing string) (string, error) { return thing, nil }

func (*Handler) TestBool(_ context.Context, thing bool) (bool, error) { return thing, nil }

func (*Handler) TestByte(_ context.Context, thing int8) (int8, error) { return thing, nil }

func (*Handler) TestI32(_ context.Context, thing int32) (int32, error) { return thing, nil }

func (*Handler) TestI64(_ context.Context, thing int64) (int64, error) { return thing, nil }

func (*Handler) TestDouble(_ context.Context, thing float64) (float64, error) { return thing, nil }

func (*Handler) TestBinary(_ context.Context, thing []byte) ([]byte, error) { return thing, nil }

func (*Handler) TestUuid(_ context.Context, thing thrift.Tuuid) (thrift.Tuuid, error) {
	return thing, nil
}

func (*Handler) TestStruct(_ context.Context, thing *thrifttest.Xtruct) (*thrifttest.Xtruct, error) {
	return thing, nil
}

func (*Handler) TestNest(_ context.Context, thing *thrifttest.Xtruct2) (*thrifttest.Xtruct2, error) {
	return thing, nil
}

func (*Handler) TestMap(_ context.Context, thing map[int32]int32) (map[int32]int32, error) {
	return thing, nil
}

func (*Handler) TestStringMap(_ context.Context, thing map[string]string) (map[string]string, error) {
	return thing, nil
}

func (*Handler) TestSet(_ context.Context, thing []int32) ([]int32, error) { return thing, nil }

func (*Handler) TestList(_ context.Context, thing []int32) ([]int32, error) { return thing, nil }

func (*Handler) TestEnum(_ context.Context, thing thrifttest.Numberz) (thrifttest.Numberz, error) {
	return thing, nil
}

func (*Handler) TestTypedef(_ context.Context, thing thrifttest.UserId) (thrifttest.UserId, error) {
	return thing, nil
}

// TestMapMap returns the same two maps for every argument.
func (*Handler) TestMapMap(context.Context, int32) (map[int32]map[int32]int32, error) {
	maps := map[int32]map[int32]int32{-4: {}, 4: {}}
	for i := int32(1); i <= 4; i++ {
		maps[-4][-i], maps[4][i] = -i, i
	}
	return maps, nil
}

// TestInsanity returns the argument twice, and an empty Insanity.
func (*Handler) TestInsanity(_ context.Context, argument *thrifttest.Insanity) (map[thrifttest.UserId]map[thrifttest.Numberz]*thrifttest.Insanity, error) {
	return map[thrifttest.UserId]map[thrifttest.Numberz]*thrifttest.Insanity{
		1: {thrifttest.Numberz_TWO: argument, thrifttest.Numberz_THREE: argument},
		2: {thrifttest.Numberz_SIX: thrifttest.NewInsanity()},
	}, nil
}

// TestMulti returns its first three arguments in a struct.
func (*Handler) TestMulti(_ context.Context, arg0 int8, arg1 int32, arg2 int64, _ map[int16]string, _ thrifttest.Numberz, _ thrifttest.UserId) (*thrifttest.Xtruct, error) {
	return &thrifttest.Xtruct{StringThing: "Hello2", ByteThing: arg0, I32Thing: arg1, I64Thing: arg2}, nil
}

// TestException fails as arg tells it: with a declared exception, with one that
// is not declared, or not at all.
func (*Handler) TestException(_ context.Context, arg string) error {
	switch arg {
	case "Xception":
		return &thrifttest.Xception{ErrorCode: 1001, Message: arg}
	case "TException":
		return errors.New("this is a TException")
	}
	return nil
}

// TestMultiException fails with either of two declared exceptions or returns
// arg1 in a struct.
func (*Handler) TestMultiException(_ context.Context, arg0, arg1 string) (*thrifttest.Xtruct, error) {
	switch arg0 {
	case "Xception":
		return nil, &thrifttest.Xception{ErrorCode: 1001, Message: "This is an Xception"}
	case "Xception2":
		return nil, &thrifttest.Xception2{
			ErrorCode:   2002,
			StructThing: &thrifttest.Xtruct{StringThing: "This is an Xception2"},
		}
	}
	return &thrifttest.Xtruct{StringThing: arg1}, nil
}

// TestOneway tells h.Oneway.
func (h *Handler) TestOneway(_ context.Context, secondsToSleep int32) error {
	if h.Oneway != nil {
		h.Oneway(secondsToSleep)
	}
	return nil
}

// SecondtestString returns its argument.
func (*Handler) SecondtestString(_ context.Context, thing string) (string, error) { return thing, nil }
