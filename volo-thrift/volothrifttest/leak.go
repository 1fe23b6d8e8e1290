package volothrifttest

import (
	"bytes"
	"runtime/pprof"
	"strings"
	"time"
)

// label is the profiler label that marks the goroutines of a pair's server
// and all that they start.
const label = "volothrifttest"

// client is found in the stacks of a multiplexing client's connections. A
// handler that is the first to call a client starts one; it belongs to the
// client, who may well outlive the pair.
const client = "/volo-thrift/internal/multiplex.New.func"

// labelled returns the stacks of the goroutines that bear mark.
func labelled(mark string) string {
	var profile bytes.Buffer
	if err := pprof.Lookup("goroutine").WriteTo(&profile, 1); err != nil {
		return ""
	}
	var found []string
	for stack := range strings.SplitSeq(profile.String(), "\n\n") {
		if strings.Contains(stack, `"`+label+`":"`+mark+`"`) && !strings.Contains(stack, client) {
			found = append(found, stack)
		}
	}
	return strings.Join(found, "\n\n")
}

// waitForEnd waits until no goroutine bears mark, and returns the stacks of
// those that still do after d.
func waitForEnd(mark string, d time.Duration) string {
	for end := time.Now().Add(d); ; time.Sleep(time.Millisecond) {
		left := labelled(mark)
		if left == "" || !time.Now().Before(end) {
			return left
		}
	}
}
