package rpc

// An Endpoint is one side of a call.
type Endpoint struct {
	// Service is the name under which the side is known to discovery and to
	// its peers, for example "shop.item"; "" if it did not say.
	Service string
	// Address is where the side was reached or called from; zero before a
	// client has picked an instance.
	Address Address
	// Tags are free facts, such as cluster or zone, that discovery, balancing
	// and layers may look at. Nil means none. Never changed once set.
	Tags map[string]string
}
