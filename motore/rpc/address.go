package rpc

import (
	"fmt"
	"net"
	"net/netip"
	"strings"
)

// An Address is a place to dial or to listen on: a network and an address as
// package net understands them. The zero Address is no address. Addresses are
// comparable; equal addresses name the same place.
type Address struct {
	// There are two in the facts of every call, so it is one string: host:port
	// for TCP, and for other networks what elsewhere joins.
	s string
}

// elsewhere returns an address of a network other than TCP: a zero byte, with
// which no host begins, the network, another zero byte, the address.
func elsewhere(network, addr string) Address { return Address{"\x00" + network + "\x00" + addr} }

// TCP returns the address host:port. The host may be a name, an IPv4 address
// or an IPv6 address in brackets; it may be empty when listening.
func TCP(hostport string) Address { return Address{hostport} }

// Unix returns the address of a unix socket. A leading "@" names a socket in
// the abstract namespace of Linux.
func Unix(path string) Address { return elsewhere("unix", path) }

// ParseAddress parses "host:port", "tcp://host:port", "unix:path" or
// "unix://path".
func ParseAddress(s string) (Address, error) {
	network, rest, found := strings.Cut(s, "://")
	if !found {
		if path, ok := strings.CutPrefix(s, "unix:"); ok {
			network, rest = "unix", path
		} else {
			network, rest = "tcp", s
		}
	}
	switch network {
	case "tcp":
		if _, _, err := net.SplitHostPort(rest); err != nil {
			return Address{}, fmt.Errorf("rpc: address %q: %w", s, err)
		}
		return TCP(rest), nil
	case "unix":
		if rest == "" {
			return Address{}, fmt.Errorf("rpc: address %q: empty socket path", s)
		}
		return Unix(rest), nil
	}
	return Address{}, fmt.Errorf("rpc: address %q: unknown network %q", s, network)
}

// AddressOf converts an address of package net.
func AddressOf(a net.Addr) Address {
	switch a := a.(type) {
	case nil:
		return Address{}
	case *net.TCPAddr:
		ap := a.AddrPort()
		return TCP(netip.AddrPortFrom(ap.Addr().Unmap(), ap.Port()).String())
	case *net.UnixAddr:
		return Unix(a.Name)
	}
	return elsewhere(a.Network(), a.String())
}

// Network returns "tcp" or "unix", or "" for the zero Address.
func (a Address) Network() string {
	network, _ := a.Dial()
	return network
}

// IsZero reports whether a is no address.
func (a Address) IsZero() bool { return a.s == "" }

// String returns host:port for TCP and unix:path for unix sockets; without
// the prefix it is what package net dials, see [Address.Dial].
func (a Address) String() string {
	network, addr := a.Dial()
	if network == "unix" {
		return "unix:" + addr
	}
	return addr
}

// Dial returns the two arguments that [net.Dial] and [net.Listen] take.
func (a Address) Dial() (network, address string) {
	switch {
	case a.s == "":
		return "", ""
	case a.s[0] != 0:
		return "tcp", a.s
	}
	network, address, _ = strings.Cut(a.s[1:], "\x00")
	return network, address
}
