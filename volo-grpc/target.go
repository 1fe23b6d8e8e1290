package vologrpc

import (
	"cmp"
	"fmt"
	"net"
	"strings"

	"github.com/volo-go/volo/motore/discovery"
	"github.com/volo-go/volo/motore/rpc"
)

// A target is what the argument of [NewClient] says, if there is no
// discoverer.
type target struct {
	address rpc.Address // of the one instance, zero if a name is to be looked up

	name       string // to be looked up
	discoverer discovery.Discoverer
	server     string // the name that certificates must have
}

// defaultPort is that of names which have none (gRPC, "Name Resolution").
const defaultPort = "443"

// parseTarget reads a target as gRPC writes it, or an address.
func parseTarget(s string) (target, error) {
	scheme, rest, _ := strings.Cut(s, ":")
	var t target
	var err error
	switch scheme {
	case "dns":
		return parseDNS(rest)
	case "passthrough":
		_, endpoint := authority(rest)
		t.address, err = rpc.ParseAddress(endpoint)
	case "unix":
		// unix:path, unix:///path
		_, path := authority(rest)
		if strings.HasPrefix(rest, "//") {
			path = "/" + path
		}
		t.address, err = rpc.ParseAddress("unix:" + path)
	case "unix-abstract":
		if rest == "" {
			return t, fmt.Errorf("target %q: empty socket name", s)
		}
		t.address = rpc.Unix("@" + rest)
	default:
		t.address, err = rpc.ParseAddress(s)
	}
	return t, err
}

// parseDNS reads what follows "dns:".
func parseDNS(rest string) (target, error) {
	server, name := authority(rest)
	switch {
	case server != "":
		return target{}, fmt.Errorf("target %q: the server to ask is set with WithDiscoverer and a Resolver, not by the target", "dns:"+rest)
	case name == "":
		return target{}, fmt.Errorf("target %q: no name", "dns:"+rest)
	}
	host, _, err := net.SplitHostPort(name)
	if err != nil {
		host = strings.Trim(name, "[]")
	}
	return target{name: name, server: host, discoverer: discovery.NewDNS(discovery.DNSConfig{Port: defaultPort})}, nil
}

// authority cuts "//authority/endpoint" in two; there need not be one.
func authority(rest string) (who, endpoint string) {
	after, ok := strings.CutPrefix(rest, "//")
	if !ok {
		return "", rest
	}
	who, endpoint, _ = strings.Cut(after, "/")
	return who, endpoint
}

// aim sets up where a client's calls go.
func (c *clientCore) aim(s string) error {
	c.callee.Service = c.o.callee
	if c.o.discoverer != nil {
		c.callee.Service = cmp.Or(c.o.callee, s)
		return nil
	}
	t, err := parseTarget(s)
	if err != nil {
		return fmt.Errorf("vologrpc: target: %w", err)
	}
	c.callee.Address = t.address
	if t.discoverer == nil {
		return nil
	}
	c.callee.Service, c.o.discoverer = t.name, t.discoverer
	if c.o.tls != nil && c.o.tls.ServerName == "" {
		c.o.tls = c.o.tls.Clone()
		c.o.tls.ServerName = t.server // the addresses that are found have no names
	}
	if c.o.authority == "" {
		c.o.authority = t.name
	}
	return nil
}
