package volothrift_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/volo-go/volo/pilota/thrift"
	volothrift "github.com/volo-go/volo/volo-thrift"
	"github.com/volo-go/volo/volo-thrift/internal/store"
	"github.com/volo-go/volo/volo-thrift/internal/store/storethrift"
)

var (
	missing = &store.NotFound{Key: "k"}
	denied  = &store.Denied{Reason: "not yours", Code: 403}
	extra   = map[string]string{"shard": "7", "hint": "try \"later\""}
)

// fails is what get returns under a key.
var fails = map[string]error{
	"declared":             missing,
	"declared second":      denied,
	"declared, wrapped":    fmt.Errorf("looking it up: %w", denied),
	"declared, joined":     errors.Join(errors.New("first"), missing),
	"application":          &thrift.ApplicationException{Type: thrift.ValidationFailed, Message: "too short"},
	"application, wrapped": fmt.Errorf("checking: %w", &thrift.ApplicationException{Type: thrift.UnsupportedClientType, Message: "old"}),
	"application, unknown": &thrift.ApplicationException{Type: 4711, Message: "of the peer's own"},
	"plain":                errors.New("disk on fire"),
	"business":             &volothrift.BizError{Status: 10001, Message: "sold out", Extra: extra},
	"business, plain":      &volothrift.BizError{Status: -1, Message: ""},
	"business, wrapped":    fmt.Errorf("ordering: %w", &volothrift.BizError{Status: 3, Message: "späte Änderung ✓"}),
}

var talker = handler{
	get: func(_ context.Context, key string) (string, error) {
		if err := fails[key]; err != nil {
			return "must not be seen", err
		}
		return key, nil
	},
	put: func(_ context.Context, key, _ string) error { return fails[key] },
	choose: func(_ context.Context, weights []int64) (*store.Choice, error) {
		switch len(weights) {
		case 0:
			return nil, nil
		case 1:
			return &store.Choice{}, nil
		}
		return &store.Choice{Number: &weights[1]}, nil
	},
}

// application returns a check for an application exception from the peer.
func application(typ thrift.ExceptionType, message string) func(error, bool) bool {
	return func(err error, _ bool) bool {
		var e *volothrift.Error
		var app *thrift.ApplicationException
		return errors.As(err, &e) && e.Phase == volothrift.PhaseRemote && !e.Unsent &&
			errors.As(err, &app) && app.Type == typ && strings.Contains(app.Message, message)
	}
}

// business returns a check for a business error; a protocol without a header
// makes it an application exception.
func business(want volothrift.BizError) func(error, bool) bool {
	return func(err error, header bool) bool {
		if !header {
			return application(thrift.InternalError, want.Message)(err, header)
		}
		var biz *volothrift.BizError
		return errors.As(err, &biz) && biz.Status == want.Status && biz.Message == want.Message && maps.Equal(biz.Extra, want.Extra)
	}
}

func get(key string) func(context.Context, *storethrift.StoreClient) error {
	return func(ctx context.Context, c *storethrift.StoreClient) error {
		v, err := c.Get(ctx, key)
		if err == nil && v != key || err != nil && v != "" {
			return fmt.Errorf("got %q beside %v", v, err)
		}
		return err
	}
}

func put(key string) func(context.Context, *storethrift.StoreClient) error {
	return func(ctx context.Context, c *storethrift.StoreClient) error { return c.Put(ctx, key, "v") }
}

func choose(weights ...int64) func(context.Context, *storethrift.StoreClient) error {
	return func(ctx context.Context, c *storethrift.StoreClient) error {
		v, err := c.Choose(ctx, weights)
		if err == nil && v.GetNumber() != weights[1] {
			return fmt.Errorf("got %v", v)
		}
		return err
	}
}

var outcomes = []struct {
	what string
	call func(context.Context, *storethrift.StoreClient) error
	is   func(err error, header bool) bool
}{
	{"a value", get("plain value"), succeeds},
	{"an empty value", get(""), succeeds},
	{"a value of a megabyte", get(strings.Repeat("x", 1<<20)), succeeds},
	{"a union", choose(1, 2), succeeds},
	{"nothing, from a void method", put("k"), succeeds},
	{"nothing, from a oneway method", func(ctx context.Context, c *storethrift.StoreClient) error { return c.Note(ctx, "n") }, succeeds},
	{"the first declared exception", get("declared"), func(err error, _ bool) bool {
		var e *store.NotFound
		return errors.As(err, &e) && *e == *missing
	}},
	{"the second declared exception", get("declared second"), isDenied},
	{"a declared exception that is wrapped", get("declared, wrapped"), isDenied},
	{"a declared exception that is joined to another error", get("declared, joined"), func(err error, _ bool) bool {
		var e *store.NotFound
		return errors.As(err, &e)
	}},
	{"a declared exception of a void method", put("declared second"), isDenied},
	{"an exception that this method does not declare", put("declared"), application(thrift.InternalError, "NotFound")},
	{"an application exception", get("application"), application(thrift.ValidationFailed, "too short")},
	{"an application exception that is wrapped", get("application, wrapped"), application(thrift.UnsupportedClientType, "old")},
	{"an application exception of no known type", get("application, unknown"), application(4711, "of the peer's own")},
	{"any other error", get("plain"), application(thrift.InternalError, "disk on fire")},
	{"a business error with extras", get("business"), business(volothrift.BizError{Status: 10001, Message: "sold out", Extra: extra})},
	{"a business error without a message", get("business, plain"), business(volothrift.BizError{Status: -1})},
	{"a business error that is wrapped", get("business, wrapped"), business(volothrift.BizError{Status: 3, Message: "späte Änderung ✓"})},
	{"a business error of a void method", put("business"), business(volothrift.BizError{Status: 10001, Message: "sold out", Extra: extra})},
	{"no result where there must be one", choose(), application(thrift.MissingResult, "choose")},
	{"a result that cannot be encoded", choose(1), application(thrift.InternalError, "exactly one member")},
}

func succeeds(err error, _ bool) bool { return err == nil }

func isDenied(err error, _ bool) bool {
	var e *store.Denied
	return errors.As(err, &e) && *e == *denied
}

func TestCallsEndAsTheHandlerSays(t *testing.T) {
	for _, p := range protocols {
		t.Run(p.name, func(t *testing.T) {
			c := dial(t, serve(t, talker), p.opts...)
			for _, tt := range outcomes {
				t.Run(tt.what, func(t *testing.T) {
					if err := tt.call(t.Context(), c); !tt.is(err, p.header) {
						t.Errorf("got %v", err)
					}
					// Whatever it was, the connection serves on.
					if err := get("next")(t.Context(), c); err != nil {
						t.Errorf("the next call got %v", err)
					}
				})
			}
		})
	}
}

func TestCallsOfEveryOutcomeUseOneConnection(t *testing.T) {
	for _, p := range protocols {
		if p.name == "multiplexed over three connections" {
			continue
		}
		t.Run(p.name, func(t *testing.T) {
			pair := serve(t, talker)
			dials := new(counter)
			c := newClient(t, pair.Target(), append(p.opts, volothrift.WithDialer(dials.count(pair.Dial)))...)
			for _, tt := range outcomes {
				tt.call(t.Context(), c)
			}
			if n := dials.n.Load(); n != 1 {
				t.Errorf("%d calls, one after the other, dialed %d times; want once", len(outcomes), n)
			}
		})
	}
}

func TestOnewayCallRunsTheHandlerAndReturnsBefore(t *testing.T) {
	for _, p := range protocols {
		t.Run(p.name, func(t *testing.T) {
			release, notes := make(chan struct{}), make(chan string, 3)
			c := dial(t, serve(t, handler{note: func(_ context.Context, text string) error {
				<-release
				notes <- text
				return errors.New("nobody hears this")
			}}), p.opts...)
			for _, text := range []string{"a", "b", "c"} {
				if err := c.Note(t.Context(), text); err != nil {
					t.Fatal(err)
				}
			}
			close(release)
			got := map[string]bool{<-notes: true, <-notes: true, <-notes: true}
			if !got["a"] || !got["b"] || !got["c"] {
				t.Errorf("the handler saw %v", got)
			}
			mustGet(t, c, "after")
		})
	}
}

// An unserved service has a method that the server does not know.
var unserved = &volothrift.Method{
	Service: "Store", Name: "steal",
	New: func() (thrift.Struct, volothrift.Result) { return nil, nil },
}

func TestUnknownMethodIsAnApplicationException(t *testing.T) {
	for _, p := range protocols {
		t.Run(p.name, func(t *testing.T) {
			pair := serve(t, talker)
			c, err := volothrift.NewClient(pair.Target(), pair.ClientOptions(p.opts...)...)
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			err = c.Call(t.Context(), unserved, &store.NotFound{}, nil)
			if !application(thrift.UnknownMethod, `"steal"`)(err, true) {
				t.Errorf("got %v; want an UnknownMethod exception that names the method", err)
			}
			mustGet(t, storethrift.StoreOver(c), "next")
		})
	}
}

func TestServicesShareAPort(t *testing.T) {
	audit := storethrift.NewAuditService(auditor{})
	for _, p := range protocols {
		t.Run(p.name, func(t *testing.T) {
			s := newServer(t, handler{})
			if err := s.Register(audit); err != nil {
				t.Fatal(err)
			}
			addr := serveOn(t, s, "tcp", "127.0.0.1:0").String()
			base, err := volothrift.NewClient(addr, p.opts...)
			if err != nil {
				t.Fatal(err)
			}
			defer base.Close()
			stores, audits := storethrift.StoreOver(base), storethrift.AuditOver(base)
			if got, err := audits.Last(t.Context()); got != "last" || err != nil {
				t.Errorf("Audit.last, which only one service has, returned %q, %v", got, err)
			}
			mustGetBoth := func(name, want string, get func(context.Context, string) (string, error)) {
				got, err := get(t.Context(), "k")
				switch {
				case p.header && (got != want || err != nil):
					t.Errorf("%s.get returned %q, %v; want %q", name, got, err, want)
				case !p.header && !application(thrift.UnknownMethod, "several services")(err, false):
					t.Errorf("%s.get, which two services have, returned %q, %v; want an exception that says so", name, got, err)
				}
			}
			mustGetBoth("Store", "k", stores.Get)
			mustGetBoth("Audit", "audited k", audits.Get)
		})
	}
}

type auditor struct{}

func (auditor) Get(_ context.Context, key string) (string, error) { return "audited " + key, nil }
func (auditor) Last(context.Context) (string, error)              { return "last", nil }

func TestRegisterRefusesWhatWouldNotWork(t *testing.T) {
	s := newServer(t, handler{})
	if err := s.Register(storethrift.NewStoreService(handler{})); err == nil || !strings.Contains(err.Error(), "Store") {
		t.Errorf("registering a service twice gave %v; want an error that names it", err)
	}
	serveOn(t, s, "tcp", "127.0.0.1:0")
}

// isDeclared reports whether err is an exception that get declares.
func isDeclared(err error) bool {
	var notFound *store.NotFound
	var denied *store.Denied
	return errors.As(err, &notFound) || errors.As(err, &denied)
}
