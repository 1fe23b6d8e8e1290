package interop_test

import (
	"context"
	"testing"

	"github.com/volo-go/volo/integration/interop/apachetest"
	theirs "github.com/volo-go/volo/integration/interop/apachetest/thrifttest"
	"github.com/volo-go/volo/pilota"
	"github.com/volo-go/volo/pilota/thrift/descriptor"
	volothrift "github.com/volo-go/volo/volo-thrift"
	"github.com/volo-go/volo/volo-thrift/generic"
)

// thriftTest returns what Apache's IDL says about its service.
func thriftTest(t *testing.T) *descriptor.Service {
	t.Helper()
	files, diagnostics := pilota.Describe(pilota.Options{Inputs: []string{"apachetest/ThriftTest.thrift"}})
	if files == nil {
		t.Fatal(diagnostics)
	}
	return files[0].Service("ThriftTest")
}

// Apache's client calls a gateway of ours that was not compiled with the IDL,
// which calls Apache's server: every method, every kind of result, once as
// JSON, once as trees, once as bytes.
func TestApacheReachesApacheThroughAGenericGateway(t *testing.T) {
	s := thriftTest(t)
	gateways := map[string]func(c *generic.Client) *volothrift.Service{
		"JSON": func(c *generic.Client) *volothrift.Service {
			return generic.NewJSONService(s, c.CallJSON, generic.Options{})
		},
		"bare JSON": func(c *generic.Client) *volothrift.Service {
			return generic.NewJSONService(s, c.CallJSON, generic.Options{Bare: true})
		},
		"trees": func(c *generic.Client) *volothrift.Service {
			return generic.NewMapService(s, c.CallMap, generic.Options{})
		},
		"bytes": func(c *generic.Client) *volothrift.Service {
			return generic.NewBinaryService(s.Name, generic.Methods(s), c.CallBinary)
		},
	}
	for name, gateway := range gateways {
		for _, tt := range framings {
			t.Run(name+" "+tt.name, func(t *testing.T) {
				behind, stop := apachetest.StartServer(tt.framed)
				t.Cleanup(stop)
				over, err := volothrift.NewClient(behind, volothrift.WithProtocol(tt.protocol))
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { over.Close() })
				client := generic.NewClient(over, s, generic.Options{Bare: name == "bare JSON"})
				addr := start(t, nil, gateway(client))
				apachetest.Check(t, theirs.NewThriftTestClient(dialApache(t, addr, tt.framed)))
			})
		}
	}
}

// A described service answers generated code that was compiled by others.
func TestApacheCallsAJSONHandler(t *testing.T) {
	addr := start(t, nil, generic.NewJSONService(thriftTest(t), func(_ context.Context, method string, args []byte) ([]byte, error) {
		if got, want := method+string(args), `testNest{"thing":{"byte_thing":1,"struct_thing":{"string_thing":"a","byte_thing":2,"i32_thing":0,"i64_thing":0},"i32_thing":3}}`; got != want {
			t.Errorf("got  %s\nwant %s", got, want)
		}
		return []byte(`{"struct_thing": {"string_thing": "answer"}}`), nil
	}, generic.Options{}))
	c := theirs.NewThriftTestClient(dialApache(t, addr, true))
	got, err := c.TestNest(t.Context(), &theirs.Xtruct2{ByteThing: 1, StructThing: &theirs.Xtruct{StringThing: "a", ByteThing: 2}, I32Thing: 3})
	if err != nil || got.StructThing.StringThing != "answer" {
		t.Errorf("got %v, %v", got, err)
	}
}
