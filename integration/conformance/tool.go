package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
)

// installTool gets the program of package pkg at version into dir and returns
// its path.
func installTool(ctx context.Context, dir, pkg, version string) (string, error) {
	cmd := exec.CommandContext(ctx, "go", "install", pkg+"@"+version)
	cmd.Env = append(os.Environ(), "GOBIN="+dir, "GOFLAGS=")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("go install %s@%s: %w\n%s", pkg, version, err, out)
	}
	return filepath.Join(dir, path.Base(pkg)), nil
}

// buildOurs builds a program of one of our modules, given by its folder below
// github.com/volo-go/volo and the folder of the program in it.
func buildOurs(ctx context.Context, dir, module, folder string) (string, error) {
	where, err := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}}", "github.com/volo-go/volo/"+module).Output()
	if err != nil {
		return "", fmt.Errorf("where is %s: %w", module, err)
	}
	program := filepath.Join(dir, path.Base(folder))
	cmd := exec.CommandContext(ctx, "go", "build", "-o", program, "./"+folder)
	cmd.Dir = strings.TrimSpace(string(where))
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build %s/%s: %w\n%s", module, folder, err, out)
	}
	return program, nil
}

// A peer is a program of ours that serves until its standard input ends.
type peer struct {
	addr  string
	cmd   *exec.Cmd
	stdin io.Closer
}

// startPeer starts a program that prints the address on which it serves.
func startPeer(ctx context.Context, program string, args ...string) (*peer, error) {
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Stderr = os.Stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	addr, err := bufio.NewReader(stdout).ReadString('\n')
	p := &peer{strings.TrimSpace(addr), cmd, stdin}
	if err != nil {
		p.stop()
		return nil, fmt.Errorf("%s prints no address: %w", program, err)
	}
	return p, nil
}

func (p *peer) stop() error {
	p.stdin.Close()
	return p.cmd.Wait()
}
