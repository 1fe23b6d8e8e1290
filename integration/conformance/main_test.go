package main

import (
	"bytes"
	"errors"
	"strings"
	"testing"
)

func TestUsage(t *testing.T) {
	for _, args := range [][]string{nil, {"no such suite"}} {
		var out, complaints bytes.Buffer
		if code := run(t.Context(), args, &out, &complaints); code != 2 {
			t.Errorf("%q: exit code %d, want 2", args, code)
		}
		if !strings.Contains(complaints.String(), "h2spec") {
			t.Errorf("%q: got %q, want the names of the suites", args, complaints.String())
		}
	}
}

func TestTotalsOfH2spec(t *testing.T) {
	const passed = `<testcase package="http2/6.7" classname="answers a ping" time="0.1"></testcase>`
	tests := []struct {
		name, cases string
		want        string
		failed      bool
		broken      bool
	}{
		{name: "all pass", cases: passed, want: "h2spec: 1 tests, 1 passed, 0 skipped, 0 failed\n"},
		{name: "one was skipped", cases: passed + `<testcase classname="x"><skipped></skipped></testcase>`,
			want: "h2spec: 2 tests, 1 passed, 1 skipped, 0 failed\n"},
		{name: "one fails", cases: passed + `<testcase classname="x"><failure>got nothing</failure></testcase>`, failed: true,
			want: "h2spec http2 6.7: x\ngot nothing\nh2spec: 2 tests, 1 passed, 0 skipped, 1 failed\n"},
		{name: "no tests", want: "h2spec: 0 tests, 0 passed, 0 skipped, 0 failed\n", broken: true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var out bytes.Buffer
			err := h2specTotals(&out, []byte(`<testsuites><testsuite package="http2" id="6.7">`+test.cases+`</testsuite></testsuites>`))
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
