package invoke

import (
	"crypto/tls"
	"fmt"

	"github.com/volo-go/volo/motore/rpc"
	vologrpc "github.com/volo-go/volo/volo-grpc"
	volothrift "github.com/volo-go/volo/volo-thrift"
)

// dialThrift returns a client that speaks one of the framings.
func dialThrift(c *Config, protocol Protocol) (*volothrift.Client, error) {
	at, err := parseTarget(c.Target)
	if err != nil {
		return nil, err
	}
	if c.Compression != "" || c.Authority != "" {
		return nil, fmt.Errorf("compression and authority are gRPC's; Thrift has neither")
	}
	opts := []volothrift.ClientOption{volothrift.WithPhaseTimes(), volothrift.WithOuter(observeThrift)}
	for _, f := range framings {
		if f.name == protocol {
			opts = append(opts, volothrift.WithProtocol(f.framing))
		}
	}
	switch {
	case !c.Mux:
		opts = append(opts, volothrift.WithPingPong(volothrift.PoolConfig{MaxOpen: c.Connections}))
	case protocol != TTHeader && protocol != TTHeaderFramed:
		return nil, fmt.Errorf("protocol %s cannot share connections; leave --mux away", protocol)
	case c.Connections > 0:
		opts = append(opts, volothrift.WithConnections(c.Connections))
	}
	if at.discoverer != nil {
		opts = append(opts, volothrift.WithDiscoverer(at.discoverer))
	}
	if c.TLS != nil {
		cfg, err := c.tls(at)
		if err != nil {
			return nil, err
		}
		opts = append(opts, volothrift.WithTLS(cfg))
	}
	if c.ConnectTimeout > 0 {
		opts = append(opts, volothrift.WithConnectTimeout(c.ConnectTimeout))
	}
	if c.MaxSize > 0 {
		opts = append(opts, volothrift.WithMaxMessageSize(c.MaxSize))
	}
	return volothrift.NewClient(at.name, opts...)
}

// dialGRPC returns a client of gRPC.
func dialGRPC(c *Config) (*vologrpc.Client, error) {
	at, err := parseTarget(c.Target)
	if err != nil {
		return nil, err
	}
	opts := []vologrpc.ClientOption{vologrpc.WithPhaseTimes(), vologrpc.WithOuter(observeGRPC), vologrpc.WithUserAgent("volo")}
	if at.discoverer != nil {
		opts = append(opts, vologrpc.WithDiscoverer(at.discoverer))
	}
	if c.TLS != nil {
		cfg, err := c.tls(at)
		if err != nil {
			return nil, err
		}
		opts = append(opts, vologrpc.WithTLS(cfg))
	}
	if c.Authority != "" {
		opts = append(opts, vologrpc.WithAuthority(c.Authority))
	}
	if c.ConnectTimeout > 0 {
		opts = append(opts, vologrpc.WithConnectTimeout(c.ConnectTimeout))
	}
	if c.MaxSize > 0 {
		opts = append(opts, vologrpc.WithMaxReceiveSize(c.MaxSize), vologrpc.WithMaxSendSize(c.MaxSize))
	}
	if c.Compression != "" {
		opts = append(opts, vologrpc.WithCompression(c.Compression))
	}
	if c.Connections > 0 {
		opts = append(opts, vologrpc.WithConnections(c.Connections))
	}
	return vologrpc.NewClient(at.name, opts...)
}

// shown is an address as people want to see it.
func shown(a rpc.Address) string {
	if a.IsZero() {
		return ""
	}
	return a.String()
}

// tls returns what c.TLS says, for a place that may tell the name of the server.
func (c *Config) tls(at place) (*tls.Config, error) {
	cfg, err := c.TLS.config(c.readFile())
	if err == nil && cfg.ServerName == "" {
		cfg.ServerName = at.server
	}
	return cfg, err
}
