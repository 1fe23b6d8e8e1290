package kitex

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"reflect"
	"time"

	"github.com/volo-go/volo/metainfo"
	"github.com/volo-go/volo/pilota/thrift"
	volothrift "github.com/volo-go/volo/volo-thrift"

	"github.com/volo-go/volo/integration/conformance/kitex/gen/suite"
	"github.com/volo-go/volo/integration/conformance/kitex/gen/suite/suitethrift"
	"github.com/volo-go/volo/integration/conformance/kitex/stage"
)

// casesOf returns the cases of our client. relay is the address of a server of
// ours that Kitex's is to call.
func (p protocol) casesOf(c *clients, relay string) []stage.Case {
	cases := append(c.values(), c.failures()...)
	cases = append(cases, c.shapes()...)
	if !p.inOrder {
		cases = append(cases, c.overlaps()...)
	}
	if p.header {
		return append(append(cases, c.headers()...), c.hops(relay)...)
	}
	return append(cases, stage.Case{Name: "a business error, which nothing can carry", Run: func(ctx context.Context) error {
		if _, err := c.Fail(ctx, "biz"); err == nil {
			return errors.New("the call has succeeded")
		}
		return c.Nothing(ctx)
	}})
}

// values are calls that succeed.
func (c *clients) values() []stage.Case {
	return []stage.Case{
		{Name: "a value of every type", Run: func(ctx context.Context) error {
			want := everything(2)
			got, err := c.Echo(ctx, want)
			if err == nil && !reflect.DeepEqual(got, want) {
				err = fmt.Errorf("got %v, want %v", got, want)
			}
			return err
		}},
		{Name: "several arguments", Run: func(ctx context.Context) error {
			got, err := c.Several(ctx, -4, "text", []int64{1, -2})
			return is(got, err, "-4 text 1 -2")
		}},
		{Name: "an inherited method", Run: func(ctx context.Context) error {
			got, err := c.Inherited(ctx, "")
			return is(got, err, "")
		}},
		{Name: "void", Run: c.Nothing},
		{Name: "oneway, then calls", Run: func(ctx context.Context) error {
			for i := range 3 {
				token := fmt.Sprint("note ", i)
				if err := c.Note(ctx, token); err != nil {
					return err
				}
				got, err := c.Noted(ctx, token)
				if err := is(got, err, token); err != nil {
					return err
				}
			}
			return nil
		}},
		{Name: "1 MiB there and back", Run: func(ctx context.Context) error {
			big := bytes.Repeat([]byte("0123456789abcdef"), 1<<16)
			for range 3 {
				got, err := c.Turn(ctx, big)
				if err != nil {
					return err
				}
				if len(got) != len(big) || got[0] != 'f' || got[len(got)-1] != '0' {
					return fmt.Errorf("got %d bytes", len(got))
				}
			}
			return nil
		}},
		{Name: "a service beside it, by a method that it alone has", Run: func(ctx context.Context) error {
			got, err := c.second.Alone(ctx, "x")
			return is(got, err, "alone x")
		}},
	}
}

// failures are calls that fail; the connection goes on.
func (c *clients) failures() []stage.Case {
	then := func(check func(ctx context.Context) error) func(context.Context) error {
		return func(ctx context.Context) error { return errors.Join(check(ctx), c.Nothing(ctx)) }
	}
	fails := func(how string, typ thrift.ExceptionType, part string) func(context.Context) error {
		return then(func(ctx context.Context) error {
			_, err := c.Fail(ctx, how)
			return application(err, typ, part)
		})
	}
	return []stage.Case{
		{Name: "a declared exception", Run: then(func(ctx context.Context) error {
			_, err := c.Fail(ctx, "declared")
			if e, ok := errors.AsType[*suite.Declared](err); !ok || e.Code != 17 || e.Message != "declared by the IDL" {
				return fmt.Errorf("got %v", err)
			}
			return nil
		})},
		{Name: "the second declared exception", Run: then(func(ctx context.Context) error {
			_, err := c.Fail(ctx, "other")
			if e, ok := errors.AsType[*suite.Other](err); !ok || e.Why != "for another reason" {
				return fmt.Errorf("got %v", err)
			}
			return nil
		})},
		{Name: "an error of the handler", Run: fails("error", thrift.InternalError, "something broke")},
		{Name: "a panic of the handler", Run: fails("panic", thrift.InternalError, "")},
		{Name: "an exception with a type of its own", Run: fails("typed", 1234, "a type of its own")},
		{Name: "an unknown method", Run: func(ctx context.Context) error {
			m := *methodOf("nothing")
			m.Name = "noSuchMethod"
			return c.unknown(ctx, &m)
		}},
		{Name: "a call that runs out of time, then another", Run: then(func(ctx context.Context) error {
			err := c.With(volothrift.CallTimeout(100*time.Millisecond)).Nap(ctx, 1000)
			if !errors.Is(err, context.DeadlineExceeded) {
				return fmt.Errorf("got %v", err)
			}
			return nil
		})},
		{Name: "a call that is cancelled, then another", Run: then(func(ctx context.Context) error {
			cancelled, cancel := context.WithCancel(ctx)
			time.AfterFunc(50*time.Millisecond, cancel)
			if err := c.Nap(cancelled, 1000); !errors.Is(err, context.Canceled) {
				return fmt.Errorf("got %v", err)
			}
			return nil
		})},
	}
}

// shapes are messages that the other side's IDL does not know entirely.
func (c *clients) shapes() []stage.Case {
	return []stage.Case{{Name: "fields that the server does not know", Run: func(ctx context.Context) error {
		m := methodOf("widen")
		wide := &suite.Wide{Text: "kept", Everything: everything(1), More: map[int32][]string{1: {"a"}}}
		_, result := m.New()
		if err := c.core.Call(ctx, m, &suite.Widened{Value: wide, Since: 5, Further: []*suite.Wide{wide}}, result); err != nil {
			return err
		}
		return stage.Equal("the text", result.Success().(*suite.Narrow).GetText(), "kept")
	}}}
}

// overlaps are calls at the same time.
func (c *clients) overlaps() []stage.Case {
	return []stage.Case{
		{Name: "64 calls at once that wait for each other", Run: func(ctx context.Context) error {
			return stage.All(64, func(int) error {
				got, err := c.Meet(ctx, "64", 64)
				return is(got, err, 64)
			})
		}},
		{Name: "answers that overtake others", Run: func(ctx context.Context) error {
			held := make(chan error, 1)
			go func() {
				got, err := c.Hold(ctx, "overtaken")
				held <- is(got, err, "overtaken")
			}()
			err := stage.All(16, func(i int) error {
				got, err := c.Several(ctx, int32(i), "overtakes", nil)
				return is(got, err, fmt.Sprint(i, " overtakes"))
			})
			return errors.Join(err, c.Release(ctx, "overtaken"), <-held)
		}},
	}
}

// headers are what travels beside a message.
func (c *clients) headers() []stage.Case {
	return []stage.Case{
		{Name: "a business error", Run: func(ctx context.Context) error {
			_, err := c.Fail(ctx, "biz")
			return errors.Join(business(err, 4001, "no stock", nil), c.Nothing(ctx))
		}},
		{Name: "a business error with extra", Run: func(ctx context.Context) error {
			_, err := c.Fail(ctx, "extra")
			return errors.Join(business(err, -5, "später", map[string]string{"item": "7", "quote": `"`}), c.Nothing(ctx))
		}},
		{Name: "who calls what", Run: func(ctx context.Context) error {
			v, err := c.Look(ctx)
			if err != nil {
				return err
			}
			return errors.Join(stage.Equal("caller", v.Caller, "volo-client"), stage.Equal("callee", v.Callee, "kitex-server"),
				stage.Equal("service", v.Service, "Suite"), stage.Equal("method", v.Method, "look"), stage.Equal("remaining", v.Remaining, 0))
		}},
		{Name: "the time that remains, of the client's timeout", Run: func(ctx context.Context) error {
			v, err := c.With(volothrift.CallTimeout(20 * time.Second)).Look(ctx)
			return remains(v, err)
		}},
		{Name: "the time that remains, of the context", Run: func(ctx context.Context) error {
			ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
			defer cancel()
			v, err := c.Look(ctx)
			return remains(v, err)
		}},
		{Name: "two services with a method of the same name", Run: func(ctx context.Context) error {
			for i := range 3 {
				text := fmt.Sprint(i)
				got, err := c.second.Who(ctx, text)
				if err := is(got, err, "Second "+text); err != nil {
					return err
				}
				if got, err = c.Who(ctx, text); err != nil || got != "Suite "+text {
					return fmt.Errorf("got %q, %v", got, err)
				}
			}
			return nil
		}},
		{Name: "a service that is not there", Run: func(ctx context.Context) error {
			m := *methodOf("nothing")
			m.Service, m.Name = "NoSuchService", "noSuchMethod"
			return c.unknown(ctx, &m)
		}},
	}
}

// unknown complains unless the server says that it does not know m. That is
// done on connections of its own: Kitex closes them after such a call without
// saying so, and takes no other one down that way.
func (c *clients) unknown(ctx context.Context, m *volothrift.Method) error {
	own, err := c.again()
	if err != nil {
		return err
	}
	defer own.Close()
	args, result := m.New()
	err = own.core.Call(ctx, m, args, result)
	if e, ok := errors.AsType[*thrift.ApplicationException](err); !ok || e.Type != thrift.UnknownMethod && e.Type != unknownService {
		return fmt.Errorf("got %v, want an exception of type %d or %d", err, thrift.UnknownMethod, unknownService)
	}
	return c.Nothing(ctx)
}

// unknownService is the type of Kitex's own by which a server with several
// services says that none has the method.
const unknownService thrift.ExceptionType = 20

// hops are metadata on their way.
func (c *clients) hops(relay string) []stage.Case {
	return []stage.Case{
		{Name: "metadata there and back", Run: func(ctx context.Context) error {
			v, back, err := look(ctx, c.Look)
			if err != nil {
				return err
			}
			return errors.Join(same("persistent", v.Persistent, map[string]string{"TRACE": "abc", "lower-case": "ü"}),
				same("upstream", v.Upstream, map[string]string{"SHARD": "7"}), stage.Equal("what came back", back, "there"))
		}},
		{Name: "metadata over two hops", Run: func(ctx context.Context) error {
			v, back, err := look(ctx, func(ctx context.Context) (*suite.View, error) { return c.Relay(ctx, relay) })
			if err != nil {
				return err
			}
			return errors.Join(same("persistent", v.Persistent, map[string]string{"TRACE": "abc", "lower-case": "ü"}),
				same("upstream", v.Upstream, nil), stage.Equal("what came back", back, ""), stage.Equal("caller", v.Caller, "kitex-client"))
		}},
	}
}

// look calls f with metadata and returns what came back under BACK.
func look(ctx context.Context, f func(context.Context) (*suite.View, error)) (*suite.View, string, error) {
	ctx = metainfo.WithPersistents(ctx, "TRACE", "abc", "lower-case", "ü")
	ctx = metainfo.WithBackward(metainfo.WithTransient(ctx, "SHARD", "7"))
	v, err := f(ctx)
	back, _ := metainfo.Backward(ctx, "BACK")
	return v, back, err
}

// methodOf returns a method of Suite.
func methodOf(name string) *volothrift.Method {
	for _, m := range suitethrift.NewSuiteService(nil).Methods {
		if m.Name == name {
			return m
		}
	}
	panic("Suite has no method " + name)
}
