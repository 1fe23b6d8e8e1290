package apachetest_test

import (
	"context"
	"errors"
	"testing"

	"github.com/apache/thrift/lib/go/thrift"

	"github.com/volo-go/volo/integration/interop/apachetest"
	"github.com/volo-go/volo/integration/interop/apachetest/thrifttest"
)

var transports = []struct {
	name   string
	framed bool
}{{"framed", true}, {"unframed", false}}

func TestApacheSatisfiesItsOwnChecks(t *testing.T) {
	t.Run("handler alone", func(t *testing.T) {
		apachetest.Check(t, internalError{new(apachetest.Handler)})
	})
	for _, tt := range transports {
		t.Run(tt.name, func(t *testing.T) {
			addr, stop := apachetest.StartServer(tt.framed)
			defer stop()
			client, done, err := apachetest.NewClient(addr, tt.framed)
			if err != nil {
				t.Fatal(err)
			}
			defer done()
			apachetest.Check(t, client)
		})
	}
}

// internalError does what a server does with an exception that is not declared.
type internalError struct{ thrifttest.ThriftTest }

func (h internalError) TestException(ctx context.Context, arg string) error {
	err := h.ThriftTest.TestException(ctx, arg)
	if arg == "TException" {
		return thrift.NewTApplicationException(thrift.INTERNAL_ERROR, err.Error())
	}
	return err
}

func TestOnewayReachesTheHandler(t *testing.T) {
	for _, tt := range transports {
		t.Run(tt.name, func(t *testing.T) {
			seconds := make(chan int32, 1)
			addr, stop, err := apachetest.Start(&apachetest.Handler{Oneway: func(s int32) { seconds <- s }}, tt.framed)
			if err != nil {
				t.Fatal(err)
			}
			defer stop()
			client, done, err := apachetest.NewClient(addr, tt.framed)
			if err != nil {
				t.Fatal(err)
			}
			defer done()
			if err := client.TestOneway(t.Context(), 7); err != nil {
				t.Fatal(err)
			}
			if got := <-seconds; got != 7 {
				t.Errorf("got %d, want 7", got)
			}
		})
	}
}

func TestTheSecondServiceIsThereToo(t *testing.T) {
	addr, stop := apachetest.StartServer(true)
	defer stop()
	c, done, err := apachetest.Dial(addr, true)
	if err != nil {
		t.Fatal(err)
	}
	defer done()
	if got, err := thrifttest.NewSecondServiceClient(c).SecondtestString(t.Context(), "second"); got != "second" || err != nil {
		t.Errorf("got %q, %v", got, err)
	}
}

func TestAnUnknownMethodIsSaidToBeUnknown(t *testing.T) {
	for _, tt := range transports {
		t.Run(tt.name, func(t *testing.T) {
			addr, stop := apachetest.StartServer(tt.framed)
			defer stop()
			c, done, err := apachetest.Dial(addr, tt.framed)
			if err != nil {
				t.Fatal(err)
			}
			defer done()
			_, err = c.Call(t.Context(), "nobody", &thrifttest.ThriftTestTestVoidArgs{}, &thrifttest.ThriftTestTestVoidResult{})
			var application thrift.TApplicationException
			if !errors.As(err, &application) || application.TypeId() != thrift.UNKNOWN_METHOD {
				t.Errorf("got %v, want TApplicationException of type UNKNOWN_METHOD", err)
			}
			if err := thrifttest.NewThriftTestClient(c).TestVoid(t.Context()); err != nil {
				t.Errorf("the connection is of no more use: %v", err)
			}
		})
	}
}

// A server stops although a client does not leave.
func TestStopDoesNotWaitForClients(t *testing.T) {
	addr, stop := apachetest.StartServer(true)
	client, done, err := apachetest.NewClient(addr, true)
	if err != nil {
		t.Fatal(err)
	}
	defer done()
	if err := client.TestVoid(t.Context()); err != nil {
		t.Fatal(err)
	}
	stop()
	if err := client.TestVoid(t.Context()); err == nil {
		t.Error("the server still answers")
	}
}
