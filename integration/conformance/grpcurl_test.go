package main

import (
	"errors"
	"testing"
)

func TestChecksOfGrpcurl(t *testing.T) {
	c := grpcurlCase{want: []string{`{"a": 1}`, "b"}}
	refused := grpcurlCase{want: []string{"no such"}, refused: true}
	failed := errors.New("exit status 1")
	tests := []struct {
		name string
		c    grpcurlCase
		out  string
		err  error
		ok   bool
	}{
		{"all is there, in order", c, "{\n  \"a\": 1\n}\nb\n", nil, true},
		{"it is in another order", c, "b {\"a\": 1}", nil, false},
		{"some is missing", c, `{"a": 1}`, nil, false},
		{"it failed all the same", c, `{"a": 1} b`, failed, false},
		{"it was to fail", refused, "no such", failed, true},
		{"it was to fail and has not", refused, "no such", nil, false},
		{"it was to fail for another reason", refused, "cannot connect", failed, false},
	}
	for _, test := range tests {
		if err := test.c.check(test.out, test.err); (err == nil) != test.ok {
			t.Errorf("%s: got %v, want success: %v", test.name, err, test.ok)
		}
	}
}
