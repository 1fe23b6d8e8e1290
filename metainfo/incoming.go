package metainfo

import "strings"

// Incoming gathers the metadata of a message that is being read. The zero
// value is ready; it allocates nothing until it meets metadata. One goroutine
// at a time.
type Incoming struct {
	m *Metadata
}

// Add takes a header of the message and reports whether it is metadata.
// Headers that are not belong to someone else. A transient value becomes an
// upstream one; a value that was upstream already has made its hop and is
// dropped.
func (in *Incoming) Add(name, value string) bool {
	if len(name) < len("RPC_") || name[:len("RPC_")] != "RPC_" {
		return false // most headers end here
	}
	if key, ok := strings.CutPrefix(name, PrefixPersist); ok {
		in.add(KindPersistent, key, value)
		return true
	}
	key, ok := strings.CutPrefix(name, PrefixTransient)
	if ok && !strings.HasPrefix(name, PrefixTransientUpstream) {
		in.add(KindUpstream, key, value)
	}
	return ok
}

// AddHTTP is [Incoming.Add] for HTTP headers, whose names may be in any case.
func (in *Incoming) AddHTTP(name, value string) bool {
	if len(name) < len("rpc-") || name[len("rpc")] != '-' {
		return false // most headers end here
	}
	if key, ok := cutFold(name, HTTPPrefixPersist); ok {
		in.add(KindPersistent, RPCKey(key), value)
		return true
	}
	key, ok := cutFold(name, HTTPPrefixTransient)
	if !ok {
		return false
	}
	if _, over := cutFold(name, HTTPPrefixTransientUpstream); !over {
		in.add(KindUpstream, RPCKey(key), value)
	}
	return true
}

// add may leave a key in a list twice; Metadata sorts that out.
func (in *Incoming) add(kind Kind, key, value string) {
	if key == "" {
		return
	}
	if in.m == nil {
		in.m = new(Metadata)
	}
	l := &in.m.persistent
	if kind == KindUpstream {
		l = &in.m.upstream
	}
	if *l == nil {
		*l = make(list, 0, 4)
	}
	*l = append(*l, KV{key, value})
}

// Metadata returns what was gathered, nil for nothing, and leaves in empty
// for the next message.
func (in *Incoming) Metadata() *Metadata {
	m := in.m
	in.m = nil
	if m != nil {
		m.persistent = m.persistent.unique()
		m.upstream = m.upstream.unique()
	}
	return m
}

// few is the length up to which comparing all keys with each other is cheaper
// than a map.
const few = 16

// unique rewrites l so that each key is there once, with its last value. It
// takes linear time, whatever a peer sends.
func (l list) unique() list {
	if len(l) <= few {
		out := l[:0]
		for _, kv := range l {
			out = out.set(kv.Key, kv.Value)
		}
		return out
	}
	at := make(map[string]int, len(l))
	out := l[:0]
	for _, kv := range l {
		if i, ok := at[kv.Key]; ok {
			out[i].Value = kv.Value
			continue
		}
		at[kv.Key] = len(out)
		out = append(out, kv)
	}
	return out
}
