package invoke_test

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"
)

// TestMain fails the run if goroutines of ours outlive the tests.
func TestMain(m *testing.M) {
	code := m.Run()
	if left := ourGoroutines(30 * time.Second); code == 0 && left != "" {
		fmt.Fprintf(os.Stderr, "goroutines left behind:\n%s\n", left)
		code = 1
	}
	os.Exit(code)
}

// ourGoroutines waits until no goroutine but this one runs code of ours, and
// returns the stacks of those that still do after d.
func ourGoroutines(d time.Duration) string {
	for end := time.Now().Add(d); ; time.Sleep(time.Millisecond) {
		buf := make([]byte, 1<<20)
		var left []string
		for i, stack := range strings.Split(string(buf[:runtime.Stack(buf, true)]), "\n\n") {
			if i > 0 && strings.Contains(stack, "volo-go/volo/") {
				left = append(left, stack)
			}
		}
		if len(left) == 0 || time.Now().After(end) {
			return strings.Join(left, "\n\n")
		}
	}
}
