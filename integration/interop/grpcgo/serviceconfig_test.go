package grpcgo_test

import (
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	vologrpc "github.com/volo-go/volo/volo-grpc"
)

// Both take the same service configs, but for those where grpc-go is not what
// the specification says; then the test says so.
func TestServiceConfigs(t *testing.T) {
	method := func(fields string) string { return `{"methodConfig": [{"name": [{"service": "s"}], ` + fields + `}]}` }
	retry := func(fields string) string {
		return method(`"retryPolicy": {"initialBackoff": "1s", "maxBackoff": "1s", ` + fields + `}`)
	}
	for _, tt := range []struct {
		what, config string
		ours         bool
		theirs       bool // if it differs, why says so
		why          string
	}{
		{"nothing", `{}`, true, true, ""},
		{"no text", ``, false, false, ""},
		{"no JSON", `{`, false, false, ""},
		{"no object", `[]`, false, false, ""},
		{"unknown fields", `{"a": 1}`, true, true, ""},
		{"no methods", `{"methodConfig": []}`, true, true, ""},
		{"methods that are no list", `{"methodConfig": {}}`, false, false, ""},
		{"a method without a name", `{"methodConfig": [{"timeout": "1s"}]}`, true, true, ""},
		{"a method of all services", `{"methodConfig": [{"name": [{}]}]}`, true, true, ""},
		{"a method of no service", `{"methodConfig": [{"name": [{"method": "m"}]}]}`, false, false, ""},
		{"a service and its method", `{"methodConfig": [{"name": [{"service": "s"}, {"service": "s", "method": "m"}]}]}`, true, true, ""},
		{"a name twice in one config", `{"methodConfig": [{"name": [{"service": "s"}, {"service": "s"}]}]}`, false, false, ""},
		{"a name twice in two", `{"methodConfig": [{"name": [{"service": "s"}]}, {"name": [{"service": "s"}]}]}`, false, false, ""},
		{"a time", method(`"timeout": "1.5s"`), true, true, ""},
		{"a time without whole seconds", method(`"timeout": ".5s"`), true, true, ""},
		{"a time with too many decimals", method(`"timeout": "1.0000000001s"`), false, false, ""},
		{"a time of another unit", method(`"timeout": "1m"`), false, false, ""},
		{"a time that is too long", method(`"timeout": "315576000001s"`), false, false, ""},
		{"a time that is a number", method(`"timeout": 1`), false, false, ""},
		{"a negative time", method(`"timeout": "-1s"`), false, true, "a call would always be out of time"},
		{"waiting", method(`"waitForReady": true`), true, true, ""},
		{"waiting for a string", method(`"waitForReady": "true"`), false, false, ""},
		{"a size", method(`"maxRequestMessageBytes": 1`), true, true, ""},
		{"a size that is a string", method(`"maxRequestMessageBytes": "1"`), true, false, "JSON of Protobuf has integers as strings, too"},
		{"a negative size", method(`"maxRequestMessageBytes": -1`), false, true, "the field is unsigned"},
		{"half a byte", method(`"maxResponseMessageBytes": 1.5`), false, false, ""},
		{"retries", retry(`"maxAttempts": 2, "backoffMultiplier": 1, "retryableStatusCodes": ["UNAVAILABLE"]`), true, true, ""},
		{"more retries than there may be", retry(`"maxAttempts": 200, "backoffMultiplier": 1, "retryableStatusCodes": ["UNAVAILABLE"]`), true, true, ""},
		{"one attempt", retry(`"maxAttempts": 1, "backoffMultiplier": 1, "retryableStatusCodes": ["UNAVAILABLE"]`), false, false, ""},
		{"no multiplier", retry(`"maxAttempts": 2, "retryableStatusCodes": ["UNAVAILABLE"]`), false, false, ""},
		{"no codes", retry(`"maxAttempts": 2, "backoffMultiplier": 1`), false, false, ""},
		{"a code by its number", retry(`"maxAttempts": 2, "backoffMultiplier": 1, "retryableStatusCodes": [14]`), true, true, ""},
		{"a number that is no code", retry(`"maxAttempts": 2, "backoffMultiplier": 1, "retryableStatusCodes": [17]`), false, false, ""},
		{"a name that is no code", retry(`"maxAttempts": 2, "backoffMultiplier": 1, "retryableStatusCodes": ["TIRED"]`), false, false, ""},
		{"a code in lower case", retry(`"maxAttempts": 2, "backoffMultiplier": 1, "retryableStatusCodes": ["unavailable"]`), true, false, "gRFC A6: names of codes have no case"},
		{"hedging", method(`"hedgingPolicy": {"maxAttempts": 2, "hedgingDelay": "1s"}`), true, true, ""},
		{"one hedge", method(`"hedgingPolicy": {"maxAttempts": 1}`), false, true, "grpc-go does not hedge"},
		{"retries and hedges", method(`"hedgingPolicy": {"maxAttempts": 2}, "retryPolicy": {"maxAttempts": 2, "initialBackoff": "1s", "maxBackoff": "1s", "backoffMultiplier": 1, "retryableStatusCodes": [14]}`),
			false, true, "grpc-go does not hedge"},
		{"throttling", `{"methodConfig": [], "retryThrottling": {"maxTokens": 10, "tokenRatio": 0.1}}`, true, true, ""},
		{"too many tokens", `{"methodConfig": [], "retryThrottling": {"maxTokens": 1001, "tokenRatio": 0.1}}`, false, false, ""},
		{"no tokens", `{"methodConfig": [], "retryThrottling": {"maxTokens": 0, "tokenRatio": 0.1}}`, false, false, ""},
		{"no ratio", `{"methodConfig": [], "retryThrottling": {"maxTokens": 10}}`, false, false, ""},
		{"no ratio, and no methods", `{"retryThrottling": {"maxTokens": 10}}`, false, true, "grpc-go looks at it only beside methods"},
		{"half a token", `{"methodConfig": [], "retryThrottling": {"maxTokens": 1.5, "tokenRatio": 1}}`, false, true, "the field is an integer"},
		{"round robin", `{"loadBalancingConfig": [{"round_robin": {}}]}`, true, true, ""},
		{"pick first, shuffled", `{"loadBalancingConfig": [{"pick_first": {"shuffleAddressList": true}}]}`, true, true, ""},
		{"pick first, shuffled by a number", `{"loadBalancingConfig": [{"pick_first": {"shuffleAddressList": 1}}]}`, false, false, ""},
		{"the first that is known", `{"loadBalancingConfig": [{"nobody_knows": {}}, {"round_robin": {}}]}`, true, true, ""},
		{"none that is known", `{"loadBalancingConfig": [{"nobody_knows": {}}]}`, false, false, ""},
		{"no policy", `{"loadBalancingConfig": []}`, false, false, ""},
		{"two policies in one", `{"loadBalancingConfig": [{"round_robin": {}, "pick_first": {}}]}`, false, false, ""},
		{"the old name of a policy", `{"loadBalancingPolicy": "round_robin"}`, true, true, ""},
		{"an old name that nobody knows", `{"loadBalancingPolicy": "nobody_knows"}`, true, true, ""},
		{"health", `{"healthCheckConfig": {"serviceName": "s"}}`, true, true, ""},
		{"health of a number", `{"healthCheckConfig": {"serviceName": 1}}`, false, false, ""},
		{"a field twice", `{"healthCheckConfig": {}, "healthCheckConfig": {}}`, false, true, "JSON of Protobuf has each field once"},
	} {
		_, ours := vologrpc.ParseServiceConfig(tt.config)
		conn, theirs := grpc.NewClient("passthrough:///localhost:1",
			grpc.WithTransportCredentials(insecure.NewCredentials()), grpc.WithDefaultServiceConfig(tt.config))
		if conn != nil {
			conn.Close()
		}
		if (ours == nil) != tt.ours || (theirs == nil) != tt.theirs || (tt.ours != tt.theirs) != (tt.why != "") {
			t.Errorf("%s: ours: %v, theirs: %v; want ours to take it: %t, theirs: %t %s", tt.what, ours, theirs, tt.ours, tt.theirs, tt.why)
		}
	}
}
