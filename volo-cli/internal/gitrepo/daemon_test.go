package gitrepo_test

import (
	"bufio"
	"net"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// startDaemon serves the folder of the repository over the network.
func (o *origin) startDaemon() (address string) {
	o.t.Helper()
	path := o.git("--exec-path")
	daemon := filepath.Join(path, "git-daemon")
	if _, err := exec.LookPath(daemon); err != nil {
		o.t.Skip("git daemon is not installed")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		o.t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(l.Addr().String())
	l.Close()
	cmd := exec.Command(daemon, "--verbose", "--export-all", "--reuseaddr", "--listen=127.0.0.1", "--port="+port, "--base-path="+filepath.Dir(o.dir))
	cmd.Env = o.env
	said, err := cmd.StderrPipe()
	if err != nil {
		o.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		o.t.Fatal(err)
	}
	lines := bufio.NewScanner(said)
	for lines.Scan() && !strings.Contains(lines.Text(), "Ready to rumble") {
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for lines.Scan() {
		}
	}()
	o.t.Cleanup(func() {
		cmd.Process.Kill()
		<-done
		cmd.Wait()
	})
	return "git://127.0.0.1:" + port + "/" + filepath.Base(o.dir)
}

func TestARepositoryBehindADaemon(t *testing.T) {
	o := newOrigin(t)
	first := o.commit("a.thrift", "1")
	second := o.commit("a.thrift", "2")
	address := o.startDaemon()
	c := o.cache()
	var said []string
	c.Live, c.Progress = true, func(line string) { said = append(said, line) }
	if got, err := c.Resolve(t.Context(), address, "main"); got != second || err != nil {
		t.Fatalf("Resolve: got %q and %v, want %q", got, err, second)
	}
	for commit, text := range map[string]string{first: "1", second: "2"} {
		dir, err := c.Tree(t.Context(), address, "main", commit)
		if err != nil {
			t.Fatal(err)
		}
		has(t, dir, "a.thrift", text)
	}
	if all := strings.Join(said, "\n"); !strings.Contains(all, "objects: 100%") {
		t.Errorf("progress: got %q, want what git says of it", all)
	}
	// What is locked is not what the server calls main: an older server says
	// no, and main's history has it.
	older := o.cache()
	older.Environ = append(older.Environ, "GIT_CONFIG_COUNT=1", "GIT_CONFIG_KEY_0=protocol.version", "GIT_CONFIG_VALUE_0=0")
	dir, err := older.Tree(t.Context(), address, "main", first)
	if err != nil {
		t.Fatal(err)
	}
	has(t, dir, "a.thrift", "1")
}
