package metainfo_test

import (
	"fmt"
	"maps"
	"testing"

	"github.com/volo-go/volo/metainfo"
)

func TestIncoming(t *testing.T) {
	many := []header{}
	wantMany := values{}
	for i := range 40 {
		many = append(many, header{fmt.Sprintf("RPC_PERSIST_K%d", i%30), fmt.Sprint(i)})
		wantMany[fmt.Sprintf("K%d", i%30)] = fmt.Sprint(i)
	}
	for _, c := range []struct {
		what    string
		headers []header
		taken   int
		want    map[string]values
		http    bool
	}{
		{"no headers", nil, 0, map[string]values{}, false},
		{"both kinds", []header{{"RPC_PERSIST_A", "1"}, {"RPC_TRANSIT_B", "2"}}, 2,
			map[string]values{"persistent": {"A": "1"}, "upstream": {"B": "2"}}, false},
		{"headers of others", []header{{"isn", "x"}, {"RPC_", "x"}, {"RPC_BACKWARD_A", "x"}, {"RPC_PERSIS", "x"}, {"rpc_persist_a", "x"}, {"", "x"}}, 0,
			map[string]values{}, false},
		{"a value whose hop is over is taken and dropped", []header{{"RPC_TRANSIT_UPSTREAM_A", "1"}}, 1, map[string]values{}, false},
		{"a prefix without a key is taken and dropped", []header{{"RPC_PERSIST_", "1"}, {"RPC_TRANSIT_", "1"}}, 2, map[string]values{}, false},
		{"the last of several values", []header{{"RPC_PERSIST_A", "1"}, {"RPC_PERSIST_B", "2"}, {"RPC_PERSIST_A", "3"}}, 3,
			map[string]values{"persistent": {"A": "3", "B": "2"}}, false},
		{"the last of several values among many", many, 40, map[string]values{"persistent": wantMany}, false},
		{"a key may hold a prefix", []header{{"RPC_PERSIST_RPC_PERSIST_A", "1"}}, 1,
			map[string]values{"persistent": {"RPC_PERSIST_A": "1"}}, false},
		{"HTTP: both kinds", []header{{"rpc-persist-a-b", "1"}, {"rpc-transit-c", "2"}}, 2,
			map[string]values{"persistent": {"A_B": "1"}, "upstream": {"C": "2"}}, true},
		{"HTTP: any case", []header{{"Rpc-Persist-A-B", "1"}, {"RPC-TRANSIT-C", "2"}}, 2,
			map[string]values{"persistent": {"A_B": "1"}, "upstream": {"C": "2"}}, true},
		{"HTTP: headers of others", []header{{"content-type", "x"}, {"rpc-", "x"}, {"rpc-backward-a", "x"}, {"rpc-persis", "x"}, {"rpc_persist_a", "x"}, {"", "x"}}, 0,
			map[string]values{}, true},
		{"HTTP: a value whose hop is over", []header{{"rpc-transit-upstream-a", "1"}}, 1, map[string]values{}, true},
		{"HTTP: a prefix without a key", []header{{"rpc-persist-", "1"}}, 1, map[string]values{}, true},
	} {
		var in metainfo.Incoming
		taken := 0
		for _, h := range c.headers {
			add := in.Add
			if c.http {
				add = in.AddHTTP
			}
			if add(h.name, h.value) {
				taken++
			}
		}
		m := in.Metadata()
		if got := sees(metainfo.NewContext(t.Context(), m)); !maps.EqualFunc(got, c.want, maps.Equal) || (m == nil) != (len(c.want) == 0) {
			t.Errorf("%s: got %v (nil: %v), want %v", c.what, got, m == nil, c.want)
		}
		if taken != c.taken {
			t.Errorf("%s: got %d headers taken, want %d", c.what, taken, c.taken)
		}
		if again := in.Metadata(); again != nil {
			t.Errorf("%s: got %v the second time, want nil", c.what, again)
		}
	}
}
