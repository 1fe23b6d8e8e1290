package metainfo

// The prefixes that mark metadata among other headers of a message.
const (
	PrefixPersist           = "RPC_PERSIST_"
	PrefixTransient         = "RPC_TRANSIT_"
	PrefixTransientUpstream = "RPC_TRANSIT_UPSTREAM_"
	PrefixBackward          = "RPC_BACKWARD_"

	HTTPPrefixPersist           = "rpc-persist-"
	HTTPPrefixTransient         = "rpc-transit-"
	HTTPPrefixTransientUpstream = "rpc-transit-upstream-"
	HTTPPrefixBackward          = "rpc-backward-"
)

// A Kind says how far a value travels, and in which direction.
type Kind uint8

// The kinds. The zero Kind is none.
const (
	KindPersistent Kind = iota + 1 // forward, every hop
	KindTransient                  // forward, one hop
	KindUpstream                   // received as transient, goes nowhere
	KindBackward                   // from a handler to its caller
)

// String returns the kind in lower case.
func (k Kind) String() string {
	switch k {
	case KindPersistent:
		return "persistent"
	case KindTransient:
		return "transient"
	case KindUpstream:
		return "upstream"
	case KindBackward:
		return "backward"
	}
	return "unknown"
}

// Prefix returns what stands before a key of this kind in TTHeader; "" for
// the zero Kind.
func (k Kind) Prefix() string {
	switch k {
	case KindPersistent:
		return PrefixPersist
	case KindTransient:
		return PrefixTransient
	case KindUpstream:
		return PrefixTransientUpstream
	case KindBackward:
		return PrefixBackward
	}
	return ""
}

// HTTPPrefix returns what stands before a key of this kind in HTTP headers,
// gRPC's included; "" for the zero Kind.
func (k Kind) HTTPPrefix() string {
	switch k {
	case KindPersistent:
		return HTTPPrefixPersist
	case KindTransient:
		return HTTPPrefixTransient
	case KindUpstream:
		return HTTPPrefixTransientUpstream
	case KindBackward:
		return HTTPPrefixBackward
	}
	return ""
}
