package protobufsuite

import (
	"bytes"
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
)

// Version is that of the npm package with the runner.
const Version = "33.2.0"

// module is the path of this folder.
const module = "github.com/volo-go/volo/integration/conformance/protobuf"

//go:embed known.txt
var known []byte

//go:embed known_text.txt
var knownText []byte

// Totals are the outcome of the suite with messages of one API and one codec.
type Totals struct {
	API      string // "open" or "opaque"
	Codec    string // "volo" or "proto"
	Passed   int
	Skipped  int
	Known    int // failures that known.txt and known_text.txt explain
	Failures []string
}

// The API levels of the messages. Those of the hybrid one are as the open ones.
const (
	open   = "open"
	opaque = "opaque"
)

// Run runs the suite with both APIs and both codecs and prints totals and unexpected
// failures to w. tools is a folder to keep the runner in; an error is about
// the tools, not about a test.
func Run(ctx context.Context, tools string, w io.Writer) (passed, failed int, err error) {
	all, err := RunEach(ctx, tools)
	for _, t := range all {
		fmt.Fprintf(w, "protobuf conformance, API %s, codec %s: %d passed, %d skipped, %d known failures, %d unexpected\n",
			t.API, t.Codec, t.Passed, t.Skipped, t.Known, len(t.Failures))
		for _, f := range t.Failures {
			fmt.Fprintln(w, "  "+f)
		}
		passed += t.Passed
		failed += len(t.Failures)
	}
	return passed, failed, err
}

// RunEach is [Run] without print.
func RunEach(ctx context.Context, tools string) ([]Totals, error) {
	r, err := fetchRunner(ctx, tools)
	if err != nil {
		return nil, err
	}
	if err := checkGenerated(ctx, r.schemas); err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "conformance")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	lists, err := writeLists(dir)
	if err != nil {
		return nil, err
	}
	var all []Totals
	for _, api := range []string{open, opaque} {
		testee, err := buildTestee(ctx, dir, r.schemas, api)
		if err != nil {
			return all, err
		}
		for _, codec := range []string{"volo", "proto"} {
			t, err := r.suite(ctx, lists, testee, codec)
			if err != nil {
				return all, err
			}
			t.API = api
			all = append(all, t)
		}
	}
	return all, nil
}

// writeLists returns the options that name the failures that are known.
func writeLists(dir string) ([]string, error) {
	list, text := filepath.Join(dir, "known.txt"), filepath.Join(dir, "known_text.txt")
	err := errors.Join(os.WriteFile(list, known, 0o644), os.WriteFile(text, knownText, 0o644))
	return []string{"--failure_list", list, "--text_format_failure_list", text}, err
}

var (
	summary = regexp.MustCompile(`CONFORMANCE SUITE \w+: (\d+) successes, (\d+) skipped, (\d+) expected failures, (\d+) unexpected failures`)
	failure = regexp.MustCompile(`(?m)^ERROR, test=([^:]+): (.*)$`)
)

// suite runs all tests with one codec. Tests that the runner gave up waiting
// for are run once more alone: it waits five seconds, which a busy machine can
// let pass.
func (r *runner) suite(ctx context.Context, lists []string, testee, codec string) (Totals, error) {
	out, t, err := r.run(ctx, slices.Concat(lists, []string{testee, "-codec=" + codec})...)
	if err != nil {
		return t, err
	}
	t.Codec = codec
	for _, m := range failure.FindAllSubmatch(out, -1) {
		name, why := string(m[1]), string(m[2])
		if bytes.Contains(known, m[1]) || bytes.Contains(knownText, m[1]) {
			continue
		}
		if bytes.Contains(m[2], []byte("timeout_error")) {
			_, again, err := r.run(ctx, slices.Concat(lists, []string{"--test", name, testee, "-codec=" + codec})...)
			if err == nil && again.Passed == 1 {
				t.Passed++
				continue
			}
		}
		t.Failures = append(t.Failures, name+": "+why)
	}
	return t, nil
}

// run starts the runner and returns what it printed and the totals.
func (r *runner) run(ctx context.Context, args ...string) ([]byte, Totals, error) {
	args = append([]string{"--maximum_edition", "2023", "--enforce_recommended"}, args...)
	cmd := exec.CommandContext(ctx, r.command[0], append(r.command[1:len(r.command):len(r.command)], args...)...)
	out, err := cmd.CombinedOutput()
	found := summary.FindAllSubmatch(out, -1)
	if found == nil {
		return nil, Totals{}, fmt.Errorf("the runner printed no summary: %w\n%s", errors.Join(err, ctx.Err()), out)
	}
	var t Totals
	for _, m := range found { // binary and JSON, then text
		t.Passed += number(m[1])
		t.Skipped += number(m[2])
		t.Known += number(m[3])
	}
	return out, t, nil
}

func number(b []byte) int {
	n, _ := strconv.Atoi(string(b)) // digits only
	return n
}
