package command_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/volo-go/volo/volo-cli/internal/command"
)

func TestConsoleSaysWhatItCannotShow(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"ok.thrift": "service S { void Put() }", "bad.thrift": "struct A { 1: Missing m }"} {
		if err := os.WriteFile(dir+"/"+name, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	for _, tt := range []struct {
		args   string
		code   int
		stderr string // a part
	}{
		{"console", 1, "volo console: neither a target nor an IDL"},
		{"console a b", 2, `unexpected argument "b" after <target>`},
		{"console --idl bad.thrift", 1, "error: "},
		{"console --idl no.thrift", 1, "cannot read `no.thrift`"},
		{"console --idl ok.thrift --protocol smoke", 2, `unknown protocol "smoke"`},
		{"console --idl ok.thrift --header x", 2, `--header "x": want KEY:VALUE`},
		{"console --idl ok.thrift --listen nowhere", 1, "volo console: --listen: "},
		{"console --idl ok.thrift h", 2, `target "h"`},
	} {
		var stdout, stderr bytes.Buffer
		env := &command.Env{Stdout: &stdout, Stderr: &stderr, Dir: dir, Environ: os.Environ()}
		if code := command.Main(t.Context(), env, strings.Fields(tt.args)); code != tt.code || !strings.Contains(stderr.String(), tt.stderr) {
			t.Errorf("volo %s: got exit code %d and %q, want %d and %q", tt.args, code, stderr.String(), tt.code, tt.stderr)
		}
		if stdout.Len() > 0 {
			t.Errorf("volo %s: got %q on the standard output, want no address", tt.args, stdout.String())
		}
	}
}

func TestConsoleServesUntilItIsInterrupted(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(dir+"/ok.thrift", []byte("service S { void Put() }"), 0o666); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		says, args string
		stderr     string // a part, "" for nothing
	}{
		{"only to look", "console --idl ok.thrift", ""},
		{"a server that is not there yet", "console --idl ok.thrift --protocol auto 127.0.0.1:1", "connection refused"},
		{"for other machines", "console --idl ok.thrift --listen 0.0.0.0:0", "can be reached from other machines"},
	} {
		t.Run(tt.says, func(t *testing.T) {
			ctx, interrupt := context.WithCancel(t.Context())
			defer interrupt()
			out, stdout := io.Pipe()
			var stderr bytes.Buffer
			env := &command.Env{Stdout: stdout, Stderr: &stderr, Dir: dir, Environ: os.Environ()}
			ended := make(chan int)
			go func() {
				ended <- command.Main(ctx, env, strings.Fields(tt.args))
				stdout.Close()
			}()
			line := make([]byte, 200)
			n, err := out.Read(line)
			if err != nil {
				t.Fatal(err)
			}
			url, token, _ := strings.Cut(strings.TrimSpace(string(line[:n])), "#token=")
			r, err := http.NewRequestWithContext(ctx, "GET", url+"api/peer", nil)
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("Volo-Console-Token", token)
			resp, err := http.DefaultClient.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			body, err := io.ReadAll(resp.Body)
			resp.Body.Close()
			if err != nil || resp.StatusCode != http.StatusOK || !strings.Contains(string(body), `"command":["volo","call"`) {
				t.Errorf("got %s, %s, %v", resp.Status, body, err)
			}
			interrupt()
			if code := <-ended; code != 0 {
				t.Errorf("got exit code %d, want 0", code)
			}
			if got := stderr.String(); !strings.Contains(got, tt.stderr) || tt.stderr == "" && got != "" {
				t.Errorf("got %q on the standard error, want %q in it", got, tt.stderr)
			}
		})
	}
}
