//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package transport_test

import "golang.org/x/sys/unix"

// raiseFileLimit allows as many open files as it may, and returns how many.
func raiseFileLimit() int {
	var limit unix.Rlimit
	if unix.Getrlimit(unix.RLIMIT_NOFILE, &limit) != nil {
		return 0
	}
	limit.Cur = limit.Max
	unix.Setrlimit(unix.RLIMIT_NOFILE, &limit)
	unix.Getrlimit(unix.RLIMIT_NOFILE, &limit)
	return int(min(uint64(limit.Cur), 1<<30))
}
