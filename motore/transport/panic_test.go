package transport_test

import (
	"context"
	"io"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"

	"github.com/volo-go/volo/motore/rpc"
	"github.com/volo-go/volo/motore/transport"
)

// engineToPanic names the engine on which a child process lets a handler panic.
const engineToPanic = "VOLO_TRANSPORT_TEST_PANIC"

func TestAPanicEndsTheProcess(t *testing.T) {
	for _, engine := range []transport.Engine{transport.EngineNet, transport.EngineNetpoll} {
		t.Run(engine.String(), func(t *testing.T) {
			if os.Getenv(engineToPanic) == engine.String() {
				panicInData(engine)
			}
			cmd := exec.Command(os.Args[0], "-test.run", "^TestAPanicEndsTheProcess$/^"+engine.String()+"$")
			cmd.Env = append(os.Environ(), engineToPanic+"="+engine.String())
			out, err := cmd.CombinedOutput()
			if err == nil {
				t.Errorf("the process survived:\n%s", out)
			}
			for _, want := range []string{"panic: boom", "panicInData"} {
				if !strings.Contains(string(out), want) {
					t.Errorf("the output lacks %q:\n%s", want, out)
				}
			}
		})
	}
}

func panicInData(engine transport.Engine) {
	lc := transport.ListenConfig{Engine: engine}
	l := must(lc.Listen(context.Background(), rpc.TCP("127.0.0.1:0")))
	go l.Serve(func(*transport.Conn) transport.ConnHandler {
		return &handler{data: func([]byte) (int, int, error) { panic("boom") }}
	})
	nc := must(net.Dial(l.Address().Dial()))
	nc.Write([]byte("x"))
	select {}
}

func TestAHandlerThatEndsItsGoroutineEndsItsConnection(t *testing.T) {
	forEachMedium(t, func(t *testing.T, m medium) {
		ended := make(chan error, 2)
		l := serve(t, m.listen(t, transport.ListenConfig{}), func(c *transport.Conn) transport.ConnHandler {
			return &handler{data: func(in []byte) (int, int, error) {
				defer c.Answer(in)
				runtime.Goexit()
				return 0, 0, nil
			}, closed: func(err error) { ended <- err }}
		})
		for range 20 {
			nc := m.raw(t, l)
			nc.Write([]byte("x"))
			if got, err := io.ReadAll(nc); string(got) != "x" || err != nil {
				t.Errorf("received %q, then %v; want %q and the end", got, err, "x")
			}
			if err := soon(t, ended, "Closed"); err != net.ErrClosed {
				t.Errorf("Closed(%v), want net.ErrClosed", err)
			}
		}
		if len(ended) > 0 {
			t.Error("Closed was called twice")
		}
	})
}
