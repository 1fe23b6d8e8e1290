package transport

import "golang.org/x/sys/unix"

// hangup is what poll(2) reports of a peer that has closed at least its
// sending half, even behind unread bytes.
const hangup = unix.POLLRDHUP
