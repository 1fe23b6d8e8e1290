package thrift_test

import (
	"errors"
	"testing"

	"github.com/volo-go/volo/pilota/thrift"
)

func TestApplicationExceptionsTravel(t *testing.T) {
	for _, want := range []thrift.ApplicationException{
		{},
		{Type: thrift.UnknownMethod, Message: "no method"},
		{Type: -5},
	} {
		b, err := thrift.Marshal(&want)
		if err != nil {
			t.Fatal(err)
		}
		if len(b) != want.BinarySize() {
			t.Errorf("%v: size %d, appended %d", want, want.BinarySize(), len(b))
		}
		var got thrift.ApplicationException
		if err := thrift.Unmarshal(b, &got); err != nil || got != want {
			t.Errorf("got %v, %v; want %v", got, err, want)
		}
	}
}

func TestApplicationExceptionsOfOthersAreRead(t *testing.T) {
	// The type first, a field that we do not know, the message last.
	b := []byte{
		byte(thrift.I32), 0, 2, 0, 0, 0, 6,
		byte(thrift.BOOL), 0, 9, 1,
		byte(thrift.STRING), 0, 1, 0, 0, 0, 2, 'n', 'o',
		0,
	}
	var got thrift.ApplicationException
	if err := thrift.Unmarshal(b, &got); err != nil {
		t.Fatal(err)
	}
	if got.Type != thrift.InternalError || got.Message != "no" {
		t.Errorf("got %v", got)
	}
	for n := range b {
		if err := thrift.Unmarshal(b[:n], new(thrift.ApplicationException)); err == nil {
			t.Errorf("cut after %d bytes it is taken", n)
		}
	}
	if err := thrift.Unmarshal(append(b, 1), &got); !errors.Is(err, thrift.ErrTrailing) {
		t.Errorf("with a byte behind it: got %v, want ErrTrailing", err)
	}
}

func TestApplicationExceptionsSpeak(t *testing.T) {
	for want, e := range map[string]*thrift.ApplicationException{
		"thrift: unknown method: echo":          {Type: thrift.UnknownMethod, Message: "echo"},
		"thrift: missing result":                {Type: thrift.MissingResult},
		"thrift: exception type 99":             {Type: 99},
		"thrift: unknown application exception": {},
	} {
		if got := e.Error(); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}
