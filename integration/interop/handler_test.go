package interop_test

import (
	"context"
	"errors"

	"github.com/volo-go/volo/integration/interop/gen/thrifttest"
	"github.com/volo-go/volo/integration/interop/gen/thrifttest/thrifttestthrift"
)

// A handler answers both services of ThriftTest.thrift as the IDL demands. The
// zero handler is ready.
type handler struct {
	oneway func(ctx context.Context, seconds int32) // if set, called by TestOneway
}

var (
	_ thrifttestthrift.ThriftTest    = (*handler)(nil)
	_ thrifttestthrift.SecondService = (*handler)(nil)
)

func (*handler) TestVoid(context.Context) error { return nil }

func (*handler) TestString(_ context.Context, thing string) (string, error) { return thing, nil }

func (*handler) TestBool(_ context.Context, thing bool) (bool, error) { return thing, nil }

func (*handler) TestByte(_ context.Context, thing int8) (int8, error) { return thing, nil }

func (*handler) TestI32(_ context.Context, thing int32) (int32, error) { return thing, nil }

func (*handler) TestI64(_ context.Context, thing int64) (int64, error) { return thing, nil }

func (*handler) TestDouble(_ context.Context, thing float64) (float64, error) { return thing, nil }

func (*handler) TestBinary(_ context.Context, thing []byte) ([]byte, error) { return thing, nil }

func (*handler) TestUUID(_ context.Context, thing [16]byte) ([16]byte, error) { return thing, nil }

func (*handler) TestStruct(_ context.Context, thing *thrifttest.Xtruct) (*thrifttest.Xtruct, error) {
	return thing, nil
}

func (*handler) TestNest(_ context.Context, thing *thrifttest.Xtruct2) (*thrifttest.Xtruct2, error) {
	return thing, nil
}

func (*handler) TestMap(_ context.Context, thing map[int32]int32) (map[int32]int32, error) {
	return thing, nil
}

func (*handler) TestStringMap(_ context.Context, thing map[string]string) (map[string]string, error) {
	return thing, nil
}

func (*handler) TestSet(_ context.Context, thing []int32) ([]int32, error) { return thing, nil }

func (*handler) TestList(_ context.Context, thing []int32) ([]int32, error) { return thing, nil }

func (*handler) TestEnum(_ context.Context, thing thrifttest.Numberz) (thrifttest.Numberz, error) {
	return thing, nil
}

func (*handler) TestTypedef(_ context.Context, thing thrifttest.UserID) (thrifttest.UserID, error) {
	return thing, nil
}

func (*handler) TestMapMap(context.Context, int32) (map[int32]map[int32]int32, error) {
	return map[int32]map[int32]int32{
		-4: {-4: -4, -3: -3, -2: -2, -1: -1},
		4:  {1: 1, 2: 2, 3: 3, 4: 4},
	}, nil
}

func (*handler) TestInsanity(_ context.Context, argument *thrifttest.Insanity) (map[thrifttest.UserID]map[thrifttest.Numberz]*thrifttest.Insanity, error) {
	return map[thrifttest.UserID]map[thrifttest.Numberz]*thrifttest.Insanity{
		1: {thrifttest.NumberzTwo: argument, thrifttest.NumberzThree: argument},
		2: {thrifttest.NumberzSix: {}},
	}, nil
}

func (*handler) TestMulti(_ context.Context, arg0 int8, arg1 int32, arg2 int64, _ map[int16]string, _ thrifttest.Numberz, _ thrifttest.UserID) (*thrifttest.Xtruct, error) {
	return &thrifttest.Xtruct{StringThing: "Hello2", ByteThing: arg0, I32Thing: arg1, I64Thing: arg2}, nil
}

func (*handler) TestException(_ context.Context, arg string) error {
	switch arg {
	case "Xception":
		return &thrifttest.Xception{ErrorCode: 1001, Message: arg}
	case "TException":
		return errors.New("this is a TException")
	}
	return nil
}

func (*handler) TestMultiException(_ context.Context, arg0, arg1 string) (*thrifttest.Xtruct, error) {
	switch arg0 {
	case "Xception":
		return nil, &thrifttest.Xception{ErrorCode: 1001, Message: "This is an Xception"}
	case "Xception2":
		return nil, &thrifttest.Xception2{ErrorCode: 2002, StructThing: &thrifttest.Xtruct{StringThing: "This is an Xception2"}}
	}
	return &thrifttest.Xtruct{StringThing: arg1}, nil
}

func (h *handler) TestOneway(ctx context.Context, secondsToSleep int32) error {
	if h.oneway != nil {
		h.oneway(ctx, secondsToSleep)
	}
	return nil
}

func (*handler) SecondtestString(_ context.Context, thing string) (string, error) { return thing, nil }
