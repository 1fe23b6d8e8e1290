package interop_test

import (
	"context"
	"errors"

	apache "github.com/apache/thrift/lib/go/thrift"

	theirs "github.com/volo-go/volo/integration/interop/apachetest/thrifttest"
	ours "github.com/volo-go/volo/integration/interop/gen/thrifttest"
	"github.com/volo-go/volo/integration/interop/gen/thrifttest/thrifttestthrift"
	"github.com/volo-go/volo/pilota/thrift"
)

// A view shows a ThriftTest of ours as one of Apache's, so that both go through
// the same checks. Every value crosses by translation.
type view struct{ of thrifttestthrift.ThriftTest }

var _ theirs.ThriftTest = view{}

// failure returns what Apache calls an error that one of our clients returned.
// Errors of the call itself stay what they are, and so fail the checks.
func failure(err error) error {
	if e, ok := errors.AsType[*ours.Xception](err); ok {
		return to[*theirs.Xception](e)
	}
	if e, ok := errors.AsType[*ours.Xception2](err); ok {
		return to[*theirs.Xception2](e)
	}
	if e, ok := errors.AsType[*thrift.ApplicationException](err); ok {
		return apache.NewTApplicationException(int32(e.Type), e.Message)
	}
	return err
}

// through calls a method with a translated argument and translates the answer.
func through[A, R, T any](ctx context.Context, method func(context.Context, A) (R, error), arg T) (T, error) {
	r, err := method(ctx, to[A](arg))
	if err != nil {
		var none T
		return none, failure(err)
	}
	return to[T](r), nil
}

func (v view) TestVoid(ctx context.Context) error { return failure(v.of.TestVoid(ctx)) }

func (v view) TestString(ctx context.Context, thing string) (string, error) {
	return through(ctx, v.of.TestString, thing)
}

func (v view) TestBool(ctx context.Context, thing bool) (bool, error) {
	return through(ctx, v.of.TestBool, thing)
}

func (v view) TestByte(ctx context.Context, thing int8) (int8, error) {
	return through(ctx, v.of.TestByte, thing)
}

func (v view) TestI32(ctx context.Context, thing int32) (int32, error) {
	return through(ctx, v.of.TestI32, thing)
}

func (v view) TestI64(ctx context.Context, thing int64) (int64, error) {
	return through(ctx, v.of.TestI64, thing)
}

func (v view) TestDouble(ctx context.Context, thing float64) (float64, error) {
	return through(ctx, v.of.TestDouble, thing)
}

func (v view) TestBinary(ctx context.Context, thing []byte) ([]byte, error) {
	return through(ctx, v.of.TestBinary, thing)
}

func (v view) TestUuid(ctx context.Context, thing apache.Tuuid) (apache.Tuuid, error) {
	return through(ctx, v.of.TestUUID, thing)
}

func (v view) TestStruct(ctx context.Context, thing *theirs.Xtruct) (*theirs.Xtruct, error) {
	return through(ctx, v.of.TestStruct, thing)
}

func (v view) TestNest(ctx context.Context, thing *theirs.Xtruct2) (*theirs.Xtruct2, error) {
	return through(ctx, v.of.TestNest, thing)
}

func (v view) TestMap(ctx context.Context, thing map[int32]int32) (map[int32]int32, error) {
	return through(ctx, v.of.TestMap, thing)
}

func (v view) TestStringMap(ctx context.Context, thing map[string]string) (map[string]string, error) {
	return through(ctx, v.of.TestStringMap, thing)
}

func (v view) TestSet(ctx context.Context, thing []int32) ([]int32, error) {
	return through(ctx, v.of.TestSet, thing)
}

func (v view) TestList(ctx context.Context, thing []int32) ([]int32, error) {
	return through(ctx, v.of.TestList, thing)
}

func (v view) TestEnum(ctx context.Context, thing theirs.Numberz) (theirs.Numberz, error) {
	return through(ctx, v.of.TestEnum, thing)
}

func (v view) TestTypedef(ctx context.Context, thing theirs.UserId) (theirs.UserId, error) {
	return through(ctx, v.of.TestTypedef, thing)
}

func (v view) TestMapMap(ctx context.Context, hello int32) (map[int32]map[int32]int32, error) {
	m, err := v.of.TestMapMap(ctx, hello)
	return m, failure(err)
}

func (v view) TestInsanity(ctx context.Context, argument *theirs.Insanity) (map[theirs.UserId]map[theirs.Numberz]*theirs.Insanity, error) {
	m, err := v.of.TestInsanity(ctx, to[*ours.Insanity](argument))
	return to[map[theirs.UserId]map[theirs.Numberz]*theirs.Insanity](m), failure(err)
}

func (v view) TestMulti(ctx context.Context, arg0 int8, arg1 int32, arg2 int64, arg3 map[int16]string, arg4 theirs.Numberz, arg5 theirs.UserId) (*theirs.Xtruct, error) {
	x, err := v.of.TestMulti(ctx, arg0, arg1, arg2, arg3, ours.Numberz(arg4), ours.UserID(arg5))
	return to[*theirs.Xtruct](x), failure(err)
}

func (v view) TestException(ctx context.Context, arg string) error {
	return failure(v.of.TestException(ctx, arg))
}

func (v view) TestMultiException(ctx context.Context, arg0, arg1 string) (*theirs.Xtruct, error) {
	x, err := v.of.TestMultiException(ctx, arg0, arg1)
	return to[*theirs.Xtruct](x), failure(err)
}

func (v view) TestOneway(ctx context.Context, secondsToSleep int32) error {
	return failure(v.of.TestOneway(ctx, secondsToSleep))
}
