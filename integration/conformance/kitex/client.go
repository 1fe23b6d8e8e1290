package kitex

import (
	volothrift "github.com/volo-go/volo/volo-thrift"

	"github.com/volo-go/volo/integration/conformance/kitex/gen/suite/suitethrift"
)

// A protocol is a way in which a client and a server talk.
type protocol struct {
	name    string
	theirs  string // what the Kitex program calls it for a client; "" for none
	mux     bool   // Kitex's server is one for multiplexed connections
	header  bool   // there is a TTHeader
	inOrder bool   // Kitex's server answers the calls of a client one after the other
	options []volothrift.ClientOption
}

// pingPong keeps a connection for each call at a time.
var pingPong = volothrift.WithPingPong(volothrift.PoolConfig{})

func protocols() []protocol {
	over := func(p volothrift.Protocol, more ...volothrift.ClientOption) []volothrift.ClientOption {
		return append(more, volothrift.WithProtocol(p))
	}
	return []protocol{
		{name: "unframed", theirs: "unframed", options: over(volothrift.Unframed)},
		{name: "framed", theirs: "framed", options: over(volothrift.Framed)},
		{name: "TTHeader", theirs: "ttheader", header: true, options: over(volothrift.TTHeader, pingPong)},
		{name: "TTHeader and framed", theirs: "ttheader-framed", header: true, options: over(volothrift.TTHeaderFramed, pingPong)},
		{name: "TTHeader, multiplexed", theirs: "mux", mux: true, header: true},
		{name: "TTHeader and framed, multiplexed", mux: true, header: true, options: over(volothrift.TTHeaderFramed)},
		{name: "TTHeader, multiplexed by the client alone", header: true, inOrder: true},
	}
}

// clients are ours, of both services.
type clients struct {
	*suitethrift.SuiteClient
	core   *volothrift.Client
	second *suitethrift.SecondClient
	again  func() (*clients, error) // makes clients like these
}

// dial returns clients that use the protocol.
func (p protocol) dial(target string, more ...volothrift.ClientOption) (*clients, error) {
	options := append([]volothrift.ClientOption{volothrift.WithCaller("volo-client"), volothrift.WithCallee("volo-callee")}, p.options...)
	core, err := volothrift.NewClient(target, append(options, more...)...)
	if err != nil {
		return nil, err
	}
	again := func() (*clients, error) { return p.dial(target, more...) }
	return &clients{suitethrift.SuiteOver(core), core, suitethrift.SecondOver(core), again}, nil
}

// Close closes the connections, which both clients share.
func (c *clients) Close() error { return c.core.Close() }
