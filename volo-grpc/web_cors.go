package vologrpc

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/volo-go/volo/volo-grpc/internal/http2"
)

// A cors says whose pages may call (WHATWG Fetch, "CORS protocol").
type cors struct {
	origins     map[string]bool
	all         bool // "*"
	allow       func(origin string) bool
	credentials bool
	maxAge      string // seconds
	// fixed says that no answer depends on who asks, so that a cache may give
	// one's to another.
	fixed bool
}

func newCORS(c Web) cors {
	out := cors{origins: make(map[string]bool), allow: c.Allow, credentials: c.Credentials}
	for _, origin := range c.Origins {
		origin = strings.ToLower(strings.TrimSuffix(origin, "/"))
		out.origins[origin] = true
		out.all = out.all || origin == "*"
	}
	delete(out.origins, "*")
	out.fixed = len(out.origins) == 0 && out.allow == nil
	age := c.MaxAge
	if age <= 0 {
		age = 10 * time.Minute
	}
	out.maxAge = strconv.FormatInt(int64(age/time.Second), 10)
	return out
}

// allowed reports whether the pages of an origin may call; named, whether they
// may because of what they are, not because all may.
func (c *cors) allowed(origin string) (ok, named bool) {
	if origin == "" {
		return false, false
	}
	named = c.origins[origin] || c.allow != nil && c.allow(origin)
	return named || c.all, named
}

// admission returns the fields that let the page of an origin see an answer,
// and whether it may.
func (c *cors) admission(origin string) (fields []http2.Field, ok bool) {
	if !c.fixed {
		fields = append(fields, http2.Field{Name: "vary", Value: "origin"})
	}
	ok, named := c.allowed(origin)
	switch {
	case named:
		fields = append(fields, http2.Field{Name: "access-control-allow-origin", Value: origin})
		if c.credentials {
			fields = append(fields, http2.Field{Name: "access-control-allow-credentials", Value: "true"})
		}
	case ok:
		fields = append(fields, http2.Field{Name: "access-control-allow-origin", Value: "*"})
	}
	return fields, ok
}

// An admission is what a page may see of the answer to its call.
type admission struct {
	fields []http2.Field
	ok     bool // there is a page of another origin, and it may see the answer
}

func (c *cors) ofAnswer(origin string) admission {
	fields, ok := c.admission(origin)
	return admission{fields, ok}
}

// appendTo appends what an answer whose head has these fields says to browsers:
// the page gets to see those that are named, the others it does not.
func (a *admission) appendTo(head []http2.Field) []http2.Field {
	out := append(slices.Clone(head), a.fields...)
	if !a.ok || len(head) == 0 {
		return out
	}
	var names []string
	for _, f := range head {
		if !slices.Contains(names, f.Name) {
			names = append(names, f.Name)
		}
	}
	return append(out, http2.Field{Name: "access-control-expose-headers", Value: strings.Join(names, ", ")})
}

var (
	mayCall    = &http2.Block{Fields: []http2.Field{{Name: ":status", Value: "204"}}}
	mayNotCall = &http2.Block{Fields: []http2.Field{{Name: ":status", Value: "403"}}}
)

// preflight answers a browser that asks, with these fields, whether it may
// call. It may send any metadata.
func (c *cors) preflight(request []http2.Field) (status *http2.Block, fields []http2.Field) {
	fields, ok := c.admission(fieldOf(request, "origin"))
	if !ok || fieldOf(request, "access-control-request-method") != "POST" {
		return mayNotCall, fields
	}
	fields = append(fields,
		http2.Field{Name: "access-control-allow-methods", Value: "POST"},
		http2.Field{Name: "access-control-max-age", Value: c.maxAge},
	)
	if names := fieldOf(request, "access-control-request-headers"); names != "" {
		fields = append(fields,
			http2.Field{Name: "access-control-allow-headers", Value: names},
			http2.Field{Name: "vary", Value: "access-control-request-headers"},
		)
	}
	return mayCall, fields
}
