package transporttest

import (
	"bytes"
	"runtime/pprof"
	"strings"
	"time"
)

// A mark is the profiler label of the goroutines of a server and all that they
// start, but for those whose stacks have client in them.
type mark struct{ label, value, client string }

// stacks returns the stacks of the goroutines that bear m.
func (m mark) stacks() string {
	var profile bytes.Buffer
	if err := pprof.Lookup("goroutine").WriteTo(&profile, 1); err != nil {
		return ""
	}
	var found []string
	for stack := range strings.SplitSeq(profile.String(), "\n\n") {
		if strings.Contains(stack, `"`+m.label+`":"`+m.value+`"`) && !strings.Contains(stack, m.client) {
			found = append(found, stack)
		}
	}
	return strings.Join(found, "\n\n")
}

// waitForEnd waits until no goroutine bears m, and returns the stacks of those
// that still do after d.
func (m mark) waitForEnd(d time.Duration) string {
	for end := time.Now().Add(d); ; time.Sleep(time.Millisecond) {
		left := m.stacks()
		if left == "" || !time.Now().Before(end) {
			return left
		}
	}
}
