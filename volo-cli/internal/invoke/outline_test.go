package invoke_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/volo-go/volo/volo-cli/internal/invoke"
)

func outline(t *testing.T, p *invoke.Peer) *invoke.Outline {
	t.Helper()
	o, err := p.Outline(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return o
}

// words writes a declaration as one reads it aloud.
func words(d *invoke.Declaration) string {
	if d == nil {
		return "nothing"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s", d.Kind, d.Name)
	if d.Type != nil {
		fmt.Fprintf(&b, " = %s", kind(d.Type))
	}
	for _, m := range d.Members {
		fmt.Fprintf(&b, "; %d %s", m.ID, m.Name)
		if m.Alias != "" {
			fmt.Fprintf(&b, "|%s", m.Alias)
		}
		fmt.Fprintf(&b, " %s", kind(m.Type))
		for _, fact := range []struct {
			is   bool
			word string
		}{{m.Required, "required"}, {m.Optional, "optional"}, {m.OneOf != "", "of " + m.OneOf}, {m.Default != "", "= " + m.Default}} {
			if fact.is {
				b.WriteString(" " + fact.word)
			}
		}
		b.WriteString(options(m.Options))
	}
	for _, v := range d.Values {
		fmt.Fprintf(&b, "; %s %d%s", v.Name, v.Number, options(v.Options))
	}
	return b.String() + options(d.Options)
}

func options(all []invoke.Option) (text string) {
	for _, o := range all {
		text += fmt.Sprintf(" (%s = %s)", o.Name, o.Value)
	}
	return text
}

func kind(t *invoke.Type) string {
	switch t.Kind {
	case "list", "set":
		return t.Kind + " of " + kind(t.Elem)
	case "map":
		return "map of " + kind(t.Key) + " to " + kind(t.Elem)
	}
	return strings.TrimSpace(t.Kind + " " + t.Name)
}

func TestOutlineOfThrift(t *testing.T) {
	p := open(t, "some.thrift", `
/* A tree. */
struct Tree { 1: required bool a = true, 2: optional list<Tree> trees (max = "3"), 3: map<Key, set<i8>> m, 4: ID id, 5: Word w, 6: double d, 7: binary b, 8: uuid u, 9: i16 s } (go.tag = "x")
struct Key { 1: string k }
typedef i64 ID (js = "big")
typedef list<Tree> Trees
enum E { A = 3 (old = "yes"), B }
senum Word { "x", "y" }
union U { 1: i32 n, 2: E e }
exception Oops { 1: string why = "dunno" }
struct Unused {}
service S {
  // Gets.
  Tree Get(1: U u, 2: Trees all) throws (1: Oops oops) (idempotent)
  void Put()
  oneway void Poke(1: ID id)
} (owner = "us")
service T extends S {}
`)
	o := outline(t, p)
	for name, want := range map[string]string{
		"some.Tree": "struct some.Tree; 1 a bool required = true; 2 trees list of message some.Tree optional (max = 3); " +
			"3 m map of message some.Key to set of i8; 4 id i64 some.ID; 5 w enum some.Word; 6 d double; 7 b bytes; 8 u uuid; 9 s i16 (go.tag = x)",
		"some.ID":     "typedef some.ID = i64 (js = big)",
		"some.Trees":  "typedef some.Trees = list of message some.Tree",
		"some.E":      "enum some.E; A 3 (old = yes); B 4",
		"some.Word":   "senum some.Word; x 0; y 0",
		"some.U":      "union some.U; 1 n i32 optional of U; 2 e enum some.E optional of U",
		"some.Oops":   `exception some.Oops; 1 why string = "dunno"`,
		"some.Unused": "struct some.Unused",
		"S/Get":       "arguments S/Get; 1 u message some.U; 2 all list of message some.Tree",
		"S/Put":       "arguments S/Put",
		"T/Get":       "arguments T/Get; 1 u message some.U; 2 all list of message some.Tree",
	} {
		if got := words(o.Types[name]); got != want {
			t.Errorf("%s:\ngot  %s\nwant %s", name, got, want)
		}
	}
	if got := len(o.Services); got != 2 || len(o.Services[1].Methods) != 3 {
		t.Fatalf("got %d services, want two with three methods", got)
	}
	s := o.Services[0]
	get, put, poke := s.Methods[0], s.Methods[1], s.Methods[2]
	switch {
	case options(s.Options) != " (owner = us)", options(get.Options) != " (idempotent = 1)":
		t.Errorf("got options %v of the service, %v of the method", s.Options, get.Options)
	case get.Request.Name != "S/Get", get.Response.Name != "some.Tree", len(get.Throws) != 1, get.Throws[0].Type.Name != "some.Oops":
		t.Errorf("got %+v", get)
	case put.Response != nil, poke.Response != nil, !poke.Oneway:
		t.Errorf("got %+v and %+v, want nothing returned", put, poke)
	case !json.Valid(get.Template), strings.TrimSpace(get.Doc) != "Gets.", strings.TrimSpace(o.Types["some.Tree"].Doc) != "A tree.":
		t.Errorf("got %+v", get)
	}
}

func TestOutlineOfProtobuf(t *testing.T) {
	p := open(t, "some.proto", `
syntax = "proto2";
package some;
import "google/protobuf/descriptor.proto";
import "google/protobuf/timestamp.proto";
extend google.protobuf.FieldOptions { optional Rule rule = 50000; repeated string tags = 50001; }
message Rule { optional int32 most = 1; }
// A tree.
message Tree {
  required bool a = 1;
  optional sint64 long_name = 2 [default = -7, deprecated = true];
  repeated Tree trees = 3 [(rule) = {most: 3}, (tags) = "x", (tags) = "y"];
  map<int32, E> m = 4;
  oneof choice { fixed32 n = 5; uint64 big = 6; }
  optional google.protobuf.Timestamp at = 7;
  optional E e = 8 [default = B];
  optional string s = 9 [default = "a\"b"];
  enum E { A = 0; B = 1 [deprecated = true]; }
  message Inner { optional float f = 1; }
}
service S {
  // Gets.
  rpc Get(Tree) returns (Tree) { option idempotency_level = IDEMPOTENT; }
  rpc Talk(stream Tree) returns (stream Tree);
}
`)
	o := outline(t, p)
	for name, want := range map[string]string{
		"some.Tree": "message some.Tree; 1 a bool required; 2 longName|long_name i64 optional = -7 (deprecated = true); " +
			`3 trees list of message some.Tree ((some.rule) = {"most":3}) ((some.tags) = [x, y]); 4 m map of i32 to enum some.Tree.E; ` +
			"5 n u32 optional of choice; 6 big u64 optional of choice; 7 at message google.protobuf.Timestamp optional; 8 e enum some.Tree.E optional = B; " +
			`9 s string optional = "a\"b"`,
		"some.Tree.E":               "enum some.Tree.E; A 0; B 1 (deprecated = true)",
		"some.Tree.Inner":           "message some.Tree.Inner; 1 f float optional",
		"google.protobuf.Timestamp": "message google.protobuf.Timestamp; 1 seconds i64; 2 nanos i32",
	} {
		got := words(o.Types[name])
		if strings.ReplaceAll(got, `{"most": 3}`, `{"most":3}`) != want { // protojson has spaces now and then
			t.Errorf("%s:\ngot  %s\nwant %s", name, got, want)
		}
	}
	get, talk := o.Services[0].Methods[0], o.Services[0].Methods[1]
	if options(get.Options) != " (idempotency_level = IDEMPOTENT)" || get.Request.Name != "some.Tree" || get.Response.Name != "some.Tree" || strings.TrimSpace(get.Doc) != "Gets." {
		t.Errorf("got %+v", get)
	}
	if !talk.ClientStreams || !talk.ServerStreams {
		t.Errorf("got %+v, want streams", talk)
	}
}

func TestFaultsHaveAPlace(t *testing.T) {
	thrift := open(t, "all.thrift", allThrift)
	bare, err := invoke.Open(t.Context(), invoke.Config{IDLs: []string{"b.thrift"}, Bare: true, ReadFile: func(name string) ([]byte, error) {
		return []byte("struct P { 1: i32 n }\nservice B { void Put(1: P point) }"), nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	proto := open(t, "p.proto", `syntax = "proto3"; package p; message M { int32 n = 1; string s = 2; } service S { rpc Put(M) returns (M); }`)
	for _, tt := range []struct {
		says, method string
		peer         *invoke.Peer
		text, want   string
		line, column int
		path         string
	}{
		{"fits", "S/Get", thrift, `{"x": {"a": true}}`, "", 0, 0, ""},
		{"is no JSON", "S/Get", thrift, "{\n  \"y\" 1}", "", 2, 7, ""},
		{"another type", "S/Get", thrift, "{\"x\": {\n\"g\": \"ü\", \"b\": []}}", "unexpected value", 2, 16, "x.b"},
		{"behind characters of many bytes", "S/Get", thrift, `{"x": {"g": "üü", "b": []}}`, "unexpected value", 1, 24, "x.b"},
		{"no such field", "S/Get", thrift, `{"z": 1}`, "unknown field", 1, 2, ""},
		{"required", "S/Get", thrift, `{"x": {}, "y": "1.5"}`, "", 1, 16, "y"},
		{"a bare argument that fits", "B/Put", bare, `{"n": 1}`, "", 0, 0, ""},
		{"a bare argument", "B/Put", bare, "{\n\"n\": []}", "unexpected value", 2, 6, "point.n"},
		{"a message that fits", "p.S/Put", proto, `{"n": 1}`, "", 0, 0, ""},
		{"a message", "p.S/Put", proto, "{\n \"s\": \"ü\", \"n\": \"x\"}", `invalid value for int32 field n: "x"`, 2, 17, ""},
		{"an unknown field", "p.S/Put", proto, `{"m": 1}`, `unknown field "m"`, 1, 2, ""},
		{"no message", "p.S/Put", proto, "{\n", "unexpected EOF", 0, 0, ""},
	} {
		m, err := tt.peer.Method(t.Context(), tt.method)
		if err != nil {
			t.Fatal(err)
		}
		f := tt.peer.Check(t.Context(), m, []byte(tt.text))
		if tt.line == 0 && tt.want == "" {
			if f != nil {
				t.Errorf("%s: got %+v, want nothing", tt.says, f)
			}
			continue
		}
		if f == nil || !strings.HasPrefix(f.Message, tt.want) || tt.line > 0 && (f.Line != tt.line || f.Column != tt.column) || !strings.HasSuffix(f.Path, tt.path) {
			t.Errorf("%s: got %+v, want %d:%d: %q at %s", tt.says, f, tt.line, tt.column, tt.want, tt.path)
		}
	}
}
