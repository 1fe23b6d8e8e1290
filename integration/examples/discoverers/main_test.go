package main

import (
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/volo-go/volo/motore/discovery"
	"github.com/volo-go/volo/motore/discovery/discoverytest"
)

func Example() {
	main()
	// Output:
	// Thrift finds [one two] on the board
	// Thrift finds [one] in a file
	// Thrift finds [one two] after a change of it
	// Thrift finds [two] by DNS
	// Thrift finds [two] once the other has shut down
	// gRPC finds [one two] on the board
	// gRPC finds [one] in a file
	// gRPC finds [one two] after a change of it
	// gRPC finds [two] by DNS
	// gRPC finds [two] once the other has shut down
}

// Whoever writes a discoverer or a registrar has its contract tested for the
// asking.
func TestBoard(t *testing.T) {
	http := httptest.NewServer(new(registry))
	t.Cleanup(http.Close)
	discoverytest.RunRegistrar(t, func(t *testing.T) discoverytest.RegistrarSubject {
		b := board(http.URL + "/" + t.Name())
		return discoverytest.RegistrarSubject{Registrar: b, Discoverer: b, Service: "whoami", AddressOnly: true}
	})
	discoverytest.Run(t, func(t *testing.T) discoverytest.Subject {
		b := board(http.URL + "/discoverer/" + t.Name())
		return discoverytest.Subject{
			Discoverer: b, Service: "whoami", AddressOnly: true,
			Set: func(t *testing.T, instances []discovery.Instance) { replace(t, b, instances) },
		}
	})
}

// replace makes these the instances on a board.
func replace(t *testing.T, b board, instances []discovery.Instance) {
	text, err := b.do(t.Context(), "GET", "whoami", "")
	if err != nil {
		t.Fatal(err)
	}
	for _, in := range instances {
		b.do(t.Context(), "PUT", "whoami", in.Address.String())
	}
	for address := range strings.FieldsSeq(text) {
		if !slices.ContainsFunc(instances, func(in discovery.Instance) bool { return in.Address.String() == address }) {
			b.do(t.Context(), "DELETE", "whoami", address)
		}
	}
}
