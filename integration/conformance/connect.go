package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
)

const connectVersion = "v1.0.7"

// connectGRPC and connectWeb tell connectrpc.com/conformance what we do.
const (
	connectGRPC = `features:
  versions: [HTTP_VERSION_2]
  protocols: [PROTOCOL_GRPC]
` + connectCommon
	connectWeb = `features:
  versions: [HTTP_VERSION_1, HTTP_VERSION_2]
  protocols: [PROTOCOL_GRPC_WEB]
  supportsHalfDuplexBidiOverHttp1: true
` + connectCommon
	connectCommon = `  codecs: [CODEC_PROTO]
  compressions: [COMPRESSION_IDENTITY, COMPRESSION_GZIP]
  supportsH2c: true
  supportsTls: true
  supportsTlsClientCerts: true
  supportsMessageReceiveLimit: true
`
)

// connectRuns are the sides that are tested, with how many cases that version
// of the suite has for them: a run of fewer proves less.
var connectRuns = []struct {
	name, config string
	mode         string // of the suite; the program under test has the same name
	args         []string
	cases        int
}{
	{"server", connectGRPC, "server", nil, 570},
	{"client", connectGRPC, "client", nil, 646},
	{"server, gRPC-Web", connectWeb, "server", nil, 740},
	{"handler of net/http", connectGRPC, "server", []string{"-net-http"}, 570},
	{"handler of net/http, gRPC-Web", connectWeb, "server", []string{"-net-http"}, 740},
}

// connect runs connectrpc.com/conformance against our server, also as a handler
// of net/http, and our client. No failure is expected.
func connect(ctx context.Context, w io.Writer) error {
	dir, err := os.MkdirTemp("", "connect")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	tool, err := installTool(ctx, dir, "connectrpc.com/conformance/cmd/connectconformance", connectVersion)
	if err != nil {
		return err
	}
	var failed error
	for _, run := range connectRuns {
		program, err := buildOurs(ctx, dir, "integration", "conformance/connect/"+run.mode)
		if err != nil {
			return err
		}
		config := filepath.Join(dir, "config.yaml")
		if err := os.WriteFile(config, []byte(run.config), 0o600); err != nil {
			return err
		}
		args := append([]string{"--conf", config, "--mode", run.mode, "--", program}, run.args...)
		// Its exit code says no more than what it prints.
		out, _ := exec.CommandContext(ctx, tool, args...).CombinedOutput()
		switch err := connectTotals(w, run.name, run.cases, out); {
		case errors.Is(err, errFailed):
			failed = err
		case err != nil:
			return err
		}
	}
	return failed
}

// connectSum is how the suite ends.
var connectSum = regexp.MustCompile(`(?m)^Total cases: (\d+)\n(\d+) passed, (\d+) failed`)

// connectTotals prints the totals, and all that the suite says if a case has
// failed.
func connectTotals(w io.Writer, run string, want int, out []byte) error {
	sum := connectSum.FindSubmatch(out)
	if sum == nil {
		return fmt.Errorf("%s: the suite prints no totals:\n%s", run, out)
	}
	var n [3]int
	for i := range n {
		n[i], _ = strconv.Atoi(string(sum[i+1])) // digits
	}
	all, passed, failed := n[0], n[1], n[2]
	if failed > 0 || passed < all {
		fmt.Fprintf(w, "%s", out)
	}
	fmt.Fprintf(w, "connect %s: %d tests, %d passed, %d failed\n", run, all, passed, failed)
	switch {
	case failed > 0 || passed < all:
		return errFailed
	case all != want:
		return fmt.Errorf("%s: the suite has %d cases, want %d", run, all, want)
	}
	return nil
}
