package thrift_test

import (
	"strings"
	"testing"

	"github.com/volo-go/volo/pilota/thrift"
)

type sample struct {
	Name   string
	Count  *int32
	Data   []byte
	List   []*sample
	Map    map[string]int64
	Pairs  []thrift.Entry[*sample, bool]
	ID     [16]byte
	Color  shade
	hidden int
}

type shade int32

func (s shade) String() string { return "shade" }

func TestFormat(t *testing.T) {
	count := int32(3)
	for _, c := range []struct{ got, want string }{
		{thrift.Format((*sample)(nil)), "nil"},
		{
			thrift.Format(&sample{Name: "x", hidden: 1}),
			`sample{Name:"x" ID:00000000-0000-0000-0000-000000000000 Color:shade}`,
		},
		{thrift.Format(&struct{ N *int32 }{&count}), "{N:3}"},
		{thrift.Format(&struct{ B []byte }{[]byte("a\x00")}), `{B:"a\x00"}`},
		{thrift.Format(&struct{ M map[string]int64 }{map[string]int64{"b": 2, "a": 1}}), `{M:["a":1 "b":2]}`},
		{
			thrift.Format(&struct{ P []thrift.Entry[string, bool] }{[]thrift.Entry[string, bool]{{"k", true}}}),
			`{P:[{Key:"k" Value:true}]}`,
		},
	} {
		if c.got != c.want {
			t.Errorf("got  %s\nwant %s", c.got, c.want)
		}
	}
}

func TestFormatEnds(t *testing.T) {
	cycle := &sample{}
	cycle.List = []*sample{cycle}
	if got := thrift.Format(cycle); !strings.Contains(got, "…") {
		t.Error("a cycle has no ellipsis")
	}
	long := thrift.Format(&struct{ L []int64 }{make([]int64, 1000)})
	if !strings.HasSuffix(long, " …]}") || len(long) > 200 {
		t.Errorf("a long list is %s", long)
	}
}
