package main

import (
	"context"
	"fmt"
	"maps"
	"strconv"
	"sync"
	"time"

	"github.com/volo-go/volo/integration/examples/oneport/gen/greeter"
	"github.com/volo-go/volo/integration/examples/oneport/gen/greeter/greetergrpc"
	"github.com/volo-go/volo/integration/examples/oneport/gen/greeter/greeterthrift"
)

// callers call a server all the time, by both protocols, and remember who has
// answered.
type callers struct {
	stop    context.CancelFunc
	running sync.WaitGroup

	mu       sync.Mutex
	changed  sync.Cond
	answered map[string]map[int]bool // by protocol: the processes
	failed   []error
}

// callersEach is how many goroutines call by each protocol.
const callersEach = 4

func call(ctx context.Context, target string) *callers {
	c := &callers{answered: map[string]map[int]bool{"Thrift": {}, "gRPC": {}}}
	c.changed.L = &c.mu
	ctx, c.stop = context.WithCancel(ctx)
	overThrift, err := greeterthrift.NewGreeterClient(target)
	if err != nil {
		c.note("Thrift", "", err)
		return c
	}
	overGRPC, err := greetergrpc.NewGreeterClient(target)
	if err != nil {
		c.note("gRPC", "", err)
		return c
	}
	var calling sync.WaitGroup
	// A call that has begun is let finish.
	keep := func(protocol string, call func() (string, error)) {
		calling.Go(func() {
			for ctx.Err() == nil {
				pid, err := call()
				c.note(protocol, pid, err)
			}
		})
	}
	for range callersEach {
		keep("Thrift", func() (string, error) {
			ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
			defer cancel()
			return overThrift.Greet(ctx, "")
		})
		keep("gRPC", func() (string, error) {
			ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
			defer cancel()
			reply, err := overGRPC.Greet(ctx, &greeter.GreetRequest{})
			return reply.GetText(), err
		})
	}
	c.running.Go(func() {
		calling.Wait()
		overThrift.Close()
		overGRPC.Close()
	})
	return c
}

// note takes note of a call.
func (c *callers) note(protocol, answer string, err error) {
	pid, wrong := strconv.Atoi(answer)
	if err == nil && wrong != nil {
		err = wrong
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if err != nil {
		c.failed = append(c.failed, fmt.Errorf("%s: %w", protocol, err))
	} else if !c.answered[protocol][pid] {
		c.answered[protocol][pid] = true
	} else {
		return
	}
	c.changed.Broadcast()
}

// await waits until a process has answered by both protocols, or a call has
// failed.
func (c *callers) await(pid int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for !(c.answered["Thrift"][pid] && c.answered["gRPC"][pid]) && len(c.failed) == 0 {
		c.changed.Wait()
	}
}

// end stops calling, and says how many processes have answered and what has
// failed.
func (c *callers) end() (answered int, failed []error) {
	c.stop()
	c.running.Wait()
	all := maps.Clone(c.answered["Thrift"])
	maps.Copy(all, c.answered["gRPC"])
	return len(all), c.failed
}
