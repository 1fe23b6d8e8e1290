package vologrpc_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/volo-go/volo/motore/rpc"
	vologrpc "github.com/volo-go/volo/volo-grpc"
)

func TestTargets(t *testing.T) {
	tcp := serve(t, echo)
	_, port, _ := strings.Cut(tcp, ":")
	socket := filepath.Join(t.TempDir(), "s")
	s := vologrpc.NewServer(quiet)
	if err := s.Register(service(echo)); err != nil {
		t.Fatal(err)
	}
	l, err := s.Listen(t.Context(), rpc.Unix(socket))
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- s.ServeListener(l) }()
	defer func() {
		s.Close()
		<-ended
	}()
	for _, target := range []string{
		tcp, "tcp://" + tcp, "passthrough:///" + tcp, "passthrough:" + tcp,
		"dns:///" + tcp, "dns:" + tcp, "dns:///[127.0.0.1]:" + port,
		"unix:" + socket, "unix://" + socket,
	} {
		if got, err := dial(t, target).get(soon(t), "x"); err != nil || got != "x" {
			t.Errorf("%s: got %q and %v", target, got, err)
		}
	}
}

func TestTargetsThatAreWrong(t *testing.T) {
	for target, want := range map[string]string{
		"":                     "target",
		"localhost":            "missing port",
		"dns:":                 "no name",
		"dns:///":              "no name",
		"dns://8.8.8.8/host:1": "set with WithDiscoverer",
		"passthrough:///host":  "missing port",
		"unix:":                "empty socket path",
		"unix-abstract:":       "empty socket name",
		"xds:///host:1":        "unknown network",
	} {
		c, err := vologrpc.NewClient(target)
		if err == nil {
			c.Close()
		}
		if err == nil || !strings.HasPrefix(err.Error(), "vologrpc: target") || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %q", target, err, want)
		}
	}
}
