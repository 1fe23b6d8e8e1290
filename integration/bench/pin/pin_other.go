//go:build !linux

package pin

import "os/exec"

// Cores returns [ErrUnsupported].
func Cores() (server, client int, err error) { return 0, 0, ErrUnsupported }

// Self returns [ErrUnsupported] and moves nothing.
func Self(core int) (back func() error, err error) { return nil, ErrUnsupported }

// Start returns [ErrUnsupported] and starts nothing.
func Start(cmd *exec.Cmd, core int) error { return ErrUnsupported }
