package vologrpc

import (
	"errors"
	"math"
	"strconv"
	"time"
)

const timeoutKey = "grpc-timeout"

// maxTimeout is the largest number that grpc-timeout can hold: eight digits.
const maxTimeout = 99999999

var timeoutUnits = [...]struct {
	name byte
	size time.Duration
}{
	{'n', time.Nanosecond}, {'u', time.Microsecond}, {'m', time.Millisecond},
	{'S', time.Second}, {'M', time.Minute}, {'H', time.Hour},
}

// formatTimeout returns d as grpc-timeout has it (gRPC over HTTP2,
// "Timeout"), in the finest unit that has room, rounded up. d is positive.
func formatTimeout(d time.Duration) string {
	for _, u := range timeoutUnits {
		n := d / u.size
		if d%u.size > 0 {
			n++
		}
		if n <= maxTimeout {
			var room [9]byte
			return string(append(strconv.AppendInt(room[:0], int64(n), 10), u.name))
		}
	}
	return "99999999H"
}

// coarse returns d rounded up by at most a five-hundredth and a tenth of a
// second. So the calls of a client whose time is always the same carry the same
// field, however long it took to begin them, which costs either side less. d is
// positive.
func coarse(d time.Duration) time.Duration {
	grain := time.Duration(1)
	for grain <= d/5000 && grain < time.Second/10 {
		grain *= 10
	}
	if rest := d % grain; rest > 0 && d <= math.MaxInt64-grain {
		d += grain - rest
	}
	return d
}

// A timeoutField is a grpc-timeout that is sent again and again.
type timeoutField struct {
	d    time.Duration // coarse; zero for none
	text string
}

func newTimeoutField(d time.Duration) (f timeoutField) {
	if d > 0 {
		f.d = coarse(d)
		f.text = formatTimeout(f.d)
	}
	return f
}

var errTimeout = errors.New("malformed grpc-timeout")

// parseTimeout reads a grpc-timeout. A time that is longer than a Duration
// holds is as good as none: ok is false.
func parseTimeout(s string) (d time.Duration, ok bool, err error) {
	if len(s) < 2 || len(s) > 9 {
		return 0, false, errTimeout
	}
	digits, unit := s[:len(s)-1], s[len(s)-1]
	var n int64
	for i := range len(digits) {
		if digits[i] < '0' || digits[i] > '9' {
			return 0, false, errTimeout
		}
		n = 10*n + int64(digits[i]-'0')
	}
	for _, u := range timeoutUnits {
		if u.name == unit {
			if n > int64(1<<63-1)/int64(u.size) {
				return 0, false, nil
			}
			return time.Duration(n) * u.size, true, nil
		}
	}
	return 0, false, errTimeout
}
