package invoke_test

import (
	"errors"
	"io/fs"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/volo-go/volo/pilota"
	"github.com/volo-go/volo/pilota/protoidl"
	"github.com/volo-go/volo/pilota/thrift/dynamic"
	"github.com/volo-go/volo/volo-cli/internal/invoke"
)

const allThrift = `
enum E { A = 3, B = 4 }
enum None {}
typedef list<Everything> Many
union U { 1: string s, 2: Everything e }
struct Key { 1: i32 id }
exception Oops { 1: string why }
struct Everything {
  1: required bool a = true
  2: i8 b = 7
  3: i16 c
  4: i32 d
  5: i64 e
  6: double f = 1.5
  7: string g = "a \"quoted\" word"
  8: binary h
  9: uuid i
  10: list<i32> j
  11: set<string> k
  12: map<i64, Everything> l
  13: map<Key, list<Key>> m
  14: E n = E.B
  15: U o
  16: Everything p
  17: Many q
  18: map<E, bool> r
  19: map<Everything, i32> s
  20: None t
}
service S {
  Everything Get(1: Everything x, 2: i32 y) throws (1: Oops oops)
}
service T extends S { void Put() }
`

const allProto = `
syntax = "proto3";
package all;
import "google/protobuf/any.proto";
import "google/protobuf/timestamp.proto";
import "google/protobuf/duration.proto";
import "google/protobuf/struct.proto";
import "google/protobuf/wrappers.proto";
import "google/protobuf/field_mask.proto";
import "google/protobuf/empty.proto";
enum E { ZERO = 0; ONE = 1; }
// One of each.
message Everything {
  bool a = 1; int32 b = 2; sint64 c = 3; fixed64 d = 4; float e = 5; double f = 6;
  string g = 7; bytes h = 8; E i = 9; repeated Everything j = 10; Everything k = 11;
  map<string, Inner> l = 12; map<int32, string> m = 13; map<bool, Everything> n = 14;
  oneof which { string o = 15; Inner p = 16; }
  optional string q = 17; repeated E r = 18;
  google.protobuf.Any s = 19; google.protobuf.Timestamp t = 20; google.protobuf.Duration u = 21;
  google.protobuf.Struct v = 22; google.protobuf.Value w = 23; google.protobuf.ListValue x = 24;
  google.protobuf.Int64Value y = 25; google.protobuf.FieldMask z = 26; google.protobuf.NullValue aa = 27;
  google.protobuf.Empty bb = 28; google.protobuf.BytesValue cc = 29;
  message Inner { int64 id = 1; }
}
service S {
  rpc Get(Everything) returns (stream Everything);
  rpc Put(stream Everything) returns (Everything);
}
`

func files(all map[string]string) func(string) ([]byte, error) {
	return func(name string) ([]byte, error) {
		if text, ok := all[name]; ok {
			return []byte(text), nil
		}
		return nil, fs.ErrNotExist
	}
}

func open(t *testing.T, name, text string) *invoke.Peer {
	t.Helper()
	p, err := invoke.Open(t.Context(), invoke.Config{IDLs: []string{name}, ReadFile: files(map[string]string{name: text})})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	return p
}

func TestTheTemplateOfAThriftTypeMayBeSent(t *testing.T) {
	p := open(t, "all.thrift", allThrift)
	described, list := pilota.Describe(pilota.Options{Inputs: []string{"all.thrift"}, ReadFile: files(map[string]string{"all.thrift": allThrift})})
	if list.HasErrors() {
		t.Fatal(list)
	}
	for _, name := range []string{"Everything", "U", "Key", "Oops"} {
		d, err := p.Describe(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		typ := described[0].Struct(name)
		if _, err := dynamic.FromJSON(nil, typ.Type(), d.Template, dynamic.Options{}); err != nil {
			t.Errorf("%s: %v in\n%s", name, err, d.Template)
		}
		if name == "U" {
			continue
		}
		for _, f := range typ.Fields {
			if f.Name != "p" && !strings.Contains(string(d.Template), `"`+f.Name+`":`) {
				t.Errorf("the template of %s has no %s:\n%s", name, f.Name, d.Template)
			}
		}
	}
}

func TestTheTemplateOfAMessageMayBeSent(t *testing.T) {
	p := open(t, "all.proto", allProto)
	compiled, list := protoidl.Compile(protoidl.Options{Inputs: []string{"all.proto"}, ReadFile: files(map[string]string{"all.proto": allProto})})
	if list.HasErrors() {
		t.Fatal(list)
	}
	registry, err := protodesc.NewFiles(compiled.Set)
	if err != nil {
		t.Fatal(err)
	}
	fd, err := registry.FindFileByPath("all.proto")
	if err != nil {
		t.Fatal(err)
	}
	desc := fd.Messages().ByName("Everything")
	for _, name := range []string{"all.Everything", "S/Get", "all.S.Put"} {
		d, err := p.Describe(t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		if err := protojson.Unmarshal(d.Template, dynamicpb.NewMessage(desc)); err != nil {
			t.Errorf("%s: %v in\n%s", name, err, d.Template)
		}
		for i := range desc.Fields().Len() {
			f := desc.Fields().Get(i)
			if f.Name() != "k" && f.Name() != "p" && !strings.Contains(string(d.Template), `"`+f.JSONName()+`":`) {
				t.Errorf("the template of %s has no %s:\n%s", name, f.Name(), d.Template)
			}
		}
	}
}

// What the schema prints is an IDL again, but for what types it refers to.
func TestADescribedMessageIsWhatWasWritten(t *testing.T) {
	const text = `// One of each.
message M {
  // The number.
  int32 a = 1;
  repeated string b = 2;
  optional string c = 3;
  map<string, p.M.Inner> d = 4;
  oneof which {
    string e = 5;
    p.E f = 6;
  }
  message Inner {
    p.M m = 1;
  }
}
`
	p := open(t, "p.proto", "syntax = \"proto3\";\npackage p;\nenum E { ZERO = 0; }\n"+text)
	d, err := p.Describe(t.Context(), "p.M")
	if err != nil || d.Text != text {
		t.Errorf("got %v\n%s\nwant\n%s", err, d.Text, text)
	}
}

func TestNames(t *testing.T) {
	thrift, proto := open(t, "all.thrift", allThrift), open(t, "all.proto", allProto)
	for _, tt := range []struct {
		peer       *invoke.Peer
		name, want string // a name, or an error in parentheses
	}{
		{thrift, "S/Get", "S/Get"},
		{thrift, "S.Get", "S/Get"},
		{thrift, "T/Get", "T/Get"}, // inherited
		{thrift, "Put", "T/Put"},
		{thrift, "Get", `(method "Get" may be any of S/Get, T/Get)`},
		{thrift, "put", `(there is no method "put"; did you mean "Put"?)`},
		{thrift, "X/Get", "(there is no service \"X\"; `list` shows what there is)"},
		{proto, "all.S/Get", "all.S/Get"},
		{proto, "/all.S/Get", "all.S/Get"},
		{proto, "S/Get", "all.S/Get"},
		{proto, "all.S.Get", "all.S/Get"},
		{proto, "Get", "all.S/Get"},
		{proto, "S/Gte", `(there is no method of all.S "Gte"; did you mean "Get"?)`},
	} {
		m, err := tt.peer.Method(t.Context(), tt.name)
		got := ""
		if err != nil {
			got = "(" + err.Error() + ")"
		} else {
			got = m.FullName()
		}
		if got != tt.want {
			t.Errorf("%s: got %s, want %s", tt.name, got, tt.want)
		}
	}
}

func TestConfigsThatCannotBe(t *testing.T) {
	idl := files(map[string]string{"a.thrift": allThrift, "a.proto": allProto, "bad.pem": "no"})
	for _, tt := range []struct {
		says   string
		config invoke.Config
		want   string // a part of the error
	}{
		{"nothing", invoke.Config{}, "neither a target nor an IDL"},
		{"two kinds", invoke.Config{IDLs: []string{"a.thrift", "a.proto"}}, "IDLs of several kinds"},
		{"Thrift without an IDL", invoke.Config{Target: "h:1", Protocol: invoke.Framed}, "protocol framed needs .thrift files"},
		{"gRPC by Thrift's", invoke.Config{IDLs: []string{"a.thrift"}, Protocol: invoke.GRPC}, "protocol grpc does not go with a.thrift"},
		{"an IDL that is not there", invoke.Config{IDLs: []string{"b.proto"}}, "b.proto"},
		{"a set that is not there", invoke.Config{IDLs: []string{"set"}}, "descriptor set: file does not exist"},
		{"no port", invoke.Config{Target: "host"}, `target "host"`},
		{"no name in a file", invoke.Config{Target: "file:x.json"}, "want file:PATH#SERVICE"},
		{"no port of a name", invoke.Config{Target: "dns:///name"}, "want dns:///name:port"},
		{"one bad address of two", invoke.Config{Target: "h:1,h"}, `target "h:1,h"`},
		{"no certificate", invoke.Config{Target: "h:1", TLS: &invoke.TLS{CA: "bad.pem"}}, "there is no certificate in bad.pem"},
		{"half a pair", invoke.Config{Target: "h:1", TLS: &invoke.TLS{Cert: "bad.pem"}}, "come together"},
		{"compressed Thrift", invoke.Config{Target: "h:1", IDLs: []string{"a.thrift"}, Protocol: invoke.Framed, Compression: "gzip"}, "Thrift has neither"},
		{"shared without a header", invoke.Config{Target: "h:1", IDLs: []string{"a.thrift"}, Protocol: invoke.Framed, Mux: true}, "cannot share connections"},
	} {
		tt.config.ReadFile = idl
		if p, err := invoke.Open(t.Context(), tt.config); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: got %v, %v, want an error with %q", tt.says, p, err, tt.want)
		}
	}
}

func TestWithoutATargetThereIsNothingToCall(t *testing.T) {
	p := open(t, "all.thrift", allThrift)
	m, err := p.Method(t.Context(), "Put")
	if err != nil {
		t.Fatal(err)
	}
	reply, err := p.Call(t.Context(), m, invoke.Call{})
	if err == nil || reply == nil {
		t.Errorf("got %v, %v, want a reply and an error", reply, err)
	}
	if f := p.Explain(t.Context(), err); f.Kind != invoke.Local {
		t.Errorf("got %+v, want a local failure", f)
	}
}

func TestReadTakesValuesOneAfterTheOther(t *testing.T) {
	next := invoke.Read(strings.NewReader("{\"a\": 1}\n[2]  3 {"))
	for _, want := range []string{`{"a": 1}`, `[2]`, `3`} {
		if text, err := next(); err != nil || string(text) != want {
			t.Errorf("got %s, %v, want %s", text, err, want)
		}
	}
	_, err := next()
	var input *invoke.InputError
	if !errors.As(err, &input) {
		t.Errorf("got %v, want an error that blames the input", err)
	}
}
