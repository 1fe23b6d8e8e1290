package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

const grpcgoVersion = "v1.85.0"

// interopCases are the cases of grpc-go's client that need no cloud.
var interopCases = []string{
	"empty_unary", "large_unary", "client_streaming", "server_streaming", "ping_pong", "empty_stream",
	"timeout_on_sleeping_server", "cancel_after_begin", "cancel_after_first_response",
	"status_code_and_message", "special_status_message", "custom_metadata",
	"unimplemented_method", "unimplemented_service", "pick_first_unary",
	"rpc_soak", "channel_soak", "orca_per_rpc", "orca_oob",
}

// orcaConfig makes grpc-go's client look at load reports.
const orcaConfig = `{"loadBalancingConfig":[{"test_backend_metrics_load_balancer":{}}]}`

// interopTimeout bounds a run of a client.
const interopTimeout = 2 * time.Minute

// interop runs the cases of grpc-go's interop client against our server, and
// those of ours against grpc-go's server, in clear and over TLS. No failure is
// expected. pick_first_unary is not among ours: grpc-go's server does not say
// who it is.
func interop(ctx context.Context, w io.Writer) error {
	dir, err := os.MkdirTemp("", "interop")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	programs, err := newInteropPrograms(ctx, dir)
	if err != nil {
		return err
	}
	cert, err := newCertificate(dir)
	if err != nil {
		return err
	}
	var all, failed int
	for _, cert := range []*certificate{nil, cert} {
		for _, run := range []func(context.Context, *certificate) (report, error){programs.ourClient, programs.theirClient} {
			r, err := run(ctx, cert)
			if err != nil {
				return err
			}
			for _, line := range r.failures {
				fmt.Fprintf(w, "interop %s: %s\n", r.name, line)
			}
			fmt.Fprintf(w, "interop %s: %d tests, %d passed, %d failed\n", r.name, r.all, r.all-len(r.failures), len(r.failures))
			all, failed = all+r.all, failed+len(r.failures)
		}
	}
	fmt.Fprintf(w, "interop: %d tests, %d passed, %d failed\n", all, all-failed, failed)
	if failed > 0 {
		return errFailed
	}
	return nil
}

// A report is what came of one client with one server.
type report struct {
	name     string
	all      int
	failures []string
}

// interopPrograms are the paths of both sides' programs.
type interopPrograms struct{ client, server, grpcgoClient, grpcgoServer string }

func newInteropPrograms(ctx context.Context, dir string) (p interopPrograms, err error) {
	theirs := filepath.Join(dir, "grpcgo")
	if p.grpcgoClient, err = installTool(ctx, theirs, "google.golang.org/grpc/interop/client", grpcgoVersion); err != nil {
		return p, err
	}
	if p.grpcgoServer, err = installTool(ctx, theirs, "google.golang.org/grpc/interop/server", grpcgoVersion); err != nil {
		return p, err
	}
	if p.client, err = buildOurs(ctx, dir, "integration", "conformance/interop/client"); err != nil {
		return p, err
	}
	p.server, err = buildOurs(ctx, dir, "integration", "conformance/interop/server")
	return p, err
}

// ourClient runs all our cases against grpc-go's server.
func (p interopPrograms) ourClient(ctx context.Context, cert *certificate) (r report, err error) {
	r.name = "our client, grpc-go's server" + cert.suffix()
	ctx, cancel := context.WithTimeout(ctx, interopTimeout)
	defer cancel()
	addr, stop, err := p.startGRPCGo(ctx, cert)
	if err != nil {
		return r, err
	}
	defer stop()
	var args []string
	if cert != nil {
		args = []string{"-ca", cert.file, "-name", cert.name}
	}
	out, err := exec.CommandContext(ctx, p.client, append(args, addr)...).CombinedOutput()
	r.all, r.failures = ourResults(out)
	if r.all == 0 || err != nil && len(r.failures) == 0 {
		return r, fmt.Errorf("our client: %w\n%s", err, out)
	}
	return r, nil
}

// ourResults reads what our client prints: a line for each case.
func ourResults(out []byte) (all int, failures []string) {
	for line := range strings.Lines(string(out)) {
		line = strings.TrimSpace(line)
		all++
		if !strings.HasSuffix(line, ": ok") {
			failures = append(failures, line)
		}
	}
	return all, failures
}

// startGRPCGo starts grpc-go's server, which tells its port in its log alone.
func (p interopPrograms) startGRPCGo(ctx context.Context, cert *certificate) (addr string, stop func(), err error) {
	args := []string{"-port=0"}
	if cert != nil {
		args = append(args, "-use_tls", "-tls_cert_file="+cert.file, "-tls_key_file="+cert.key)
	}
	ctx, cancel := context.WithCancel(ctx)
	cmd := exec.CommandContext(ctx, p.grpcgoServer, args...)
	cmd.Env = append(os.Environ(), "GRPC_GO_LOG_SEVERITY_LEVEL=info")
	log, err := cmd.StderrPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		cancel()
		return "", nil, err
	}
	drained := make(chan struct{})
	stop = func() {
		cancel()
		<-drained
		cmd.Wait()
	}
	lines := bufio.NewScanner(log)
	for lines.Scan() {
		if _, where, ok := strings.Cut(lines.Text(), "interop server listening on "); ok {
			addr = where
			break
		}
	}
	go func() {
		defer close(drained)
		io.Copy(io.Discard, log)
	}()
	_, port, err := net.SplitHostPort(addr)
	if err != nil {
		stop()
		return "", nil, fmt.Errorf("grpc-go's server does not say where it listens: %q", addr)
	}
	return net.JoinHostPort("127.0.0.1", port), stop, nil
}

// theirClient runs all cases of grpc-go's client, each in a process of its
// own, against our server.
func (p interopPrograms) theirClient(ctx context.Context, cert *certificate) (r report, err error) {
	r.name = "grpc-go's client, our server" + cert.suffix()
	var args []string
	if cert != nil {
		args = []string{"-cert", cert.file, "-key", cert.key}
	}
	server, err := startPeer(ctx, p.server, args...)
	if err != nil {
		return r, err
	}
	for _, name := range interopCases {
		r.all++
		if out, err := p.theirCase(ctx, cert, server.addr, name); err != nil {
			r.failures = append(r.failures, fmt.Sprintf("%s: %v\n%s", name, err, bytes.TrimSpace(out)))
		}
	}
	if err := server.stop(); err != nil {
		return r, fmt.Errorf("our server: %w", err)
	}
	return r, nil
}

func (p interopPrograms) theirCase(ctx context.Context, cert *certificate, addr, name string) (out []byte, err error) {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, err
	}
	args := []string{"-server_host=" + host, "-server_port=" + port, "-test_case=" + name}
	if cert != nil {
		args = append(args, "-use_tls", "-use_test_ca", "-ca_file="+cert.file, "-server_host_override="+cert.name)
	}
	if strings.HasPrefix(name, "orca_") {
		args = append(args, "-service_config_json="+orcaConfig)
	}
	ctx, cancel := context.WithTimeout(ctx, interopTimeout)
	defer cancel()
	return exec.CommandContext(ctx, p.grpcgoClient, args...).CombinedOutput()
}
