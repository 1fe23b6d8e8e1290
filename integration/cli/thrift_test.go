package cli_test

import (
	"context"
	"net"
	"path/filepath"
	"testing"

	"github.com/volo-go/volo/integration/interop/apachetest"
	"github.com/volo-go/volo/metainfo"
	"github.com/volo-go/volo/pilota"
	"github.com/volo-go/volo/pilota/thrift/dynamic"
	volothrift "github.com/volo-go/volo/volo-thrift"
	"github.com/volo-go/volo/volo-thrift/generic"
)

// shop serves testdata/shop.thrift on an address of network and returns it.
func shop(t *testing.T, network, address string) string {
	t.Helper()
	files, diagnostics := pilota.Describe(pilota.Options{Inputs: []string{"testdata/shop.thrift"}})
	if files == nil {
		t.Fatal(diagnostics)
	}
	desc := files[0].Service("Shop")
	server := volothrift.NewServer()
	handle := func(ctx context.Context, method string, args []byte) ([]byte, error) {
		zone, _ := metainfo.Persistent(ctx, "ZONE")
		metainfo.SendBackward(ctx, "SEEN", method+zone)
		switch {
		case method != "GetItem":
			return nil, nil
		case string(args) == `{"id":7}`:
			return []byte(`{"id": 7, "name": "chair", "size": "LARGE"}`), nil
		case string(args) == `{"id":8}`:
			return nil, &volothrift.BizError{Status: 42, Message: "closed", Extra: map[string]string{"until": "noon"}}
		}
		e, err := generic.NewException(files[0].Struct("NoSuchItem"), args, dynamic.Options{})
		if err != nil {
			return nil, err
		}
		return nil, e
	}
	if err := server.Register(generic.NewJSONService(desc, handle, generic.Options{})); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen(network, address)
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(l) }()
	t.Cleanup(func() { server.Close(); <-served })
	return l.Addr().String()
}

func TestCallsToVoloThrift(t *testing.T) {
	idl := []string{"call", "--idl", "testdata/shop.thrift"}
	line := func(args ...string) []string { return append(idl[:3:3], args...) }
	const item = `{ "id": 7, "name": "chair", "size": "LARGE" }`
	run(t, shop(t, "tcp", "127.0.0.1:0"), []typed{
		{says: "list", args: line("$ADDR", "list"), stdout: "Shop"},
		{says: "list without a server", args: line("list"), stdout: "Shop"},
		{says: "list a service", args: line("list", "Shop"), stdout: "Shop/GetItem Shop/Put Shop/Forget"},
		{says: "describe a method", args: line("describe", "Shop/GetItem"),
			stdout: `// Finds an item. shop.Item GetItem(1: i64 id) throws (1: shop.NoSuchItem missing) { "id": 0 }`},
		{says: "describe a type", args: line("describe", "Item"),
			stdout: `// Something to buy. struct Item { 1: required i64 id 2: string name = "nameless" 3: optional shop.Size size ` +
				`4: list<shop.Item> parts 5: map<i32, binary> pictures } ` +
				`{ "id": 0, "name": "nameless", "size": "SMALL", "parts": [], "pictures": { "0": "" } }`},
		{says: "no IDL", args: []string{"call", "$ADDR", "list"}, code: 6, stderr: "if it is a server of Thrift, name its IDL with --idl\n"},
		{says: "an answer", args: line("$ADDR", "Shop/GetItem", `{"id": 7}`), stdout: item},
		{says: "a method without its service", args: line("$ADDR", "GetItem", `{"id": 7}`), stdout: item},
		{says: "a request from the standard input", args: line("$ADDR", "GetItem", "-"), stdin: `{"id": 7}`, stdout: item},
		{says: "framed", args: line("--protocol", "framed", "$ADDR", "GetItem", `{"id": 7}`), stdout: item},
		{says: "buffered", args: line("--protocol", "buffered", "$ADDR", "GetItem", `{"id": 7}`), stdout: item},
		{says: "a header, then a frame", args: line("--protocol", "ttheader-framed", "$ADDR", "GetItem", `{"id": 7}`), stdout: item},
		{says: "a shared connection", args: line("--mux", "$ADDR", "GetItem", `{"id": 7}`), stdout: item},
		{says: "several addresses", args: line("$ADDR,$ADDR", "GetItem", `{"id": 7}`), stdout: item},
		{says: "a bare argument", args: line("--bare", "$ADDR", "GetItem", `7`), stdout: item},
		{says: "nothing is returned", args: line("$ADDR", "Put", `{"item": {"id": 1}}`), stdout: "null"},
		{says: "oneway", args: line("$ADDR", "Forget", `{"id": 1}`)},
		{says: "a declared exception", args: line("$ADDR", "GetItem", `{"id": 9}`), code: 3,
			stderr: "exception shop.NoSuchItem\n  {\n    \"id\": 9\n  }\n"},
		{says: "a business error", args: line("$ADDR", "GetItem", `{"id": 8}`), code: 4, stderr: "business error 42: closed\n  until: noon\n"},
		{says: "an exception for a script", args: line("--json", "$ADDR", "GetItem", `{"id": 8}`, "--protocol", "framed"), code: 5,
			stdout: `{"reply":{"peer":"$ADDR","sent":1,"received":0},"error":{"kind":"status","code":6,"name":"internal error","message":"biz error 42: closed"}}`},
		{says: "what comes beside the answer", args: line("-v", "--persistent", "ZONE=a", "$ADDR", "Put"), code: 0,
			stdout: "null", stderr: "backward SEEN: Puta\n"},
		{says: "a slip in a method", args: line("$ADDR", "Shop/getitem"), code: 1, stderr: `there is no method of Shop "getitem"; did you mean "GetItem"?`},
		{says: "a slip in the JSON", args: line("$ADDR", "GetItem", `{"ID": 1}`), code: 1, stderr: `volo call: request: `},
		{says: "JSON that is none", args: line("$ADDR", "GetItem", `{`), code: 1, stderr: "volo call: request: after 0 bytes: unexpected EOF"},
		{says: "two requests for one call", args: line("$ADDR", "GetItem", `{"id": 7} {"id": 8}`), code: 1, stderr: "this method takes one"},
		{says: "an IDL that is not there", args: []string{"call", "--idl", "no.thrift", "list"}, code: 1, stderr: "error: cannot read `no.thrift`"},
		{says: "a message that is too long", args: line("--max-size", "8", "--protocol", "ttheader", "$ADDR", "GetItem", `{"id": 7}`), code: 1, stderr: "(see --max-size)"},
		{says: "a protocol that is none", args: line("--protocol", "smoke", "$ADDR", "list"), code: 2, stderr: `unknown protocol "smoke"`},
		{says: "headers of gRPC", args: line("-H", "a: b", "$ADDR", "GetItem"), code: 1, stderr: "Thrift has no free headers"},
		{says: "nobody there", args: line("--protocol", "framed", "127.0.0.1:1", "GetItem"), code: 6, stderr: "connection refused"},
		{says: "nobody there to be asked", args: line("127.0.0.1:1", "GetItem"), code: 6, stderr: "connection refused"},
		{says: "a target is missing", args: line("GetItem"), code: 2, stderr: "missing <service/method>"},
	})
}

func TestCallsOverAUnixSocket(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	shop(t, "unix", path)
	got := volo(t, "", "call", "--idl", "testdata/shop.thrift", "unix:"+path, "Shop.GetItem", `{"id": 7}`, "--json")
	if got.code != 0 || got.stderr != "" {
		t.Errorf("got %+v, want an answer", got)
	}
}

func TestCallsToApacheThrift(t *testing.T) {
	for _, framed := range []bool{true, false} {
		name := map[bool]string{true: "framed", false: "buffered"}[framed]
		t.Run(name, func(t *testing.T) {
			addr, stop := apachetest.StartServer(framed)
			t.Cleanup(stop)
			line := func(args ...string) []string {
				return append([]string{"call", "--idl", "../interop/apachetest/ThriftTest.thrift"}, args...)
			}
			run(t, addr, []typed{
				{says: "the framing is found out", args: line("-v", "$ADDR", "ThriftTest/testString", `{"thing": "x"}`),
					stdout: `"x"`, stderr: "> ThriftTest/testString over " + name + "\n"},
				{says: "the framing is known", args: line("--protocol", name, "$ADDR", "ThriftTest/testI32", `{"thing": 7}`), stdout: "7"},
				{says: "an enum", args: line("--protocol", name, "$ADDR", "testEnum", `{"thing": "FIVE"}`), stdout: `"FIVE"`},
				{says: "a declared exception", args: line("--protocol", name, "$ADDR", "testException", `{"arg": "Xception"}`), code: 3,
					stderr: "exception ThriftTest.Xception\n  {\n    \"errorCode\": 1001,"},
				{says: "another exception", args: line("--protocol", name, "$ADDR", "testException", `{"arg": "TException"}`), code: 5,
					stderr: "internal error (6): Internal error processing testException: this is a TException\n"},
			})
		})
	}
}
