package chaos_test

import (
	"io"
	"net"
	"testing"
	"time"

	"github.com/volo-go/volo/integration/chaos"
	"github.com/volo-go/volo/motore/rpc"
)

func TestAProxyDoesWhatItsFaultsAreCalled(t *testing.T) {
	echo, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer echo.Close()
	go func() {
		for {
			c, err := echo.Accept()
			if err != nil {
				return
			}
			go func() { io.Copy(c, c); c.Close() }()
		}
	}()
	const (
		all    = "all of it"
		half   = "a part, then the end"
		ended  = "nothing, then the end"
		silent = "nothing"
		nobody = "nobody there"
	)
	for _, tt := range []struct {
		fault             chaos.Fault
		what              string
		before, new, over string // on a connection made before, one made during, and one made after the fault
	}{
		{chaos.None, "none", all, all, all},
		{chaos.Hold, "hold", silent, silent, all},
		{chaos.Slow, "slow", all, all, all},
		{chaos.Cut, "cut", half, half, all},
		{chaos.Refuse, "refuse", ended, nobody, all},
		{chaos.Forget, "forget", silent, all, all},
	} {
		t.Run(tt.what, func(t *testing.T) {
			p, err := chaos.NewProxy(rpc.AddressOf(echo.Addr()))
			if err != nil {
				t.Fatal(err)
			}
			defer p.Close()
			dial := func() net.Conn {
				c, err := net.Dial("tcp", p.Address.String())
				if err != nil {
					return nil
				}
				t.Cleanup(func() { c.Close() })
				return c
			}
			get := func(c net.Conn, want string) string {
				if c == nil {
					return nobody
				}
				patience := time.Minute
				if want == silent {
					patience = time.Second
				}
				c.SetDeadline(time.Now().Add(patience))
				const sent = "to be or not to be"
				io.WriteString(c, sent)
				got := make([]byte, len(sent))
				n, err := io.ReadFull(c, got)
				late, ok := err.(net.Error)
				switch {
				case err == nil:
					return all
				case ok && late.Timeout():
					return silent
				case n > 0:
					return half
				}
				return ended
			}
			old := dial()
			if got := get(old, all); got != all {
				t.Fatalf("before the fault it carried %s", got)
			}
			if err := p.Set(tt.fault); err != nil {
				t.Fatal(err)
			}
			if got := get(old, tt.before); got != tt.before {
				t.Errorf("a connection made before carried %s, want %s", got, tt.before)
			}
			if got := get(dial(), tt.new); got != tt.new {
				t.Errorf("a new connection carried %s, want %s", got, tt.new)
			}
			if err := p.Set(chaos.None); err != nil {
				t.Fatal(err)
			}
			if got := get(dial(), tt.over); got != tt.over {
				t.Errorf("a connection made after the fault carried %s, want %s", got, tt.over)
			}
		})
	}
}
