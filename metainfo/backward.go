package metainfo

import (
	"context"
	"iter"
	"slices"
	"strings"
	"sync"
)

type (
	sendKey    struct{}
	receiveKey struct{}
)

// SendKey is the key under which the context of a handler answers with the
// *[BackwardCell] that its answer will carry. A server's own context type
// answers it, see [Key].
var SendKey any = sendKey{}

// A BackwardCell collects what travels from a handler to its caller. The zero
// value is empty and usable; it may be used from any goroutine and must not be
// copied after its first use. A nil cell is empty and takes nothing.
type BackwardCell struct {
	mu   sync.Mutex
	list list
	read bool           // somebody may read list, unlocked: its elements stay as they are
	at   map[string]int // where keys are in list; nil while they are few
}

// Set stores value under key; it reports whether there was a cell and a key.
func (c *BackwardCell) Set(key, value string) bool {
	if c == nil || key == "" {
		return false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if i := c.index(key); i >= 0 {
		if c.read {
			c.list, c.read = slices.Clone(c.list), false
		}
		c.list[i].Value = value
		return true
	}
	if c.at != nil {
		c.at[key] = len(c.list)
	}
	c.list = append(c.list, KV{key, value})
	return true
}

// index returns where key is in the list, -1 if it is not. The caller holds mu.
func (c *BackwardCell) index(key string) int {
	if len(c.list) <= few {
		return c.list.index(key)
	}
	if c.at == nil {
		c.at = make(map[string]int, 2*few)
		for i := range c.list {
			c.at[c.list[i].Key] = i
		}
	}
	if i, ok := c.at[key]; ok {
		return i
	}
	return -1
}

// Receive stores a header of an answer if name bears [PrefixBackward]; it
// reports whether it does. A peer that sends bare keys, as Kitex does, needs
// [BackwardCell.Set].
func (c *BackwardCell) Receive(name, value string) bool {
	key, ok := strings.CutPrefix(name, PrefixBackward)
	if ok {
		c.Set(key, value)
	}
	return ok
}

// ReceiveHTTP is [BackwardCell.Receive] for HTTP headers.
func (c *BackwardCell) ReceiveHTTP(name, value string) bool {
	key, ok := cutFold(name, HTTPPrefixBackward)
	if ok {
		c.Set(RPCKey(key), value)
	}
	return ok
}

// Get returns the value of key.
func (c *BackwardCell) Get(key string) (string, bool) {
	return c.snapshot().get(key)
}

// All iterates over the values that are there now. Written before each key
// goes [PrefixBackward].
func (c *BackwardCell) All() iter.Seq2[string, string] {
	return c.snapshot().each()
}

// Len returns the number of values.
func (c *BackwardCell) Len() int {
	return len(c.snapshot())
}

// Size returns the bytes of all keys, their prefixes included, and values.
func (c *BackwardCell) Size() int {
	l := c.snapshot()
	return l.size() + len(l)*len(PrefixBackward)
}

func (c *BackwardCell) snapshot() list {
	if c == nil {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.read = true
	return c.list
}

// SendBackward sends value under key to the caller of the handler that ctx
// belongs to. It reports false outside a handler, and for an empty key.
// What is sent after the handler has returned is lost.
func SendBackward(ctx context.Context, key, value string) bool {
	c, _ := ctx.Value(SendKey).(*BackwardCell)
	return c.Set(key, value)
}

// A backwardNode is a context and the cell of its calls in one allocation.
type backwardNode struct {
	context.Context
	cell BackwardCell
}

func (n *backwardNode) Value(key any) any {
	if _, ok := key.(receiveKey); ok {
		return &n.cell
	}
	return n.Context.Value(key)
}

// WithBackward returns a context with room for what handlers send back. Read
// it with [Backward] or [Backwards] once the call is over. All calls that are
// made with the context or below it share the room, and the last value of a
// key stays; give each call its own to tell them apart.
func WithBackward(ctx context.Context) context.Context {
	return &backwardNode{Context: ctx}
}

// ReceiveCell returns the room that [WithBackward] made, for a client to fill
// from an answer; nil if there is none.
func ReceiveCell(ctx context.Context) *BackwardCell {
	c, _ := ctx.Value(receiveKey{}).(*BackwardCell)
	return c
}

// Backward returns the value of key that a handler sent back.
func Backward(ctx context.Context, key string) (string, bool) {
	return ReceiveCell(ctx).Get(key)
}

// Backwards iterates over the values that handlers sent back, without
// allocating.
func Backwards(ctx context.Context) iter.Seq2[string, string] {
	return received(ctx).each()
}

// received must not be inlined, for the reason that values has.
//
//go:noinline
func received(ctx context.Context) list {
	return ReceiveCell(ctx).snapshot()
}
