package main

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

// TestMain makes the test binary the server where it is started as such.
func TestMain(m *testing.M) {
	if len(os.Args) > 2 && os.Args[1] == "serve" {
		main()
		return
	}
	if runtime.GOOS == "windows" {
		os.Exit(0) // which has no signal to send
	}
	os.Exit(m.Run())
}

func Example() {
	main()
	// Output:
	// processes that have answered: 4
	// calls that have failed: 0
}

func TestNoCallFailsWhileProcessesReplaceEachOther(t *testing.T) {
	socket := "unix:" + filepath.Join(t.TempDir(), "socket")
	s, err := start("127.0.0.1:0", socket)
	if err != nil {
		t.Fatal(err)
	}
	defer s.stop()
	all := []*callers{call(t.Context(), s.addresses[0]), call(t.Context(), socket)}
	const restarts = 8
	for range restarts {
		for _, c := range all {
			c.await(s.pid)
		}
		if err := s.restart(); err != nil {
			t.Fatal(err)
		}
	}
	for i, c := range all {
		c.await(s.pid)
		answered, failed := c.end()
		if len(failed) > 0 || answered != restarts+1 {
			t.Errorf("%s: %d processes have answered, want %d; failed: %d, first %v", s.addresses[i], answered, restarts+1, len(failed), failed)
		}
	}
}

// Who kills the old process loses the calls that it still had, and nothing
// else.
func TestTheNewProcessDoesNotNeedTheOldOne(t *testing.T) {
	s, err := start("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer s.stop()
	old := s.first.Process
	if err := s.restart(); err != nil {
		t.Fatal(err)
	}
	old.Kill()
	old.Wait()
	for i := range 3 {
		if i > 0 {
			if err := s.restart(); err != nil {
				t.Fatal(err)
			}
		}
		c := call(t.Context(), s.addresses[0])
		c.await(s.pid)
		if _, failed := c.end(); len(failed) > 0 {
			t.Errorf("failed: %v", failed)
		}
	}
}
