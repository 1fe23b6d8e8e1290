package metainfo_test

import (
	"net/textproto"
	"strings"
	"testing"

	"github.com/volo-go/volo/metainfo"
)

func TestKeyForms(t *testing.T) {
	for _, c := range []struct {
		key, http, back string
	}{
		{"A_B", "a-b", "A_B"},
		{"LOG_ID_2", "log-id-2", "LOG_ID_2"},
		{"mixedCase", "mixedcase", "MIXEDCASE"},
		{"a-b", "a-b", "A_B"},
		{"__", "--", "__"},
		{"é", "é", "é"},
		{"", "", ""},
	} {
		if got := metainfo.HTTPKey(c.key); got != c.http {
			t.Errorf("%q: got HTTP form %q, want %q", c.key, got, c.http)
		}
		if got := metainfo.RPCKey(c.http); got != c.back {
			t.Errorf("%q: got RPC form %q, want %q", c.http, got, c.back)
		}
	}
}

func TestHTTPNames(t *testing.T) {
	for _, c := range []struct {
		what string
		kind metainfo.Kind
		key  string
		want string // "" if it cannot be a name
	}{
		{"a persistent key", metainfo.KindPersistent, "LOG_ID", "rpc-persist-log-id"},
		{"a transient key", metainfo.KindTransient, "A", "rpc-transit-a"},
		{"a backward key", metainfo.KindBackward, "A", "rpc-backward-a"},
		{"a dot", metainfo.KindPersistent, "a.b", "rpc-persist-a.b"},
		{"no key", metainfo.KindPersistent, "", ""},
		{"a space", metainfo.KindPersistent, "a b", ""},
		{"a colon", metainfo.KindPersistent, "a:b", ""},
		{"a line break", metainfo.KindPersistent, "a\r\nb", ""},
		{"beyond ASCII", metainfo.KindPersistent, "é", ""},
	} {
		got, ok := metainfo.AppendHTTPName([]byte("x"), c.kind, c.key)
		if string(got) != "x"+c.want || ok != (c.want != "") {
			t.Errorf("%s: got %q, %v, want %q appended", c.what, got, ok, c.want)
		}
	}
}

func FuzzKeyForms(f *testing.F) {
	for _, s := range []string{"", "A_B", "a-b", "mixedCase", "UPSTREAM_A", "\x00", "é", "a:b", "____", "RPC_PERSIST_A"} {
		f.Add(s, "value")
	}
	f.Fuzz(func(t *testing.T, key, value string) {
		http, rpc := metainfo.HTTPKey(key), metainfo.RPCKey(key)
		if len(http) != len(key) || len(rpc) != len(key) {
			t.Errorf("%q: got %q and %q, want the length kept", key, http, rpc)
		}
		if metainfo.HTTPKey(http) != http || metainfo.RPCKey(rpc) != rpc {
			t.Errorf("%q: got forms that are not stable", key)
		}
		if metainfo.HTTPKey(rpc) != http || metainfo.RPCKey(http) != rpc {
			t.Errorf("%q: got %q and %q, want each to be the other's form", key, http, rpc)
		}
		overHTTP(t, key, value)
		overTTHeader(t, key, value)
	})
}

// overHTTP sends a value as net/http would hand it over.
func overHTTP(t *testing.T, key, value string) {
	name, ok := metainfo.AppendHTTPName(nil, metainfo.KindPersistent, key)
	if !ok {
		return
	}
	var in metainfo.Incoming
	if !in.AddHTTP(textproto.CanonicalMIMEHeaderKey(string(name)), value) {
		t.Fatalf("%q: %q was not taken", key, name)
	}
	if got, ok := in.Metadata().Persistent(metainfo.RPCKey(key)); !ok || got != value {
		t.Errorf("%q: got %q, %v over HTTP, want %q", key, got, ok, value)
	}
}

func overTTHeader(t *testing.T, key, value string) {
	var in metainfo.Incoming
	if !in.Add(metainfo.PrefixTransient+key, value) {
		t.Fatalf("%q was not taken", key)
	}
	arrives := key != "" && !strings.HasPrefix(key, "UPSTREAM_")
	if got, ok := in.Metadata().Upstream(key); ok != arrives || arrives && got != value {
		t.Errorf("%q: got %q, %v over TTHeader, want %q, %v", key, got, ok, value, arrives)
	}
}
