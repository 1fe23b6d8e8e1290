package balance_test

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/volo-go/volo/integration/bench/balance"
)

func TestEachBalancerHasALineOfEachSize(t *testing.T) {
	var out strings.Builder
	if err := balance.Write(t.Context(), &out, []int{3, 20}, time.Millisecond); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"random", "round robin", "p2c", "least requests", "consistent", "maglev", "maglev, bounded", "eject p2c"} {
		lines := regexp.MustCompile(`(?m)^ *`+name+` .*$`).FindAllString(out.String(), -1)
		if len(lines) != 2 {
			t.Errorf("got lines %q of %s, want one for each size:\n%s", lines, name, &out)
		}
		for _, line := range lines {
			fields := strings.Fields(strings.TrimPrefix(strings.TrimSpace(line), name))
			if keyed := strings.Contains(name, "maglev") || name == "consistent"; (fields[len(fields)-1] == "-") == keyed {
				t.Errorf("got %q, want moved keys of balancers by key", line)
			}
			if name == "round robin" && fields[6] != "1.000" {
				t.Errorf("got max/mean %s of turns, want 1.000", fields[6])
			}
		}
	}
}
