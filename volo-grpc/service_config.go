package vologrpc

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/volo-go/volo/motore/discovery"
	"github.com/volo-go/volo/motore/loadbalance"
)

// A ServiceConfig is what the owner of a service asks of its clients (gRPC,
// "Service Config"; gRFC A6 for retries and hedging, A17 for health). It is
// made by hand, or by [ParseServiceConfig]; it must not be changed once a
// client has it. Clients that share one share its Throttle.
type ServiceConfig struct {
	// Methods says what calls get, by method. The config of a method itself
	// counts more than that of its service, and that more than the default.
	Methods []MethodConfig

	// Balancing names the way to choose among instances: "round_robin" or
	// "pick_first". [WithBalancer] counts more; "" is the client's default.
	Balancing string
	// Shuffle lets pick_first begin with any of the instances.
	Shuffle bool

	// Throttle is that of all policies which have none of their own.
	Throttle *Throttle

	// Health, if not nil, is the service whose health each instance is asked
	// for, "" for its server as a whole: see [WithHealthCheck].
	Health *string
}

// A MethodConfig is what calls of some methods get. Zero members ask for
// nothing.
type MethodConfig struct {
	Names []MethodName

	// Timeout bounds each call, as [WithTimeout] does; the shorter counts.
	Timeout time.Duration
	// WaitForReady is as [WithWaitForReady].
	WaitForReady bool
	// MaxSendSize and MaxReceiveSize bound messages, as [WithMaxSendSize] and
	// [WithMaxReceiveSize] do; the smaller counts. Nil for no bound.
	MaxSendSize, MaxReceiveSize *int

	// Retry or Hedge, not both, makes calls more than once.
	Retry *RetryPolicy
	Hedge *HedgePolicy
}

// A MethodName names one method, all of a service if Method is "", or all
// there are if both are.
type MethodName struct {
	Service string // full name, "shop.v1.Items"
	Method  string
}

// A ServiceConfigError says what is wrong in a [ServiceConfig], and where.
type ServiceConfigError struct {
	Path string // as JSON has it, "methodConfig[0].retryPolicy.maxAttempts"; "" for the whole
	// Line and Column say where in the text, from 1 and in bytes; 0 if there
	// is none.
	Line, Column int
	Err          error
}

// Error returns "vologrpc: service config: 3:14: methodConfig[0].timeout: …".
func (e *ServiceConfigError) Error() string {
	var b strings.Builder
	b.WriteString("vologrpc: service config: ")
	if e.Line > 0 {
		fmt.Fprintf(&b, "%d:%d: ", e.Line, e.Column)
	}
	if e.Path != "" {
		b.WriteString(e.Path)
		b.WriteString(": ")
	}
	b.WriteString(e.Err.Error())
	return b.String()
}

// Unwrap returns what is wrong.
func (e *ServiceConfigError) Unwrap() error { return e.Err }

// check returns what is wrong with c, and where: the first there is.
func (c *ServiceConfig) check() *ServiceConfigError {
	seen := map[MethodName]string{}
	for i := range c.Methods {
		m, path := &c.Methods[i], "methodConfig["+strconv.Itoa(i)+"]"
		for j, name := range m.Names {
			at := path + ".name[" + strconv.Itoa(j) + "]"
			if name.Service == "" && name.Method != "" {
				return &ServiceConfigError{Path: at, Err: fmt.Errorf("method %q of no service", name.Method)}
			}
			if first, ok := seen[name]; ok {
				return &ServiceConfigError{Path: at, Err: errors.New("the same name as " + first)}
			}
			seen[name] = at
		}
		if err := m.check(path); err != nil {
			return err
		}
	}
	if t := c.Throttle; t != nil && !(t.max > 0 && t.max <= 1000) {
		return &ServiceConfigError{Path: "retryThrottling.maxTokens", Err: fmt.Errorf("%v is not over 0 and at most 1000", t.max)}
	} else if t != nil && !(t.ratio > 0) {
		return &ServiceConfigError{Path: "retryThrottling.tokenRatio", Err: fmt.Errorf("%v is not over 0", t.ratio)}
	}
	if c.Balancing != "" && !slices.Contains(balancings, c.Balancing) {
		return &ServiceConfigError{Path: "loadBalancingConfig", Err: fmt.Errorf("%q is none of %s", c.Balancing, strings.Join(balancings, ", "))}
	}
	return nil
}

func (m *MethodConfig) check(path string) *ServiceConfigError {
	for _, bad := range []struct {
		is   bool
		path string
		what any
	}{
		{m.Timeout < 0, ".timeout", fmt.Sprintf("%v is negative", m.Timeout)},
		{negative(m.MaxSendSize), ".maxRequestMessageBytes", "is negative"},
		{negative(m.MaxReceiveSize), ".maxResponseMessageBytes", "is negative"},
		{m.Retry != nil && m.Hedge != nil, ".hedgingPolicy", "there is a retryPolicy already"},
	} {
		if bad.is {
			return &ServiceConfigError{Path: path + bad.path, Err: fmt.Errorf("%v", bad.what)}
		}
	}
	if m.Retry != nil {
		return m.Retry.check(path + ".retryPolicy.")
	}
	if m.Hedge != nil && m.Hedge.Attempts < 2 {
		return &ServiceConfigError{Path: path + ".hedgingPolicy.maxAttempts", Err: fmt.Errorf("%d is less than 2", m.Hedge.Attempts)}
	}
	return nil
}

func negative(n *int) bool { return n != nil && *n < 0 }

// check is stricter than [Retry], which has defaults.
func (p *RetryPolicy) check(path string) *ServiceConfigError {
	for _, bad := range []struct {
		is         bool
		path, what string
	}{
		{p.Attempts < 2, "maxAttempts", strconv.Itoa(p.Attempts) + " is less than 2"},
		{p.Backoff.Base <= 0, "initialBackoff", p.Backoff.Base.String() + " is not over 0"},
		{p.Backoff.Max <= 0, "maxBackoff", p.Backoff.Max.String() + " is not over 0"},
		{!(p.Backoff.Multiplier > 0), "backoffMultiplier", fmt.Sprintf("%v is not over 0", p.Backoff.Multiplier)},
		{len(p.Codes) == 0, "retryableStatusCodes", "there is none"},
	} {
		if bad.is {
			return &ServiceConfigError{Path: path + bad.path, Err: errors.New(bad.what)}
		}
	}
	return nil
}

// balancer returns what Balancing names, nil for nothing.
func (c *ServiceConfig) balancer() loadbalance.Balancer {
	switch {
	case c == nil || c.Balancing == "":
		return nil
	case c.Balancing == "pick_first":
		return loadbalance.PickFirst()
	}
	return loadbalance.RoundRobin()
}

func (c *ServiceConfig) health() *string {
	if c == nil {
		return nil
	}
	return c.Health
}

// shuffle puts the instances that d finds into any order, if c says so.
func (c *ServiceConfig) shuffle(d discovery.Discoverer) discovery.Discoverer {
	if c == nil || !c.Shuffle {
		return d
	}
	return discovery.Func(func(ctx context.Context, service string, update func([]discovery.Instance)) error {
		return d.Watch(ctx, service, func(instances []discovery.Instance) {
			instances = slices.Clone(instances)
			rand.Shuffle(len(instances), func(i, j int) { instances[i], instances[j] = instances[j], instances[i] })
			update(instances)
		})
	})
}

// A callConfig is a [MethodConfig] as a client applies it.
type callConfig struct {
	*MethodConfig
	options *callOptions // of calls that have no others
}

// configs finds what calls get, by method.
type configs map[MethodName]*callConfig

func (c *ServiceConfig) configs() configs {
	if c == nil || len(c.Methods) == 0 {
		return nil
	}
	all := configs{}
	for i := range c.Methods {
		call := &callConfig{MethodConfig: &c.Methods[i]}
		call.options = &callOptions{config: call}
		for _, name := range call.Names {
			all[name] = call
		}
	}
	return all
}

// of returns the most specific config of a method, nil for none.
func (c configs) of(m *Method) *callConfig {
	for _, name := range [...]MethodName{{m.Service, m.Name}, {m.Service, ""}, {}} {
		if found := c[name]; found != nil {
			return found
		}
	}
	return nil
}

// configure tells each call what the service config says of its method.
func (c configs) configure() Layer {
	if len(c) == 0 {
		return nil
	}
	return func(next Handler) Handler {
		return HandlerFunc(func(ctx context.Context, req *Request) (*Response, error) {
			if found := c.of(req.Method); found != nil {
				if req.options == nil {
					req.options = found.options
				} else {
					own := *req.options
					own.config = found
					req.options = &own
				}
			}
			return next.Call(ctx, req)
		})
	}
}

// policies makes calls more than once where the service config has a policy.
func (c *ServiceConfig) policies(all configs) Layer {
	if len(all) == 0 {
		return nil
	}
	return func(next Handler) Handler {
		stacks := map[*callConfig]Handler{}
		for _, call := range all {
			if layer := c.policy(call.MethodConfig); layer != nil {
				stacks[call] = layer(next)
			}
		}
		if len(stacks) == 0 {
			return next
		}
		return HandlerFunc(func(ctx context.Context, req *Request) (*Response, error) {
			if o := req.options; o != nil {
				if stack := stacks[o.config]; stack != nil {
					return stack.Call(ctx, req)
				}
			}
			return next.Call(ctx, req)
		})
	}
}

func (c *ServiceConfig) policy(m *MethodConfig) Layer {
	switch {
	case m.Retry != nil:
		p := *m.Retry
		if p.Throttle == nil {
			p.Throttle = c.Throttle
		}
		return Retry(p)
	case m.Hedge != nil:
		p := *m.Hedge
		if p.Throttle == nil {
			p.Throttle = c.Throttle
		}
		return Hedge(p)
	}
	return nil
}

// limit lowers the limits of a call. Without an option of the user's, a
// method may allow larger answers than the default does.
func (m *MethodConfig) limit(o *outgoing, chosen bool) {
	if n := m.MaxSendSize; n != nil {
		o.maxSend = min(o.maxSend, *n)
	}
	if n := m.MaxReceiveSize; n != nil && chosen {
		o.maxRecv = min(o.maxRecv, *n)
	} else if n != nil {
		o.maxRecv = *n
	}
}
