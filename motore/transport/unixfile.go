package transport

import (
	"context"
	"errors"
	"io/fs"
	"net"
	"os"
	"strings"
	"syscall"
	"time"
)

// removeStale removes the file of a unix socket on which nobody listens. Where
// somebody does, or where it cannot tell, it leaves the file alone and
// listening will fail with the reason.
func removeStale(ctx context.Context, path string) {
	if path == "" || strings.HasPrefix(path, "@") {
		return
	}
	info, err := os.Lstat(path)
	if err != nil || info.Mode().Type() != fs.ModeSocket {
		return
	}
	d := net.Dialer{Timeout: time.Second}
	nc, err := d.DialContext(ctx, "unix", path)
	if err == nil {
		nc.Close()
		return
	}
	if errors.Is(err, syscall.ECONNREFUSED) {
		os.Remove(path)
	}
}
