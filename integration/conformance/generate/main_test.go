package main

import (
	"testing"

	"github.com/volo-go/volo/integration/interop/generated"
)

// The generated code that is kept is what the generator writes now.

func TestInteropIsUpToDate(t *testing.T) {
	t.Chdir("../..")
	o, err := interop()
	if err != nil {
		t.Fatal(err)
	}
	if err := generate(o, "interop/gen", true); err != nil {
		t.Error(err)
	}
}

func TestConnectIsUpToDate(t *testing.T) {
	t.Chdir("../..")
	t.Setenv("GOPROXY", "off") // only if the suite has been here
	o, err := connect()
	if err != nil {
		t.Skipf("the sources of the connect suite are not in the module cache, run the suite once: %v", err)
	}
	if err := generate(o, "connect/gen", true); err != nil {
		t.Error(err)
	}
}

func TestKitexIsUpToDate(t *testing.T) {
	if err := generated.Kitex("..").Compare(); err != nil {
		t.Error(err)
	}
}
