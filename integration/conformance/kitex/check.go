package kitex

import (
	"errors"
	"fmt"
	"maps"
	"strings"

	"github.com/volo-go/volo/pilota/thrift"
	volothrift "github.com/volo-go/volo/volo-thrift"

	"github.com/volo-go/volo/integration/conformance/kitex/gen/suite"
	"github.com/volo-go/volo/integration/conformance/kitex/stage"
)

// is complains unless a call has returned want.
func is[T comparable](got T, err error, want T) error {
	if err != nil {
		return err
	}
	return stage.Equal("the answer", got, want)
}

func same(what string, got, want map[string]string) error {
	if !maps.Equal(got, want) {
		return fmt.Errorf("%s is %v, want %v", what, got, want)
	}
	return nil
}

// remains complains unless the handler has seen something of 20 seconds.
func remains(v *suite.View, err error) error {
	if err == nil && (v.Remaining <= 0 || v.Remaining > 20_000) {
		err = fmt.Errorf("%d ms remain, want more than 0 and at most 20,000", v.Remaining)
	}
	return err
}

// application complains unless err is an application exception of the type.
func application(err error, typ thrift.ExceptionType, part string) error {
	e, ok := errors.AsType[*thrift.ApplicationException](err)
	switch {
	case !ok:
		return fmt.Errorf("got %v, want an exception", err)
	case e.Type != typ || !strings.Contains(e.Message, part):
		return fmt.Errorf("got type %d, %q, want type %d and %q", e.Type, e.Message, typ, part)
	}
	return nil
}

func business(err error, status int32, message string, extra map[string]string) error {
	e, ok := errors.AsType[*volothrift.BizError](err)
	if !ok {
		return fmt.Errorf("got %v, want a business error", err)
	}
	if e.Status != status || e.Message != message || !maps.Equal(e.Extra, extra) {
		return fmt.Errorf("got %d %q %v, want %d %q %v", e.Status, e.Message, e.Extra, status, message, extra)
	}
	return nil
}
