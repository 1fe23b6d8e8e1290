//go:build linux && !race && (amd64 || arm64 || arm || loong64 || mips64 || mips64le || ppc64 || ppc64le || riscv64)

package transport

import (
	"syscall"
	"unsafe"
)

// recv and send move the bytes of a socket with recvfrom and sendto. They spare
// what read and write do for files of any kind before they get to the socket,
// some 4 % of the call. Package syscall offers neither without an address.

// brief is how many bytes are moved without telling the scheduler, which takes
// the kernel some 30 µs. The scheduler gives the processor of a goroutine that is
// in the kernel for longer than its watch sleeps, 20 µs, to another thread; what
// both then do to get to work and to sleep again costs more than such a call, and
// keeps the watch awake.
const brief = 128 << 10

// recv reads what is there, without waiting.
func recv(fd uintptr, b []byte) (int, error) {
	return transfer(syscall.SYS_RECVFROM, fd, b, syscall.MSG_DONTWAIT)
}

// send writes what the kernel takes, without waiting. There is no SIGPIPE: the
// runtime ignores it for every descriptor but 1 and 2.
func send(fd uintptr, b []byte, more bool) (int, error) {
	var flags uintptr = syscall.MSG_DONTWAIT | syscall.MSG_NOSIGNAL
	if more {
		flags |= syscall.MSG_MORE
	}
	return transfer(syscall.SYS_SENDTO, fd, b, flags)
}

// transfer makes one of the two system calls, which differ in nothing but the
// direction. Neither waits for the network, so the scheduler need know only of
// those that copy much.
//
// Safe: the pointer is made in the argument lists of Syscall6 and RawSyscall6,
// which keep b alive and in place during the call (rule 4 of package unsafe), and
// the kernel touches no more than len(b) bytes from there. SliceData of an empty
// slice points to nothing that the kernel would read or write.
func transfer(call, fd uintptr, b []byte, flags uintptr) (int, error) {
	var n uintptr
	var errno syscall.Errno
	if len(b) <= brief {
		n, _, errno = syscall.RawSyscall6(call, fd, uintptr(unsafe.Pointer(unsafe.SliceData(b))), uintptr(len(b)), flags, 0, 0)
	} else {
		n, _, errno = syscall.Syscall6(call, fd, uintptr(unsafe.Pointer(unsafe.SliceData(b))), uintptr(len(b)), flags, 0, 0)
	}
	if errno != 0 {
		return 0, errno
	}
	return int(n), nil
}
