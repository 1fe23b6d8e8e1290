//go:build !(linux || darwin || freebsd || netbsd || openbsd || dragonfly)

package transport

import (
	"context"
	"fmt"
	"runtime"
)

// inherit does nothing: here nothing is left for anybody.
func (*Restarter) inherit() error { return nil }

// launch says that it cannot.
func (*Restarter) launch(context.Context, []*handed) (id int, err error) {
	return 0, fmt.Errorf("listening sockets cannot be handed to another process on %s", runtime.GOOS)
}
