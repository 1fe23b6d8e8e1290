package connect

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	vologrpc "github.com/volo-go/volo/volo-grpc"

	conformancev1 "github.com/volo-go/volo/integration/conformance/connect/gen/conformancev1"
)

// Pairs returns headers as vologrpc takes them: key, value, key, value. The
// suite has binary values in base64, with padding or without.
func Pairs(headers []*conformancev1.Header) (pairs []string, err error) {
	for _, h := range headers {
		key := strings.ToLower(h.Name)
		for _, value := range h.Value {
			if strings.HasSuffix(key, "-bin") {
				b, err := base64.RawStdEncoding.DecodeString(strings.TrimRight(value, "="))
				if err != nil {
					return nil, fmt.Errorf("header %s: %w", h.Name, err)
				}
				value = string(b)
			}
			pairs = append(pairs, key, value)
		}
	}
	return pairs, nil
}

// Headers is the inverse of Pairs.
func Headers(m vologrpc.Metadata) (headers []*conformancev1.Header) {
	byName := make(map[string]*conformancev1.Header)
	for _, p := range m {
		h := byName[p.Key]
		if h == nil {
			h = &conformancev1.Header{Name: p.Key}
			byName[p.Key], headers = h, append(headers, h)
		}
		value := p.Value
		if strings.HasSuffix(p.Key, "-bin") {
			value = base64.RawStdEncoding.EncodeToString([]byte(value))
		}
		h.Value = append(h.Value, value)
	}
	return headers
}

// Status returns the error that e asks for.
func Status(e *conformancev1.Error) *vologrpc.Error {
	return &vologrpc.Error{Code: vologrpc.Code(e.Code), Message: e.GetMessage(), Details: e.Details}
}

// Error returns what err says in the words of the suite. It is nil if err is.
func Error(err error) *conformancev1.Error {
	if err == nil {
		return nil
	}
	out := &conformancev1.Error{Code: conformancev1.Code(vologrpc.CodeOf(err))}
	message := err.Error()
	if e := (*vologrpc.Error)(nil); errors.As(err, &e) {
		message, out.Details = e.Message, e.Details
	}
	out.Message = &message
	return out
}
