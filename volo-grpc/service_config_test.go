package vologrpc_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/volo-go/volo/motore/discovery"
	"github.com/volo-go/volo/motore/rpc"
	vologrpc "github.com/volo-go/volo/volo-grpc"
)

func TestParseServiceConfig(t *testing.T) {
	size := func(n int) *int { return &n }
	health, server := "shop", ""
	for _, tt := range []struct {
		what, text string
		want       vologrpc.ServiceConfig
	}{
		{"nothing", `{}`, vologrpc.ServiceConfig{}},
		{"what nobody knows", `{"a": [1, {"b": null}], "methodConfig": [{"c": "d"}]}`, vologrpc.ServiceConfig{Methods: []vologrpc.MethodConfig{{}}}},
		{"null, which is nothing", `{"methodConfig": null, "retryThrottling": null, "loadBalancingConfig": null, "healthCheckConfig": null}`, vologrpc.ServiceConfig{}},
		{"a method", `{"methodConfig": [{
			"name": [{"service": "s", "method": "m"}, {"service": "s"}, {}],
			"timeout": "1.000000001s", "waitForReady": true, "maxRequestMessageBytes": 0, "maxResponseMessageBytes": "4294967295"
		}]}`, vologrpc.ServiceConfig{Methods: []vologrpc.MethodConfig{{
			Names:   []vologrpc.MethodName{{Service: "s", Method: "m"}, {Service: "s"}, {}},
			Timeout: time.Second + 1, WaitForReady: true, MaxSendSize: size(0), MaxReceiveSize: size(math.MaxUint32),
		}}}},
		{"retries", `{"methodConfig": [{"retryPolicy": {
			"maxAttempts": 2.0, "initialBackoff": ".5s", "maxBackoff": "1.s", "backoffMultiplier": 1e1,
			"retryableStatusCodes": ["UNAVAILABLE", "cancelled", 4]
		}}]}`, vologrpc.ServiceConfig{Methods: []vologrpc.MethodConfig{{Retry: &vologrpc.RetryPolicy{
			Attempts: 2, Backoff: vologrpc.Backoff{Base: time.Second / 2, Max: time.Second, Multiplier: 10},
			Codes: []vologrpc.Code{vologrpc.Unavailable, vologrpc.Canceled, vologrpc.DeadlineExceeded},
		}}}}},
		{"hedging", `{"methodConfig": [{"hedgingPolicy": {"maxAttempts": 3, "hedgingDelay": "2s", "nonFatalStatusCodes": ["ABORTED"]}}]}`,
			vologrpc.ServiceConfig{Methods: []vologrpc.MethodConfig{{Hedge: &vologrpc.HedgePolicy{
				Attempts: 3, Delay: 2 * time.Second, NonFatal: []vologrpc.Code{vologrpc.Aborted},
			}}}}},
		{"hedging with defaults", `{"methodConfig": [{"hedgingPolicy": {"maxAttempts": 3}}]}`,
			vologrpc.ServiceConfig{Methods: []vologrpc.MethodConfig{{Hedge: &vologrpc.HedgePolicy{Attempts: 3}}}}},
		{"the longest time", `{"methodConfig": [{"timeout": "315576000000s"}]}`,
			vologrpc.ServiceConfig{Methods: []vologrpc.MethodConfig{{Timeout: math.MaxInt64}}}},
		{"throttling", `{"retryThrottling": {"maxTokens": 1000, "tokenRatio": 0.1}}`, vologrpc.ServiceConfig{Throttle: vologrpc.NewThrottle(1000, 0.1)}},
		{"the first known policy", `{"loadBalancingConfig": [{"grpclb": {}}, {"round_robin": {}}, {"pick_first": 1}]}`, vologrpc.ServiceConfig{Balancing: "round_robin"}},
		{"a policy with a config", `{"loadBalancingConfig": [{"pick_first": {"shuffleAddressList": true}}]}`, vologrpc.ServiceConfig{Balancing: "pick_first", Shuffle: true}},
		{"the old name of a policy", `{"loadBalancingPolicy": "ROUND_ROBIN"}`, vologrpc.ServiceConfig{Balancing: "round_robin"}},
		{"an old name that nobody knows", `{"loadBalancingPolicy": "grpclb"}`, vologrpc.ServiceConfig{}},
		{"health of a service", `{"healthCheckConfig": {"serviceName": "shop"}}`, vologrpc.ServiceConfig{Health: &health}},
		{"health of a server", `{"healthCheckConfig": {}}`, vologrpc.ServiceConfig{Health: &server}},
	} {
		got, err := vologrpc.ParseServiceConfig(tt.text)
		if err != nil || !reflect.DeepEqual(*got, tt.want) {
			t.Errorf("%s: got %+v and %v, want %+v", tt.what, got, err, tt.want)
		}
	}
}

func TestServiceConfigsThatAreWrong(t *testing.T) {
	method := func(field string) string { return "{\"methodConfig\": [{}, {\n  " + field + "\n}]}" }
	retry := func(instead string) string {
		policy := `"maxAttempts": 2, "initialBackoff": "1s", "maxBackoff": "1s", "backoffMultiplier": 1, "retryableStatusCodes": [14]`
		name, _, _ := strings.Cut(instead, ":")
		var kept []string
		for field := range strings.SplitSeq(policy, ", ") {
			if !strings.HasPrefix(field, name+":") {
				kept = append(kept, field)
			}
		}
		return method(`"retryPolicy": {` + strings.TrimSuffix(strings.Join(append([]string{instead}, kept...), ", "), ", ") + "}")
	}
	const at = "methodConfig[1]"
	for _, tt := range []struct{ what, text, want string }{
		{"empty", ``, "1:1: the text ends too soon"},
		{"cut off", "{\n\"a\":", "2:5: the text ends too soon"},
		{"no JSON", "{\n \"a\": x}", "2:7: invalid character 'x' looking for beginning of value"},
		{"more than one value", "{} {}", "1:4: more than one value"},
		{"a field twice", `{"a": 1, "a": 2}`, `1:10: field "a" comes twice`},
		{"too deep", strings.Repeat(`{"a":`, 200), "1:507: nested more than 100 deep"},
		{"null", "null", "1:1: want an object"},
		{"a list", "[]", "1:1: want an object"},
		{"methods that are no list", `{"methodConfig": {}}`, "1:18: methodConfig: want a list"},
		{"a method that is no object", `{"methodConfig": [1]}`, "1:19: methodConfig[0]: want an object"},
		{"a method of no service", method(`"name": [{"method": "m"}]`), `2:12: ` + at + `.name[0]: method "m" of no service`},
		{"a name twice", method(`"name": [{"service": "s"}, {"service": "s"}]`), "2:30: " + at + ".name[1]: the same name as " + at + ".name[0]"},
		{"a name that is no string", method(`"name": [{"service": 1}]`), "2:24: " + at + ".name[0].service: want a string"},
		{"a number for a time", method(`"timeout": 1`), "2:14: " + at + `.timeout: want a duration like "1.5s"`},
		{"a time without its unit", method(`"timeout": "1"`), "2:14: " + at + `.timeout: want a duration like "1.5s"`},
		{"a time with another unit", method(`"timeout": "1ms"`), "2:14: " + at + `.timeout: want a duration like "1.5s"`},
		{"a negative time", method(`"timeout": "-1s"`), "2:14: " + at + `.timeout: want a duration like "1.5s"`},
		{"a time without digits", method(`"timeout": ".s"`), "2:14: " + at + `.timeout: want a duration like "1.5s"`},
		{"a time with ten decimals", method(`"timeout": "1.0000000000s"`), "2:14: " + at + `.timeout: want a duration like "1.5s"`},
		{"a time with two points", method(`"timeout": "1.0.0s"`), "2:14: " + at + `.timeout: want a duration like "1.5s"`},
		{"too long a time", method(`"timeout": "315576000001s"`), "2:14: " + at + ".timeout: 315576000001s is longer than 315576000000s"},
		{"a string for a truth", method(`"waitForReady": "true"`), "2:19: " + at + ".waitForReady: want true or false"},
		{"a negative size", method(`"maxRequestMessageBytes": -1`), "2:29: " + at + ".maxRequestMessageBytes: want an integer from 0 to 4294967295"},
		{"half a byte", method(`"maxResponseMessageBytes": 0.5`), "2:30: " + at + ".maxResponseMessageBytes: want an integer from 0 to 4294967295"},
		{"too large a size", method(`"maxResponseMessageBytes": 4294967296`), "2:30: " + at + ".maxResponseMessageBytes: want an integer from 0 to 4294967295"},
		{"a size that is no number", method(`"maxResponseMessageBytes": "0x10"`), "2:30: " + at + ".maxResponseMessageBytes: want a number"},
		{"one attempt", retry(`"maxAttempts": 1`), "2:34: " + at + ".retryPolicy.maxAttempts: 1 is less than 2"},
		{"no attempts", method(`"retryPolicy": {}`), "2:18: " + at + ".retryPolicy.maxAttempts: 0 is less than 2"},
		{"no first pause", retry(`"initialBackoff": "0s"`), "2:37: " + at + ".retryPolicy.initialBackoff: 0s is not over 0"},
		{"no longest pause", retry(`"maxBackoff": "0s"`), "2:33: " + at + ".retryPolicy.maxBackoff: 0s is not over 0"},
		{"pauses that shrink to nothing", retry(`"backoffMultiplier": 0`), "2:40: " + at + ".retryPolicy.backoffMultiplier: 0 is not over 0"},
		{"no codes", retry(`"retryableStatusCodes": []`), "2:43: " + at + ".retryPolicy.retryableStatusCodes: there is none"},
		{"an unknown code", retry(`"retryableStatusCodes": ["TIRED"]`), "2:44: " + at + `.retryPolicy.retryableStatusCodes[0]: there is no code "TIRED"`},
		{"an unknown number of a code", retry(`"retryableStatusCodes": [17]`), "2:44: " + at + ".retryPolicy.retryableStatusCodes[0]: there is no code 17"},
		{"one hedge", method(`"hedgingPolicy": {"maxAttempts": 1}`), "2:36: " + at + ".hedgingPolicy.maxAttempts: 1 is less than 2"},
		{"retries and hedges", strings.Replace(retry(`"maxAttempts": 2`), "}\n", "}, \"hedgingPolicy\": {\"maxAttempts\": 2}\n", 1), ".hedgingPolicy: there is a retryPolicy already"},
		{"no tokens", `{"retryThrottling": {"maxTokens": 0, "tokenRatio": 1}}`, "1:35: retryThrottling.maxTokens: 0 is not over 0 and at most 1000"},
		{"too many tokens", `{"retryThrottling": {"maxTokens": 1001, "tokenRatio": 1}}`, "1:35: retryThrottling.maxTokens: 1001 is not over 0 and at most 1000"},
		{"no ratio", `{"retryThrottling": {"maxTokens": 1}}`, "1:21: retryThrottling.tokenRatio: 0 is not over 0"},
		{"no known policy", `{"loadBalancingConfig": [{"a": {}}, {"b": {}}]}`, `1:25: loadBalancingConfig: none of its policies is known: "a", "b"`},
		{"no policy at all", `{"loadBalancingConfig": []}`, "1:25: loadBalancingConfig: none of its policies is known: "},
		{"two policies in one", `{"loadBalancingConfig": [{"pick_first": {}, "round_robin": {}}]}`, "1:26: loadBalancingConfig[0]: 2 policies where one is due"},
		{"a policy whose config is none", `{"loadBalancingConfig": [{"pick_first": 1}]}`, "1:41: loadBalancingConfig[0].pick_first: want an object"},
		{"a policy whose config is wrong", `{"loadBalancingConfig": [{"pick_first": {"shuffleAddressList": 1}}]}`, "1:64: loadBalancingConfig[0].pick_first.shuffleAddressList: want true or false"},
		{"health of a number", `{"healthCheckConfig": {"serviceName": 1}}`, "1:39: healthCheckConfig.serviceName: want a string"},
	} {
		got, err := vologrpc.ParseServiceConfig(tt.text)
		var located *vologrpc.ServiceConfigError
		if !errors.As(err, &located) || got != nil {
			t.Errorf("%s: got %v and %v, want an error", tt.what, got, err)
			continue
		}
		if !strings.HasPrefix(err.Error(), "vologrpc: service config: ") || !strings.HasSuffix(err.Error(), tt.want) {
			t.Errorf("%s: got %v, want %s", tt.what, err, tt.want)
		}
	}
}

func FuzzParseServiceConfig(f *testing.F) {
	f.Add(`{"methodConfig": [{"name": [{"service": "s"}], "timeout": "1.5s", "retryPolicy": {"retryableStatusCodes": ["A", 1]}}]}`)
	f.Add("{\n\"loadBalancingConfig\": [{\"a\": {}}, {\"pick_first\": {}}], \"retryThrottling\": {\"maxTokens\": 1, \"tokenRatio\": \"0.1\"}}")
	f.Fuzz(func(t *testing.T, text string) {
		c, err := vologrpc.ParseServiceConfig(text)
		var located *vologrpc.ServiceConfigError
		if (c == nil) != errors.As(err, &located) || located != nil && (located.Line < 1 || located.Column < 1) {
			t.Fatalf("got %v and %v", c, err)
		}
		if c == nil {
			return
		}
		if client, err := vologrpc.NewClient("localhost:1", vologrpc.WithServiceConfig(c)); err != nil {
			t.Fatalf("what was parsed is refused: %v", err)
		} else {
			client.Close()
		}
	})
}

// configured is a client of h with a service config.
func configured(t *testing.T, h notes, config string, opts ...vologrpc.ClientOption) notesClient {
	t.Helper()
	c, err := vologrpc.ParseServiceConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	return inMemory(t, h, nil, append(opts, vologrpc.WithServiceConfig(c))...)
}

func TestServiceConfigOfAMethod(t *testing.T) {
	const names = `"name": [{"service": "test.v1.Notes", "method": "Get"}]`
	text := strings.Repeat("x", 100) // 102 bytes as a message
	for _, tt := range []struct {
		what, config string
		client       []vologrpc.ClientOption
		call         []vologrpc.CallOption
		want         vologrpc.Code
	}{
		{"no config", `{}`, nil, nil, vologrpc.OK},
		{"of another method", `{"methodConfig": [{"name": [{"service": "test.v1.Notes", "method": "Put"}], "maxRequestMessageBytes": 1}]}`, nil, nil, vologrpc.OK},
		{"of another service", `{"methodConfig": [{"name": [{"service": "Notes"}], "maxRequestMessageBytes": 1}]}`, nil, nil, vologrpc.OK},
		{"of all", `{"methodConfig": [{"name": [{}], "maxRequestMessageBytes": 1}]}`, nil, nil, vologrpc.ResourceExhausted},
		{"of its service", `{"methodConfig": [{"name": [{"service": "test.v1.Notes"}], "maxRequestMessageBytes": 1}]}`, nil, nil, vologrpc.ResourceExhausted},
		{"its own before its service's and that of all", `{"methodConfig": [{"name": [{}, {"service": "test.v1.Notes"}], "maxRequestMessageBytes": 1}, {` + names + `}]}`, nil, nil, vologrpc.OK},
		{"a request at the limit", `{"methodConfig": [{` + names + `, "maxRequestMessageBytes": 102}]}`, nil, nil, vologrpc.OK},
		{"a request over the limit", `{"methodConfig": [{` + names + `, "maxRequestMessageBytes": 101}]}`, nil, nil, vologrpc.ResourceExhausted},
		{"a request of nothing", `{"methodConfig": [{` + names + `, "maxRequestMessageBytes": 0}]}`, nil, nil, vologrpc.ResourceExhausted},
		{"a request over the option's limit", `{"methodConfig": [{` + names + `, "maxRequestMessageBytes": 200}]}`, []vologrpc.ClientOption{vologrpc.WithMaxSendSize(101)}, nil, vologrpc.ResourceExhausted},
		{"an answer at the limit", `{"methodConfig": [{` + names + `, "maxResponseMessageBytes": 102}]}`, nil, nil, vologrpc.OK},
		{"an answer over the limit", `{"methodConfig": [{` + names + `, "maxResponseMessageBytes": 101}]}`, nil, nil, vologrpc.ResourceExhausted},
		{"an answer that may not have anything", `{"methodConfig": [{` + names + `, "maxResponseMessageBytes": 0}]}`, nil, nil, vologrpc.ResourceExhausted},
		{"an answer over the client's limit", `{"methodConfig": [{` + names + `, "maxResponseMessageBytes": 200}]}`, []vologrpc.ClientOption{vologrpc.WithMaxReceiveSize(101)}, nil, vologrpc.ResourceExhausted},
		{"an answer over the call's limit", `{"methodConfig": [{` + names + `, "maxResponseMessageBytes": 200}]}`, nil, []vologrpc.CallOption{vologrpc.CallMaxReceiveSize(101)}, vologrpc.ResourceExhausted},
		{"an answer over the limit of a call with options", `{"methodConfig": [{` + names + `, "maxResponseMessageBytes": 101}]}`, nil, []vologrpc.CallOption{vologrpc.CallMaxReceiveSize(200)}, vologrpc.ResourceExhausted},
	} {
		c := configured(t, echo, tt.config, tt.client...).with(tt.call...)
		got, err := c.get(soon(t), text)
		if vologrpc.CodeOf(err) != tt.want || err == nil && got != text {
			t.Errorf("%s: got %d bytes and %v, want %v", tt.what, len(got), err, tt.want)
		}
	}
	// More than the default, which nobody has chosen.
	large := configured(t, echo, `{"methodConfig": [{`+names+`, "maxResponseMessageBytes": 10000000}]}`)
	short := notes{get: func(context.Context, *note) (*note, error) { return of(strings.Repeat("x", 5<<20)), nil }}
	if _, err := inMemory(t, short, nil).get(soon(t), ""); vologrpc.CodeOf(err) != vologrpc.ResourceExhausted {
		t.Errorf("an answer over the default: got %v", err)
	}
	large = configured(t, short, `{"methodConfig": [{`+names+`, "maxResponseMessageBytes": 10000000}]}`)
	if got, err := large.get(soon(t), ""); err != nil || len(got) != 5<<20 {
		t.Errorf("an answer over the default that is allowed: got %d bytes and %v", len(got), err)
	}
}

func TestServiceConfigOfTime(t *testing.T) {
	never := notes{get: func(ctx context.Context, _ *note) (*note, error) { <-ctx.Done(); return nil, ctx.Err() }}
	for _, tt := range []struct {
		config, client, call, context, want time.Duration
	}{
		{config: 5, want: 5},
		{config: 5, client: 9, want: 5},
		{config: 5, client: 3, want: 3},
		{config: 5, client: 3, call: 9, want: 5},
		{config: 5, call: 3, want: 3},
		{config: 5, context: 3, want: 3},
		{config: 5, context: 9, want: 5},
	} {
		synctest.Test(t, func(t *testing.T) {
			c := configured(t, never, fmt.Sprintf(`{"methodConfig": [{"name": [{}], "timeout": "%ds"}]}`, tt.config), vologrpc.WithTimeout(tt.client*time.Second))
			if tt.call > 0 {
				c = c.with(vologrpc.CallTimeout(tt.call * time.Second))
			}
			ctx, cancel := context.WithTimeout(context.Background(), cmpOr(tt.context, 60)*time.Second)
			defer cancel()
			begun := time.Now()
			_, err := c.get(ctx, "")
			if took := time.Since(begun); vologrpc.CodeOf(err) != vologrpc.DeadlineExceeded || took != tt.want*time.Second {
				t.Errorf("%+v: got %v after %v", tt, err, took)
			}
		})
	}
}

func cmpOr(a, b time.Duration) time.Duration {
	if a != 0 {
		return a
	}
	return b
}

func TestServiceConfigOfPolicies(t *testing.T) {
	for _, tt := range []struct {
		what, config string
		attempts     int // of a call that fails whatever happens
	}{
		{"none", `{}`, 1},
		{"of another method", `{"methodConfig": [{"name": [{"service": "other"}], "hedgingPolicy": {"maxAttempts": 2, "nonFatalStatusCodes": [14]}}]}`, 1},
		{"hedging", `{"methodConfig": [{"name": [{}], "hedgingPolicy": {"maxAttempts": 3, "nonFatalStatusCodes": [14]}}]}`, 3},
		{"retries", `{"methodConfig": [{"name": [{}], "retryPolicy": {"maxAttempts": 3, "initialBackoff": "1s", "maxBackoff": "1s", "backoffMultiplier": 1, "retryableStatusCodes": [14]}}]}`, 3},
		{"retries, throttled", `{"retryThrottling": {"maxTokens": 2, "tokenRatio": 1},
			"methodConfig": [{"name": [{}], "retryPolicy": {"maxAttempts": 3, "initialBackoff": "1s", "maxBackoff": "1s", "backoffMultiplier": 1, "retryableStatusCodes": [14]}}]}`, 1},
	} {
		t.Run(tt.what, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := &hedgedServer{scripts: []attemptScript{{0, vologrpc.Errorf(vologrpc.Unavailable, "later")}}}
				_, err := configured(t, notes{get: h.get}, tt.config).get(context.Background(), "")
				if vologrpc.CodeOf(err) != vologrpc.Unavailable || len(h.times) != tt.attempts {
					t.Errorf("got %v after %d attempts, want %d", err, len(h.times), tt.attempts)
				}
			})
		})
	}
}

func TestServiceConfigOfWaiting(t *testing.T) {
	c, err := vologrpc.ParseServiceConfig(`{"methodConfig": [{"name": [{}], "waitForReady": true}]}`)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	_, err = dial(t, closedPort(t), vologrpc.WithServiceConfig(c)).get(ctx, "")
	if vologrpc.CodeOf(err) != vologrpc.DeadlineExceeded {
		t.Errorf("got %v, want DEADLINE_EXCEEDED: the call waits", err)
	}
}

func TestServiceConfigMadeByHandIsChecked(t *testing.T) {
	_, err := vologrpc.NewClient("localhost:1", vologrpc.WithServiceConfig(&vologrpc.ServiceConfig{
		Methods: []vologrpc.MethodConfig{{Timeout: -1}},
	}))
	if want := "vologrpc: service config: methodConfig[0].timeout: -1ns is negative"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func ExampleParseServiceConfig() {
	config, err := vologrpc.ParseServiceConfig(`{
	  "methodConfig": [{
	    "name": [{"service": "shop.v1.Items"}],
	    "timeout": "1.5s",
	    "hedgingPolicy": {"maxAttempts": 3, "hedgingDelay": "0.05s", "nonFatalStatusCodes": ["UNAVAILABLE"]}
	  }],
	  "loadBalancingConfig": [{"round_robin": {}}]
	}`)
	if err != nil {
		fmt.Println(err)
		return
	}
	client, err := vologrpc.NewClient("localhost:8080", vologrpc.WithServiceConfig(config))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.Close()
	fmt.Println(config.Methods[0].Hedge.Delay, config.Balancing)

	_, err = vologrpc.ParseServiceConfig(`{"methodConfig": [{"timeout": "1.5"}]}`)
	fmt.Println(err)
	// Output:
	// 50ms round_robin
	// vologrpc: service config: 1:31: methodConfig[0].timeout: want a duration like "1.5s"
}

func TestServiceConfigOfBalancing(t *testing.T) {
	var counts [3]atomic.Int32
	var instances []discovery.Instance
	for i := range counts {
		address, err := rpc.ParseAddress(serve(t, notes{get: func(_ context.Context, in *note) (*note, error) {
			counts[i].Add(1)
			return in, nil
		}}))
		if err != nil {
			t.Fatal(err)
		}
		instances = append(instances, discovery.Instance{Address: address})
	}
	for _, tt := range []struct {
		what, config string
		max, min     int32 // of the calls that an instance gets
	}{
		{"one instance", `{"loadBalancingConfig": [{"pick_first": {}}]}`, 30, 0},
		{"one instance, whichever", `{"loadBalancingConfig": [{"pick_first": {"shuffleAddressList": true}}]}`, 30, 0},
		{"all in turn", `{"loadBalancingConfig": [{"round_robin": {}}]}`, 10, 10},
	} {
		config, err := vologrpc.ParseServiceConfig(tt.config)
		if err != nil {
			t.Fatal(err)
		}
		c := dial(t, "notes", vologrpc.WithServiceConfig(config), vologrpc.WithDiscoverer(discovery.WeightedStatic(instances...)))
		for i := range counts {
			counts[i].Store(0)
		}
		for range 30 {
			if _, err := c.get(soon(t), ""); err != nil {
				t.Fatal(err)
			}
		}
		got := []int32{counts[0].Load(), counts[1].Load(), counts[2].Load()}
		if slices.Max(got) != tt.max || slices.Min(got) != tt.min {
			t.Errorf("%s: got %v calls, want at most %d and at least %d each", tt.what, got, tt.max, tt.min)
		}
	}
}
