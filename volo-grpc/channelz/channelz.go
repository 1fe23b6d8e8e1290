// Package channelz is the standard inspection service of gRPC,
// grpc.channelz.v1: what tools such as grpcdebug ask to learn which connections
// a process has, and what passes over them.
//
//	z := channelz.New()
//	z.AddServer("shop", server)
//	z.AddClient("stock", client)
//	server.Register(z.Service())
//
// It tells what Connections and Calls of [vologrpc.Server] and
// [vologrpc.Client] return, at the time of the question, and keeps nothing
// itself. A client is a channel; each place that it has at an instance, a
// subchannel; a connection of HTTP/2, a socket. Traces are not kept.
//
// Who may ask learns the addresses and certificates of all peers: do not
// register it where that is a secret.
package channelz

import (
	"context"
	"slices"
	"sync"

	"google.golang.org/protobuf/proto"

	vologrpc "github.com/volo-go/volo/volo-grpc"
)

// An Inspector tells of the clients and servers that it was given. Its methods
// may be called concurrently.
type Inspector struct {
	mu      sync.Mutex
	last    int64
	clients []entity[*vologrpc.Client]
	servers []entity[*vologrpc.Server]
}

// An entity is a client or a server. Its id is a multiple of span; what belongs
// to it has the ids that follow.
type entity[T any] struct {
	id   int64
	name string
	it   T
}

// span is more than what a client or a server has in its life. It is decimal so
// that people see what belongs together.
const span = 1_000_000_000_000

// New returns an Inspector that knows nobody.
func New() *Inspector { return &Inspector{} }

// AddServer makes a server known by a name that is for people. What it returns
// makes it unknown again.
func (z *Inspector) AddServer(name string, s *vologrpc.Server) (remove func()) {
	return add(z, &z.servers, name, s)
}

// AddClient makes a client known by a name that is for people, such as its
// target. What it returns makes it unknown again.
func (z *Inspector) AddClient(name string, c *vologrpc.Client) (remove func()) {
	return add(z, &z.clients, name, c)
}

func add[T any](z *Inspector, to *[]entity[T], name string, it T) (remove func()) {
	z.mu.Lock()
	defer z.mu.Unlock()
	z.last += span
	id := z.last
	*to = append(slices.Clip(*to), entity[T]{id, name, it})
	return func() {
		z.mu.Lock()
		defer z.mu.Unlock()
		*to = slices.DeleteFunc(slices.Clone(*to), func(e entity[T]) bool { return e.id == id })
	}
}

// of returns the entities of a list, which is not changed.
func of[T any](z *Inspector, list *[]entity[T]) []entity[T] {
	z.mu.Lock()
	defer z.mu.Unlock()
	return *list
}

// find returns the entity that has an id, or something that has it.
func find[T any](z *Inspector, list *[]entity[T], id int64) (e entity[T], ok bool) {
	all := of(z, list)
	i := slices.IndexFunc(all, func(e entity[T]) bool { return id >= e.id && id-e.id < span })
	if i < 0 {
		return e, false
	}
	return all[i], true
}

// Service returns the service to be registered with a server.
func (z *Inspector) Service() *vologrpc.Service {
	const name = "grpc.channelz.v1.Channelz"
	s := &vologrpc.Service{Name: name, Handler: z}
	for _, m := range []struct {
		name   string
		answer func(z *Inspector, req, resp proto.Message) error
	}{
		{"GetTopChannels", (*Inspector).topChannels},
		{"GetServers", (*Inspector).allServers},
		{"GetServer", (*Inspector).server},
		{"GetServerSockets", (*Inspector).serverSockets},
		{"GetChannel", (*Inspector).channel},
		{"GetSubchannel", (*Inspector).subchannel},
		{"GetSocket", (*Inspector).socket},
	} {
		newRequest, newResponse := messages(m.name)
		s.Methods = append(s.Methods, &vologrpc.Method{
			Service: name, Name: m.name, Kind: vologrpc.Unary, Idempotent: true, NewRequest: newRequest, NewResponse: newResponse,
			Invoke: func(_ context.Context, h any, req proto.Message) (proto.Message, error) {
				resp := newResponse()
				return resp, m.answer(h.(*Inspector), req, resp)
			},
		})
	}
	return s
}
