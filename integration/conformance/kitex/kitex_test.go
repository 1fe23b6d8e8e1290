package kitex

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/volo-go/volo/integration/ondemand"
)

// Internal tests: what is built from and what counts as a failure is decided
// here; the building itself takes a network, the suite the building.

func TestTheModuleHasWhatItNeeds(t *testing.T) {
	files, err := sources()
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range files {
		got = append(got, f.Name)
	}
	slices.Sort(got)
	want := []string{
		"cases.go", "check.go", "client.go", "go.mod", "house/conformance/kitex/stage/case.go", "house/conformance/kitex/stage/doc.go",
		"house/conformance/kitex/stage/load.go", "house/conformance/kitex/stage/rooms.go", "house/go.mod", "main.go", "serve.go", "suite.thrift", "value.go",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	i := slices.IndexFunc(files, func(f ondemand.File) bool { return f.Name == "go.mod" })
	if want := "github.com/cloudwego/kitex " + Version + "\n"; !strings.Contains(string(files[i].Data), want) {
		t.Errorf("go.mod is\n%s\nwant it to have %q", files[i].Data, want)
	}
}

func TestTotals(t *testing.T) {
	known := differences[0]
	for _, tt := range []struct {
		name, run, lines string
		want             Totals
		says             string
	}{
		{name: "all pass", run: "r", lines: "a: ok\nb: ok\n", want: Totals{All: 2}},
		{name: "one fails", run: "r", lines: "a: ok\nb: got 7: want 8\n", want: Totals{All: 2, Failed: 1}, says: "kitex r: b: got 7: want 8\n"},
		{name: "a known one fails", run: known.run, lines: known.name + ": EOF\n", want: Totals{All: 1, Known: 1}, says: "known: " + known.why},
		{name: "a known one passes", run: known.run, lines: known.name + ": ok\n", want: Totals{All: 1, Failed: 1}, says: "passes, but is known to fail"},
		{name: "a known one fails elsewhere", run: "r", lines: known.name + ": EOF\n", want: Totals{All: 1, Failed: 1}, says: ": EOF"},
		{name: "there is none", run: "r"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var out bytes.Buffer
			if got := tally(&out, tt.run, tt.lines); got != tt.want {
				t.Errorf("got %+v, want %+v", got, tt.want)
			}
			if !strings.Contains(out.String(), tt.says) || tt.says == "" && out.Len() > 0 {
				t.Errorf("it says %q, want %q", out.String(), tt.says)
			}
		})
	}
}

func TestEveryKnownDifferenceIsOfARunThatThereIs(t *testing.T) {
	var runs []string
	for _, p := range protocols() {
		runs = append(runs, "our client, Kitex's server, "+p.name)
		if p.theirs != "" {
			runs = append(runs, "Kitex's client, our server, "+p.name)
		}
	}
	for _, d := range differences {
		if !slices.Contains(runs, d.run) {
			t.Errorf("there is no run %q", d.run)
		}
	}
}
