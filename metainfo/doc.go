// Package metainfo carries facts beside a call that are no part of its
// request: a log id, a user, a shard.
//
// # Terminology
//
// A hop is one call from one process to the next. What travels forward is
// one of two kinds:
//
//   - Persistent values reach every process down the line.
//   - Transient values reach the next process and no further. There they are
//     called upstream values: readable, never sent on.
//
// What travels back is backward: a handler sends it, its direct caller reads
// it when the call is over. The typed map ([With], [Value]) never leaves the
// process.
//
//	        A                        B                        C
//	persistent k=v ──────► persistent k=v ──────► persistent k=v
//	transient  t=1 ──────► upstream   t=1          (nothing)
//	backward   b=2 ◄────── SendBackward b=2
//
// # How a call passes through
//
// A [Metadata] is an immutable node of a context. A client iterates its
// outgoing values into the headers of the protocol, each key behind the prefix
// of its [Kind]; a server feeds the headers it receives to an [Incoming] and
// hangs the Metadata that results into the handler's context. Prefixes and hop
// rules are those of Volo and Kitex, on TTHeader (RPC_PERSIST_KEY) and on HTTP
// (rpc-persist-key).
//
// # Rules
//
// A key is unique within its kind; the last value set wins. An empty key is
// ignored. An empty value is a value and is sent, as Volo does; Kitex drops it
// on receipt. Keys in UPPER_SNAKE_CASE survive every protocol; others come
// out of HTTP changed, see [HTTPKey].
//
// # Ownership and concurrency
//
// Strings are shared, never copied: values received are parts of the message
// they came in. Nodes are immutable, so contexts and Metadata may be used from
// any goroutine. A [BackwardCell] is mutable and locks itself.
package metainfo
