package main

import (
	"bytes"
	"errors"
	"testing"
)

func TestTotalsOfConnect(t *testing.T) {
	tests := []struct {
		name, out string
		want      string
		failed    bool
		broken    bool
	}{
		{name: "all pass", out: "Total cases: 2\n2 passed, 0 failed\n", want: "connect server: 2 tests, 2 passed, 0 failed\n"},
		{name: "one fails", out: "FAILED: x:\n\ty\nTotal cases: 2\n1 passed, 1 failed\n", failed: true,
			want: "FAILED: x:\n\ty\nTotal cases: 2\n1 passed, 1 failed\nconnect server: 2 tests, 1 passed, 1 failed\n"},
		{name: "one has not run", out: "Total cases: 2\n1 passed, 0 failed\n", failed: true,
			want: "Total cases: 2\n1 passed, 0 failed\nconnect server: 2 tests, 1 passed, 0 failed\n"},
		{name: "there are fewer cases than there should be", out: "Total cases: 1\n1 passed, 0 failed\n", broken: true,
			want: "connect server: 1 tests, 1 passed, 0 failed\n"},
		{name: "no totals", out: "cannot start\n", broken: true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var out bytes.Buffer
			err := connectTotals(&out, "server", 2, []byte(test.out))
			if out.String() != test.want {
				t.Errorf("got %q, want %q", out.String(), test.want)
			}
			if got := errors.Is(err, errFailed); got != test.failed {
				t.Errorf("failed: got %v, want %v", err, test.failed)
			}
			if broken := err != nil && !errors.Is(err, errFailed); broken != test.broken {
				t.Errorf("broken: got %v, want %v", err, test.broken)
			}
		})
	}
}
