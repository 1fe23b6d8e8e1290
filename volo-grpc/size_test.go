package vologrpc

import (
	"testing"
	"unsafe"
)

// TestSizeOfACall: what is allocated for every call is cleared, scanned and
// charged to it. 512 bytes is a size of the allocator's; the next is 576.
func TestSizeOfACall(t *testing.T) {
	if got := unsafe.Sizeof(serverCall{}); unsafe.Sizeof(uintptr(0)) == 8 && got > 512 {
		t.Errorf("the server's part of a call has %d bytes, want at most 512", got)
	}
	if got := unsafe.Sizeof(Request{}); unsafe.Sizeof(uintptr(0)) == 8 && got > 448 {
		t.Errorf("a request has %d bytes, want at most 448", got)
	}
}
