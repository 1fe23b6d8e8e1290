package interop_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"testing"

	apache "github.com/apache/thrift/lib/go/thrift"

	"github.com/volo-go/volo/integration/interop/apachetest"
	theirs "github.com/volo-go/volo/integration/interop/apachetest/thrifttest"
	"github.com/volo-go/volo/pilota/thrift"
	volothrift "github.com/volo-go/volo/volo-thrift"
)

// Many of Apache's clients at once, of both framings, on one port; each must get
// its own answers.
func TestManyOfApachesClientsAtOnce(t *testing.T) {
	const clients, calls = 40, 50
	addr := serve(t, new(handler))
	var calling sync.WaitGroup
	for i := range int32(clients) {
		calling.Go(func() {
			c, done, err := apachetest.NewClient(addr, i%2 == 0)
			if err != nil {
				t.Error(err)
				return
			}
			defer done()
			for j := range int32(calls) {
				mine := fmt.Sprint(i, "/", j)
				if got, err := c.TestMulti(t.Context(), int8(j), i, int64(j), nil, 0, 0); err != nil || got.I32Thing != i || got.I64Thing != int64(j) {
					t.Errorf("%s: TestMulti: %v, %v", mine, got, err)
				}
				if err := c.TestOneway(t.Context(), 0); err != nil {
					t.Errorf("%s: TestOneway: %v", mine, err)
				}
				if err := c.TestException(t.Context(), "Xception"); err == nil {
					t.Errorf("%s: TestException: no exception", mine)
				}
				// Bigger than any buffer on the way, now and then.
				long := strings.Repeat(mine, 1+50_000*int(j%10/9))
				if got, err := c.TestString(t.Context(), long); err != nil || got != long {
					t.Errorf("%s: TestString: %d bytes, %v, want %d", mine, len(got), err, len(long))
				}
			}
		})
	}
	calling.Wait()
}

// Many callers of one client of ours share connections to Apache's server, which
// knows nothing of it.
func TestManyCallersOfApachesServer(t *testing.T) {
	for _, tt := range framings {
		t.Run(tt.name, func(t *testing.T) {
			addr, stop := apachetest.StartServer(tt.framed)
			defer stop()
			c := newClient(t, addr, volothrift.WithProtocol(tt.protocol), volothrift.WithPingPong(volothrift.PoolConfig{MaxOpen: 8}))
			var calling sync.WaitGroup
			for i := range int32(40) {
				calling.Go(func() {
					for j := range int64(50) {
						if got, err := c.TestMulti(t.Context(), 0, i, j, nil, 0, 0); err != nil || got.I32Thing != i || got.I64Thing != j {
							t.Errorf("%d/%d: %v, %v", i, j, got, err)
						}
						if err := c.TestOneway(t.Context(), 0); err != nil {
							t.Errorf("%d/%d: %v", i, j, err)
						}
					}
				})
			}
			calling.Wait()
		})
	}
}

// binaryOf returns a thing for testBinary whose call, and whose answer, takes
// size bytes on the wire.
func binaryOf(size int, framed bool) []byte {
	empty := thrift.MessageBeginSize("testBinary") + 3 + 4 + 1
	if framed {
		empty += 4
	}
	return bytes.Repeat([]byte{0xa5}, size-empty)
}

func TestOurServerTakesWhatItsLimitAllows(t *testing.T) {
	const limit = 100_000
	for _, tt := range framings {
		t.Run(tt.name, func(t *testing.T) {
			addr := serve(t, new(handler), volothrift.WithMaxMessageSize(limit), volothrift.WithLogger(slog.New(slog.NewTextHandler(io.Discard, nil))))
			client := theirs.NewThriftTestClient(dialApache(t, addr, tt.framed))
			for _, size := range []int{limit - 1, limit} {
				thing := binaryOf(size, tt.framed)
				if got, err := client.TestBinary(t.Context(), thing); err != nil || !bytes.Equal(got, thing) {
					t.Errorf("a message of %d bytes: %v", size, err)
				}
			}

			// The answer has the argument twice: it goes over the limit, and
			// the caller is told instead.
			_, err := client.TestInsanity(t.Context(), apacheInsanity(limit*2/3))
			var e apache.TApplicationException
			if !errors.As(err, &e) || e.TypeId() != apache.INTERNAL_ERROR || !strings.Contains(e.Error(), "WithMaxMessageSize") {
				t.Errorf("an answer over the limit: got %v", err)
			}
			if err := client.TestVoid(t.Context()); err != nil {
				t.Errorf("afterwards: %v", err)
			}

			// The length of a frame is known before it has come, so that it can
			// be left out. Without one there is only the end of the connection.
			_, err = client.TestBinary(t.Context(), binaryOf(limit+1, tt.framed))
			told := errors.As(err, &e) && strings.Contains(e.Error(), "WithMaxMessageSize")
			if err == nil || told != tt.framed {
				t.Errorf("a message of %d bytes: got %v", limit+1, err)
			}
			other := theirs.NewThriftTestClient(dialApache(t, addr, tt.framed))
			if err := other.TestVoid(t.Context()); err != nil {
				t.Errorf("another connection: %v", err)
			}
		})
	}
}

func TestOurClientTakesWhatItsLimitAllows(t *testing.T) {
	const limit = 100_000
	for _, tt := range framings {
		t.Run(tt.name, func(t *testing.T) {
			addr, stop := apachetest.StartServer(tt.framed)
			defer stop()
			client := newClient(t, addr, volothrift.WithProtocol(tt.protocol), volothrift.WithMaxMessageSize(limit))
			for _, size := range []int{limit - 1, limit} {
				thing := binaryOf(size, tt.framed)
				if got, err := client.TestBinary(t.Context(), thing); err != nil || !bytes.Equal(got, thing) {
					t.Errorf("a message of %d bytes: %v", size, err)
				}
			}

			var over *volothrift.LimitError
			var call *volothrift.Error
			_, err := client.TestBinary(t.Context(), binaryOf(limit+1, tt.framed))
			if !errors.As(err, &over) || over.Limit != limit || over.Got != limit+1 || !errors.As(err, &call) || !call.Unsent {
				t.Errorf("a call over the limit: got %v", err)
			}
			answer := apacheInsanity(limit * 2 / 3)
			if _, err = (view{client}).TestInsanity(t.Context(), answer); !errors.As(err, &over) || over.Option != "WithMaxMessageSize" {
				t.Errorf("an answer over the limit: got %v", err)
			}
			if err := client.TestVoid(t.Context()); err != nil {
				t.Errorf("afterwards: %v", err)
			}
		})
	}
}

func apacheInsanity(size int) *theirs.Insanity {
	return &theirs.Insanity{Xtructs: []*theirs.Xtruct{{StringThing: strings.Repeat("x", size)}}}
}

// Apache's frames end at 16,384,000 bytes without their length; up to there,
// both default limits agree. Beyond, we are told and do not wait.
func TestDefaultLimitsMeet(t *testing.T) {
	const apacheLimit = apache.DEFAULT_MAX_FRAME_SIZE
	addr, stop := apachetest.StartServer(true)
	defer stop()
	ours := newClient(t, addr, volothrift.WithProtocol(volothrift.Framed))
	apaches := theirs.NewThriftTestClient(dialApache(t, serve(t, new(handler)), true))

	thing := binaryOf(4+apacheLimit, true)
	if got, err := ours.TestBinary(t.Context(), thing); err != nil || !bytes.Equal(got, thing) {
		t.Errorf("our client, at Apache's limit: %d bytes, %v", len(got), err)
	}
	if got, err := apaches.TestBinary(t.Context(), thing); err != nil || !bytes.Equal(got, thing) {
		t.Errorf("Apache's client, at Apache's limit: %d bytes, %v", len(got), err)
	}
	var call *volothrift.Error
	if _, err := ours.TestBinary(t.Context(), append(thing, 0)); !errors.As(err, &call) || call.Phase != volothrift.PhaseRead && call.Phase != volothrift.PhaseWrite {
		t.Errorf("our client, over Apache's limit: got %v", err)
	}
	if err := ours.TestVoid(t.Context()); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}
