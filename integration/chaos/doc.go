// Package chaos breaks instances of a service while clients of both protocols
// call it, and says what became of the calls.
//
//	go test ./integration/chaos                    half a minute, some seconds a fault
//	go test ./integration/chaos -long -v           eight minutes, until ejections are over;
//	                                               on a machine that has nothing else to do
//
// A [Fleet] is instances that are processes of their own: signals kill, pause
// and end them. A [Proxy] before one of them does what signals do not: it holds
// bytes back, slows them, cuts connections in the middle of a message, refuses
// them, or forgets those that it has. A [Load] is open: calls begin when it is
// their time, whatever has become of those before, so that a fault is not
// hidden by callers that wait for it. [Report] has what happened.
//
// # What holds
//
// Of a client with a Discoverer, the default balancer and failover, and
//
//	WithTimeout(d)                                       // the whole call
//	WithOuter(Retry(retry.Config{}), Timeout(attempt))   // of vologrpc: RetryOutcome
//
// no idempotent call fails while one instance of several is killed, paused,
// black-holed, slowed, cut off, flapping or restarted, as long as attempt is
// so much shorter than d that there is time for another one; and 99 of 100
// calls are as quick as before within seconds.
//
// Without these two lines, or if calls are not idempotent, those fail, and only
// those, that were on their way to an instance when it broke: their outcome is
// rpc.Lost, and nobody may make them again unasked. A call without any deadline
// waits for an instance that hangs as long as that hangs. Instances that are
// slow, flap in discovery, or are restarted in order fail no call at all.
// No call that is not idempotent is ever run twice.
//
// A connection that was forgotten on the way, while its instance is well, gets no
// more calls within seconds: of Thrift once three in a row have run out of time in no
// less than a second, of gRPC once the peer has not answered a ping for a second,
// which it is sent when a call has run out of time and nothing is heard. Until then
// the balancer keeps calls away.
package chaos
