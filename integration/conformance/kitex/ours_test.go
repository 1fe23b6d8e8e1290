package kitex

import (
	"bytes"
	"strings"
	"testing"

	"github.com/volo-go/volo/integration/conformance/kitex/stage"
)

// What both sides are held to, our client and our server keep with each other:
// a failure of the suite is one between two frameworks.
func TestOurClientWithOurServer(t *testing.T) {
	for _, p := range protocols() {
		t.Run(p.name, func(t *testing.T) {
			ours, err := serve()
			if err != nil {
				t.Fatal(err)
			}
			c, err := p.dial(ours.addr)
			if err != nil {
				t.Fatal(err)
			}
			var cases []stage.Case
			for _, group := range [][]stage.Case{c.values(), c.shapes(), c.overlaps()} {
				cases = append(cases, group...)
			}
			var out bytes.Buffer
			stage.Run(t.Context(), &out, cases)
			for line := range strings.Lines(out.String()) {
				if !strings.HasSuffix(line, ": ok\n") {
					t.Error(line)
				}
			}
			if n := strings.Count(out.String(), "\n"); n != len(cases) {
				t.Errorf("got %d lines, want %d", n, len(cases))
			}
			if err := c.Close(); err != nil {
				t.Error(err)
			}
			if err := ours.shutdown(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
}
