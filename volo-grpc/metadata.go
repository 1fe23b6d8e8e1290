package vologrpc

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/volo-go/volo/metainfo"
	"github.com/volo-go/volo/motore/rpc"
	"github.com/volo-go/volo/volo-grpc/internal/http2"
)

// A Pair is one entry of [Metadata]. Keys are in lower case. A key that ends
// in "-bin" has any bytes as its value; all others have printable ASCII.
type Pair struct{ Key, Value string }

// Metadata are the pairs that travel beside the messages of a call, in order;
// a key may come several times. Keys that begin with "grpc-" and those of HTTP
// itself are reserved: they are not in received metadata, but for
// grpc-previous-rpc-attempts of calls that are retried or hedged; sending them
// fails the call.
type Metadata []Pair

// MetadataOf returns metadata of keys and values: key, value, key, value. It
// panics if the last key has no value.
func MetadataOf(pairs ...string) Metadata { return Metadata(nil).With(pairs...) }

// With returns m with further pairs, and leaves m as it is.
func (m Metadata) With(pairs ...string) Metadata {
	if len(pairs)%2 != 0 {
		panic("vologrpc: metadata has a key without a value")
	}
	m = slices.Clip(m)
	for i := 0; i < len(pairs); i += 2 {
		m = append(m, Pair{strings.ToLower(pairs[i]), pairs[i+1]})
	}
	return m
}

// Get returns the first value of key, "" if there is none.
func (m Metadata) Get(key string) string {
	for i := range m {
		if strings.EqualFold(m[i].Key, key) {
			return m[i].Value
		}
	}
	return ""
}

// Values returns all values of key, in order.
func (m Metadata) Values(key string) (values []string) {
	for i := range m {
		if strings.EqualFold(m[i].Key, key) {
			values = append(values, m[i].Value)
		}
	}
	return values
}

type metadataKey struct{}

// WithMetadata returns a context whose calls send further pairs: key, value,
// key, value.
func WithMetadata(ctx context.Context, pairs ...string) context.Context {
	m, _ := ctx.Value(metadataKey{}).(Metadata)
	return context.WithValue(ctx, metadataKey{}, m.With(pairs...))
}

// Received is what an answer brought beside its message. A streaming call's
// stream has the same; see [WithReceived].
type Received struct {
	Header, Trailer Metadata
	Peer            rpc.Address
}

type receivedKey struct{}

// WithReceived returns a context whose next unary call fills r, also when it
// fails. Calls that run at once need one each.
func WithReceived(ctx context.Context, r *Received) context.Context {
	return context.WithValue(ctx, receivedKey{}, r)
}

// MetadataFrom returns the metadata that the call of a handler came with, nil
// outside a handler. It must not be changed.
func MetadataFrom(ctx context.Context) Metadata {
	if s := streamOf(ctx); s != nil {
		return s.call.Metadata
	}
	return nil
}

var errNoHandler = errors.New("vologrpc: the context is not that of a handler")

// SetHeader adds pairs to the metadata that the answer begins with. It fails
// once that was sent, and outside a handler.
func SetHeader(ctx context.Context, pairs ...string) error {
	if s := streamOf(ctx); s != nil {
		return s.SetHeader(pairs...)
	}
	return errNoHandler
}

// SendHeader sends the metadata that the answer begins with, now.
func SendHeader(ctx context.Context) error {
	if s := streamOf(ctx); s != nil {
		return s.SendHeader()
	}
	return errNoHandler
}

// SetTrailer adds pairs to the metadata that the answer ends with. It fails
// outside a handler.
func SetTrailer(ctx context.Context, pairs ...string) error {
	if s := streamOf(ctx); s != nil {
		s.SetTrailer(pairs...)
		return nil
	}
	return errNoHandler
}

// reserved reports whether a key is not the user's.
func reserved(key string) bool {
	if strings.HasPrefix(key, "grpc-") || strings.HasPrefix(key, ":") {
		return true
	}
	switch key {
	case "content-type", "te", "connection", "keep-alive", "proxy-connection",
		"transfer-encoding", "upgrade", "host", "content-length":
		return true
	}
	return false
}

// appendMetadata appends m as header fields.
func appendMetadata(fields []http2.Field, m Metadata) ([]http2.Field, error) {
	for i := range m {
		key, value := m[i].Key, m[i].Value
		if err := checkKey(key); err != nil {
			return fields, err
		}
		if strings.HasSuffix(key, "-bin") {
			value = encodeBinary([]byte(value))
		} else if !printable(value) {
			return fields, fmt.Errorf("metadata %q: the value is not printable ASCII; a key that ends in -bin takes any", key)
		}
		fields = append(fields, http2.Field{Name: key, Value: value})
	}
	return fields, nil
}

func checkKey(key string) error {
	if reserved(key) {
		return fmt.Errorf("metadata %q: the key is reserved", key)
	}
	for i := 0; i < len(key); i++ {
		c := key[i]
		if c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '-' || c == '_' || c == '.' {
			continue
		}
		return fmt.Errorf("metadata %q: the key has a character other than a-z 0-9 _ - .", key)
	}
	if key == "" {
		return errors.New("metadata with an empty key")
	}
	return nil
}

func printable(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

// readMetadata returns the fields that are the user's. Values of binary keys
// that are no base64 are an error.
func readMetadata(fields []http2.Field) (m Metadata, err error) {
	for i := range fields {
		name, value := fields[i].Name, fields[i].Value
		if reserved(name) && name != previousKey {
			continue
		}
		if m == nil {
			m = make(Metadata, 0, len(fields))
		}
		if !strings.HasSuffix(name, "-bin") {
			m = append(m, Pair{name, value})
			continue
		}
		// Several values may have been joined on the way.
		for value := range strings.SplitSeq(value, ",") {
			raw, err := decodeBinary(strings.TrimSpace(value))
			if err != nil {
				return m, fmt.Errorf("metadata %q: %w", name, err)
			}
			m = append(m, Pair{name, string(raw)})
		}
	}
	return m, nil
}

func encodeBinary(b []byte) string { return base64.RawStdEncoding.EncodeToString(b) }

// decodeBinary reads base64 with padding and without.
func decodeBinary(s string) ([]byte, error) {
	return base64.RawStdEncoding.DecodeString(strings.TrimRight(s, "="))
}

// appendMetainfo appends what m sends to the next process.
func appendMetainfo(fields []http2.Field, m *metainfo.Metadata) []http2.Field {
	for kind, kv := range m.Outgoing() {
		fields = appendHTTP(fields, kind, kv.Key, kv.Value)
	}
	return fields
}

// appendHTTP appends a value of metainfo; one that no header can hold stays
// behind. To a peer it is metadata like any other: under a name that ends in
// -bin it expects base64, and refuses calls that have something else.
func appendHTTP(fields []http2.Field, kind metainfo.Kind, key, value string) []http2.Field {
	name, ok := metainfo.AppendHTTPName(nil, kind, key)
	switch {
	case !ok:
		return fields
	case bytes.HasSuffix(name, []byte("-bin")):
		value = encodeBinary([]byte(value))
	case !sendable(value):
		return fields
	}
	return append(fields, http2.Field{Name: string(name), Value: value})
}

// receiveBackward takes what a handler has sent back out of metadata.
func receiveBackward(cell *metainfo.BackwardCell, fields []http2.Field) {
	for _, f := range fields {
		if strings.HasSuffix(f.Name, "-bin") {
			raw, err := decodeBinary(f.Value)
			if err != nil {
				continue // it is nobody's
			}
			f.Value = string(raw)
		}
		cell.ReceiveHTTP(f.Name, f.Value)
	}
}

// sendable reports whether a header can hold s (RFC 9110, section 5.5).
func sendable(s string) bool {
	for i := 0; i < len(s); i++ {
		if c := s[i]; c < ' ' && c != '\t' || c == 0x7f {
			return false
		}
	}
	return true
}
