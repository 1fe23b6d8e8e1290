//go:build darwin || freebsd || netbsd || openbsd || dragonfly || (linux && (race || 386 || mips || mipsle || s390x))

package transport

import "syscall"

// With the race detector, read and write serve on Linux too: package syscall
// tells it that what was done before a write has happened before what follows
// the read.

// recv reads what is there, without waiting: the descriptor does not block.
func recv(fd uintptr, b []byte) (int, error) { return syscall.Read(int(fd), b) }

// send writes what the kernel takes, without waiting.
func send(fd uintptr, b []byte, more bool) (int, error) { return syscall.Write(int(fd), b) }
