package main

import (
	"os"
	"strings"
	"testing"
)

// The README shows the same IDL.
func TestTheIDLIsTheReadmes(t *testing.T) {
	readme, err := os.ReadFile("../../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	idl, err := os.ReadFile("greet.thrift")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(readme), "```thrift\n"+string(idl)+"```") {
		t.Error("greet.thrift is not the thrift block of README.md")
	}
}
