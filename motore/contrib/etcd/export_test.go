package etcd

import "github.com/volo-go/volo/motore/discovery"

// What the fuzz target of values sees.

func Encode(in discovery.Instance) (string, error)   { return encode(in) }
func Decode(text []byte) (discovery.Instance, error) { return decode(text) }
