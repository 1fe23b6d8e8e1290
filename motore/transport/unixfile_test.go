package transport_test

import (
	"errors"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"

	"github.com/volo-go/volo/motore/rpc"
	"github.com/volo-go/volo/motore/transport"
)

func TestUnixSocketFiles(t *testing.T) {
	for _, test := range []struct {
		name    string
		prepare func(t *testing.T, path string)
		want    error // of Listen
	}{
		{"no file", func(*testing.T, string) {}, nil},
		{"a file of a process that is gone", func(t *testing.T, path string) {
			l := must(net.Listen("unix", path)).(*net.UnixListener)
			l.SetUnlinkOnClose(false)
			l.Close()
		}, nil},
		{"a file on which somebody listens", func(t *testing.T, path string) {
			closeLater(t, must(net.Listen("unix", path)))
		}, syscall.EADDRINUSE},
		{"a file that is no socket", func(t *testing.T, path string) {
			if err := os.WriteFile(path, []byte("precious"), 0o600); err != nil {
				t.Fatal(err)
			}
		}, syscall.EADDRINUSE},
	} {
		t.Run(test.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "s")
			test.prepare(t, path)
			l, err := new(transport.ListenConfig).Listen(t.Context(), rpc.Unix(path))
			if !errors.Is(err, test.want) {
				t.Fatalf("Listen() = %v, want %v", err, test.want)
			}
			if err != nil {
				if _, err := os.Lstat(path); err != nil {
					t.Errorf("the file is gone: %v", err)
				}
				return
			}
			if got, want := l.Address(), rpc.Unix(path); got != want {
				t.Errorf("Address() = %v, want %v", got, want)
			}
			l.Close()
			if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("after Close the file is still there: %v", err)
			}
		})
	}
}

func TestAbstractUnixSocket(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux has them")
	}
	addr := rpc.Unix("@volo-transport-" + filepath.Base(t.TempDir()))
	lc := transport.ListenConfig{}
	l := serve(t, mustListen(t, &lc, addr), echo)
	c := closeLater(t, must(new(transport.Dialer).Dial(t.Context(), addr)))
	if n, err := c.Exchange([]byte("x"), make([]byte, 1)); n != 1 || err != nil {
		t.Errorf("Exchange() = %d, %v", n, err)
	}
	if got := l.Address(); got != addr {
		t.Errorf("Address() = %v, want %v", got, addr)
	}
}
