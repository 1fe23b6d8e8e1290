//go:build !(linux || darwin || freebsd || netbsd || openbsd || dragonfly)

package transport

import "syscall"

// Where there is no poll(2), nothing is watched, and what was not closed from
// here counts as alive.
const canPoll = false

const (
	pollHangup  = 0
	pollUnasked = 0
	pollRoom    = 0
)

type pollSet struct{}

func (*pollSet) reset()          {}
func (*pollSet) add(int)         {}
func (*pollSet) poll()           {}
func (*pollSet) hungUp(int) bool { return false }

type probe struct{}

func (*probe) none(syscall.RawConn, int16) bool { return true }
