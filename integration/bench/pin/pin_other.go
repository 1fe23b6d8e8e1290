//go:build !linux

package pin

import "os/exec"

// Cores returns [ErrUnsupported].
func Cores() (server, client int, err error) { return 0, 0, ErrUnsupported }

// Start returns [ErrUnsupported] and starts nothing.
func Start(cmd *exec.Cmd, core int) error { return ErrUnsupported }
