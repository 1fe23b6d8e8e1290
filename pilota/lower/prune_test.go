package lower_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/volo-go/volo/pilota/ir"
	"github.com/volo-go/volo/pilota/lower"
)

func TestPrune(t *testing.T) {
	f := files{
		"main.thrift": `include "lib.thrift"
service S extends lib.Base { Result call(1: Request r) throws (1: lib.Failed f) }
struct Request { 1: lib.Alias a, 2: list<map<lib.Key, lib.Item>> b, 3: i32 c = lib.LIMIT (vt.gt = "lib.LEAST") }
struct Result { 1: optional Result next }
struct Unused { 1: OnlyUnused o }
struct OnlyUnused {}
const lib.Named named = lib.NAMED`,
		"lib.thrift": `service Base { void ping(1: Argument a) }
service Other { void pong(1: Unused u) }
struct Argument {}
struct Unused {}
typedef list<Target> Alias
typedef i32 UnusedAlias
struct Target {}
enum Key { A }
enum UnusedKey { A }
struct Item {}
exception Failed {}
const i32 LIMIT = INNER
const i32 INNER = 1
const i32 UNUSED = 1
const i32 LEAST = 0
struct Named { 1: string s }
const Named NAMED = {"s": TEXT}
const string TEXT = "x"`,
	}
	names := func(p *ir.Program) string {
		var list []string
		for _, f := range p.Files {
			for _, d := range f.Typedefs {
				list = append(list, f.Name+"."+d.Name)
			}
			for _, d := range f.Constants {
				list = append(list, f.Name+"."+d.Name)
			}
			for _, d := range f.Enums {
				list = append(list, f.Name+"."+d.Name)
			}
			for _, d := range f.Structs {
				list = append(list, f.Name+"."+d.Name)
			}
			for _, d := range f.Services {
				list = append(list, f.Name+"."+d.Name)
			}
		}
		return strings.Join(list, " ")
	}
	const needed = "lib.Alias lib.LIMIT lib.INNER lib.LEAST lib.NAMED lib.TEXT lib.Key lib.Argument lib.Target lib.Item lib.Failed lib.Named lib.Base main.named main.Request main.Result main.S"
	if got := names(program(t, f, lower.Options{})); got != needed {
		t.Errorf("got  %s\nwant %s", got, needed)
	}
	got := strings.Fields(names(program(t, f, lower.Options{Touch: []string{"Unused", "lib.UnusedAlias", "lib.UNUSED", "lib.UnusedKey", "lib.Other"}})))
	for _, name := range strings.Fields(needed + " main.Unused main.OnlyUnused lib.UnusedAlias lib.UNUSED lib.UnusedKey lib.Other lib.Unused") {
		if !slices.Contains(got, name) {
			t.Errorf("touching does not keep %s", name)
		}
	}
	if n := len(strings.Fields(names(program(t, f, lower.Options{KeepAll: true})))); n != 24 {
		t.Errorf("keeping all keeps %d definitions, want 24", n)
	}
	whole := program(t, files{"main.thrift": "struct A {}\nenum B { X }\ntypedef i32 C\nexception D {}"}, lower.Options{})
	if got, want := names(whole), "main.C main.B main.A main.D"; got != want {
		t.Errorf("without services: got %s, want %s", got, want)
	}
}
