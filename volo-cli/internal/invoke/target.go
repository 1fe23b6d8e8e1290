package invoke

import (
	"errors"
	"fmt"
	"net"
	"strings"

	"github.com/volo-go/volo/motore/discovery"
	"github.com/volo-go/volo/motore/rpc"
)

// A place is where calls go: an address or, if there is a discoverer, a name.
type place struct {
	name       string
	server     string // the name that certificates must have, if name has none
	discoverer discovery.Discoverer
}

// A TargetError says that a target is none.
type TargetError struct {
	Target string
	Err    error
}

// Error says what is wrong with it.
func (e *TargetError) Error() string { return fmt.Sprintf("target %q: %v", e.Target, e.Err) }

// Unwrap returns Err.
func (e *TargetError) Unwrap() error { return e.Err }

// parseTarget reads a target, see [Config].
func parseTarget(s string) (place, error) {
	fail := func(err error) (place, error) { return place{}, &TargetError{s, err} }
	switch scheme, rest, _ := strings.Cut(s, ":"); {
	case s == "":
		return place{}, fmt.Errorf("no target; name the server, such as 127.0.0.1:8888")
	case scheme == "dns":
		name := strings.TrimPrefix(rest, "///")
		host, _, err := net.SplitHostPort(name)
		if err != nil {
			return fail(fmt.Errorf("want dns:///name:port"))
		}
		return place{name: name, server: host, discoverer: discovery.NewDNS(discovery.DNSConfig{})}, nil
	case scheme == "file":
		path, name, ok := strings.Cut(rest, "#")
		if !ok || path == "" || name == "" {
			return fail(fmt.Errorf("want file:PATH#SERVICE"))
		}
		return place{name: name, discoverer: discovery.File(discovery.FileConfig{Path: path})}, nil
	case strings.Contains(s, ","):
		var all []rpc.Address
		for one := range strings.SplitSeq(s, ",") {
			a, err := rpc.ParseAddress(strings.TrimSpace(one))
			if err != nil {
				return fail(err)
			}
			all = append(all, a)
		}
		return place{name: s, discoverer: discovery.Static(all...)}, nil
	}
	a, err := rpc.ParseAddress(s)
	var form *net.AddrError
	if errors.As(err, &form) && !strings.Contains(s, "://") {
		return fail(fmt.Errorf("%s; want host:port, unix:PATH, dns:///name:port or file:PATH#NAME", form.Err))
	}
	if err != nil {
		return fail(err)
	}
	return place{name: a.String()}, nil
}
