package vologrpc

import (
	"context"
	"errors"
)

// Credentials prove to a peer who is calling, by metadata of each call. They
// are only sent over TLS. Implementations must be safe for concurrent use.
type Credentials interface {
	// Credentials returns the pairs to send with req. It may take its time,
	// within ctx; an error fails the call with UNAUTHENTICATED, or the code
	// of an [*Error].
	Credentials(ctx context.Context, req *Request) (Metadata, error)
}

// A CredentialsFunc is a function that is [Credentials].
type CredentialsFunc func(ctx context.Context, req *Request) (Metadata, error)

// Credentials calls f.
func (f CredentialsFunc) Credentials(ctx context.Context, req *Request) (Metadata, error) {
	return f(ctx, req)
}

var errPlaintext = errors.New("credentials are not sent over a connection without TLS")

// credentials gathers what all credentials of a call want sent.
func (c *clientCore) credentials(ctx context.Context, req *Request, encrypted bool) (Metadata, error) {
	all := c.o.credentials
	if o := req.options; o != nil && len(o.credentials) > 0 {
		all = append(all[:len(all):len(all)], o.credentials...)
	}
	if len(all) == 0 {
		return nil, nil
	}
	if !encrypted {
		return nil, req.fail(PhaseEncode, true, &Error{Code: Unauthenticated, Message: errPlaintext.Error(), Err: errPlaintext})
	}
	var m Metadata
	for _, cred := range all {
		pairs, err := cred.Credentials(ctx, req)
		if err != nil {
			var status *Error
			if !errors.As(err, &status) {
				status = &Error{Code: Unauthenticated, Message: "credentials: " + err.Error(), Err: err}
			}
			return nil, req.fail(PhaseEncode, true, status)
		}
		m = append(m, pairs...)
	}
	return m, nil
}
