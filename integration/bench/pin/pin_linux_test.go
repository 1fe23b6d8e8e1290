package pin

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// An internal test: which cores a machine has is not for a test to choose.
func TestApart(t *testing.T) {
	alone := func(core int) []int { return []int{core} }
	pairs := func(core int) []int { return []int{core &^ 1, core | 1} } // 0,1 share, 2,3 share
	tests := []struct {
		name           string
		allowed        []int
		siblings       func(int) []int
		server, client int
		err            error
	}{
		{"two cores", []int{0, 1}, alone, 1, 0, nil},
		{"the last two of many", []int{0, 1, 2, 3}, alone, 3, 2, nil},
		{"not two threads of one core", []int{0, 1, 2, 3}, pairs, 3, 1, nil},
		{"two threads of one core if there is nothing else", []int{0, 1}, pairs, 1, 0, nil},
		{"only cores that may be used", []int{4, 7}, alone, 7, 4, nil},
		{"one core", []int{5}, alone, 0, 0, ErrOneCore},
		{"no core", nil, alone, 0, 0, ErrOneCore},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			server, client, err := apart(test.allowed, test.siblings)
			if server != test.server || client != test.client || !errors.Is(err, test.err) {
				t.Errorf("got %d, %d, %v, want %d, %d, %v", server, client, err, test.server, test.client, test.err)
			}
		})
	}
}

func TestParseList(t *testing.T) {
	tests := []struct {
		list string
		want []int
	}{
		{"0", []int{0}},
		{"0,4", []int{0, 4}},
		{"0-2,8", []int{0, 1, 2, 8}},
		{"", nil},
		{"x,3", []int{3}},
	}
	for _, test := range tests {
		if got := parseList(test.list); !slices.Equal(got, test.want) {
			t.Errorf("parseList(%q) = %v, want %v", test.list, got, test.want)
		}
	}
}

func TestStartRunsTheChildOnTheCore(t *testing.T) {
	server, client, err := Cores()
	if errors.Is(err, ErrOneCore) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, core := range []int{server, client} {
		if got, want := allowedOf(t, core), fmt.Sprint(core); got != want {
			t.Errorf("the child may use the cores %s, want %s", got, want)
		}
	}
	if again, _, err := Cores(); again != server || err != nil {
		t.Errorf("afterwards this process may use other cores: %d, %v, want %d", again, err, server)
	}
}

func TestSelfMovesAllThreads(t *testing.T) {
	_, client, err := Cores()
	if errors.Is(err, ErrOneCore) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	before := allowedHere(t)
	back, err := Self(client)
	if err != nil {
		t.Fatal(err)
	}
	got := allowedHere(t)
	if err := back(); err != nil {
		t.Fatal(err)
	}
	if want := []string{fmt.Sprint(client)}; !slices.Equal(got, want) {
		t.Errorf("threads may use the cores %q, want %q", got, want)
	}
	if after := allowedHere(t); !slices.Equal(after, before) {
		t.Errorf("afterwards they may use %q, want %q", after, before)
	}
}

// allowedHere returns the cores that the threads of this process may use, each
// list once.
func allowedHere(t *testing.T) (lists []string) {
	t.Helper()
	files, err := filepath.Glob("/proc/self/task/*/status")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		status, err := os.ReadFile(f)
		if err != nil {
			continue // the thread has ended
		}
		if list := allowedIn(string(status)); !slices.Contains(lists, list) {
			lists = append(lists, list)
		}
	}
	return lists
}

// allowedOf starts a child on that core that says which cores it may use.
func allowedOf(t *testing.T, core int) string {
	t.Helper()
	var out bytes.Buffer
	cmd := exec.Command("cat", "/proc/self/status")
	cmd.Stdout = &out
	if err := Start(cmd, core); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	list := allowedIn(out.String())
	if list == "" {
		t.Fatalf("no list of cores in %s", out.String())
	}
	return list
}

// allowedIn returns the list in the status of a process or a thread.
func allowedIn(status string) string {
	for line := range strings.Lines(status) {
		if list, ok := strings.CutPrefix(line, "Cpus_allowed_list:"); ok {
			return strings.TrimSpace(list)
		}
	}
	return ""
}
