package discovery

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"

	"github.com/volo-go/volo/motore/rpc"
)

// dnsAtOnce is how many targets of SRV records are looked up at a time.
const dnsAtOnce = 8

// A question is what a [DNS] looks up for a service: addresses of host, or
// SRV records of srv, or nothing since the answer is fixed.
type question struct {
	host, port string
	srv        string
	fixed      []Instance
}

// parseQuestion takes the forms of names that [DNS] lists.
func parseQuestion(name, defaultPort string) (question, error) {
	if strings.HasPrefix(name, "_") {
		if strings.Contains(name, ":") {
			return question{}, fmt.Errorf("name %q: SRV records have ports of their own", name)
		}
		return question{srv: name}, nil
	}
	host, port, err := splitPort(name, defaultPort)
	if err != nil {
		return question{}, err
	}
	if ip, err := netip.ParseAddr(host); err == nil {
		return question{fixed: []Instance{instanceAt(ip, port, 0)}}, nil
	}
	return question{host: host, port: port}, nil
}

func splitPort(name, defaultPort string) (host, port string, err error) {
	host, port = name, defaultPort
	if _, err := netip.ParseAddr(strings.Trim(name, "[]")); err == nil {
		host = strings.Trim(name, "[]") // an address of either version, alone
	} else if strings.Contains(name, ":") {
		if host, port, err = net.SplitHostPort(name); err != nil {
			return "", "", fmt.Errorf("name %q: %w", name, err)
		}
		port = cmp.Or(port, defaultPort)
	}
	switch {
	case host == "":
		return "", "", fmt.Errorf("name %q has no host", name)
	case port == "":
		return "", "", fmt.Errorf("name %q has no port, and DNSConfig.Port is not set", name)
	}
	return host, port, nil
}

// ask looks up. The answer is sorted by address and not empty.
func (q question) ask(ctx context.Context, c DNSConfig) ([]Instance, error) {
	var found []Instance
	var err error
	if q.srv != "" {
		found, err = askSRV(ctx, c, q.srv)
	} else {
		found, err = askHost(ctx, c, q.host, q.port, 0)
	}
	if err != nil {
		return nil, fmt.Errorf("discovery: dns: %w", err)
	}
	slices.SortFunc(found, func(a, b Instance) int {
		return strings.Compare(a.Address.String(), b.Address.String())
	})
	return Distinct(found), nil
}

// askHost returns the addresses of host, which share weight.
func askHost(ctx context.Context, c DNSConfig, host, port string, weight int) ([]Instance, error) {
	ips, err := c.Resolver.LookupNetIP(ctx, c.Network, host)
	if err != nil {
		return nil, err
	}
	if len(ips) == 0 {
		return nil, fmt.Errorf("lookup %s: %w", host, errNothing)
	}
	if weight > 0 {
		weight = max(weight/len(ips), 1)
	}
	found := make([]Instance, len(ips))
	for i, ip := range ips {
		found[i] = instanceAt(ip, port, weight)
	}
	return found, nil
}

// askSRV returns the addresses of the best targets that have any.
func askSRV(ctx context.Context, c DNSConfig, name string) ([]Instance, error) {
	_, records, err := c.Resolver.LookupSRV(ctx, "", "", name)
	// Records that are not well formed come with an error and do no harm to
	// the others. A target of "." says that the service is not offered.
	records = slices.DeleteFunc(slices.Clone(records), func(r *net.SRV) bool { return r.Target == "." })
	if len(records) == 0 {
		if err == nil {
			err = fmt.Errorf("lookup %s: %w", name, errNothing)
		}
		return nil, err
	}
	slices.SortStableFunc(records, func(a, b *net.SRV) int { return cmp.Compare(a.Priority, b.Priority) })
	for len(records) > 0 {
		n := 1
		for n < len(records) && records[n].Priority == records[0].Priority {
			n++
		}
		found, err := askTargets(ctx, c, records[:n])
		if err != nil || len(found) > 0 {
			return found, err
		}
		records = records[n:]
	}
	return nil, fmt.Errorf("lookup %s: its targets have %w", name, errNothing)
}

// askTargets returns the addresses of all targets; those without any are left
// out.
func askTargets(ctx context.Context, c DNSConfig, records []*net.SRV) ([]Instance, error) {
	var (
		each  = make([][]Instance, len(records))
		errs  = make([]error, len(records))
		slots = make(chan struct{}, dnsAtOnce)
		wg    sync.WaitGroup
	)
	weighted := slices.ContainsFunc(records, func(r *net.SRV) bool { return r.Weight > 0 })
	for i, r := range records {
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			weight := 0
			if weighted {
				weight = max(int(r.Weight), 1)
			}
			each[i], errs[i] = askHost(ctx, c, r.Target, fmt.Sprint(r.Port), weight)
			if errs[i] != nil && isNothing(errs[i]) {
				errs[i] = nil
			}
		})
	}
	wg.Wait()
	// What is incomplete is no answer.
	return slices.Concat(each...), errors.Join(errs...)
}

func instanceAt(ip netip.Addr, port string, weight int) Instance {
	return Instance{Address: rpc.TCP(net.JoinHostPort(ip.Unmap().String(), port)), Weight: weight}
}
