package channelz

import (
	"slices"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	vologrpc "github.com/volo-go/volo/volo-grpc"
	"github.com/volo-go/volo/volo-grpc/internal/schema"
)

// Map of this file: the answers to each question; page, which cuts lists.

func (z *Inspector) topChannels(req, resp proto.Message) error {
	return page(req, resp, "start_channel_id", of(z, &z.clients), entity[*vologrpc.Client].at, func(e entity[*vologrpc.Client]) {
		putChannel(schema.AddMessage(resp, "channel"), e)
	})
}

func (z *Inspector) channel(req, resp proto.Message) error {
	id := schema.Get(req, "channel_id").Int()
	e, ok := find(z, &z.clients, id)
	if !ok || id != e.id {
		return unknown("channel", id)
	}
	putChannel(schema.Mutable(resp, "channel"), e)
	return nil
}

func (z *Inspector) subchannel(req, resp proto.Message) error {
	id := schema.Get(req, "subchannel_id").Int()
	e, ok := find(z, &z.clients, id)
	if !ok {
		return unknown("subchannel", id)
	}
	place := slices.DeleteFunc(e.it.Connections(), func(c vologrpc.Connection) bool { return e.id+int64(c.Place) != id })
	if len(place) == 0 {
		return unknown("subchannel", id)
	}
	putSubchannel(schema.Mutable(resp, "subchannel"), e.id, place)
	return nil
}

func (z *Inspector) allServers(req, resp proto.Message) error {
	return page(req, resp, "start_server_id", of(z, &z.servers), entity[*vologrpc.Server].at, func(e entity[*vologrpc.Server]) {
		putServer(schema.AddMessage(resp, "server"), e)
	})
}

func (z *Inspector) server(req, resp proto.Message) error {
	id := schema.Get(req, "server_id").Int()
	e, ok := find(z, &z.servers, id)
	if !ok || id != e.id {
		return unknown("server", id)
	}
	putServer(schema.Mutable(resp, "server"), e)
	return nil
}

func (z *Inspector) serverSockets(req, resp proto.Message) error {
	id := schema.Get(req, "server_id").Int()
	e, ok := find(z, &z.servers, id)
	if !ok || id != e.id {
		return unknown("server", id)
	}
	at := func(c vologrpc.Connection) int64 { return e.id + int64(c.ID) }
	return page(req, resp, "start_socket_id", e.it.Connections(), at, func(c vologrpc.Connection) {
		putRef(schema.AddMessage(resp, "socket_ref"), "socket_id", at(c), nameOf(c))
	})
}

func (z *Inspector) socket(req, resp proto.Message) error {
	id := schema.Get(req, "socket_id").Int()
	if e, ok := find(z, &z.clients, id); ok {
		for _, c := range e.it.Connections() {
			if c.ID != 0 && e.id+int64(c.ID) == id {
				putSocket(schema.Mutable(resp, "socket"), id, c, "last_local_stream_created_timestamp")
				return nil
			}
		}
	}
	if e, ok := find(z, &z.servers, id); ok {
		for _, c := range e.it.Connections() {
			if e.id+int64(c.ID) == id {
				putSocket(schema.Mutable(resp, "socket"), id, c, "last_remote_stream_created_timestamp")
				return nil
			}
		}
		if addr, ok := e.it.Listeners()[uint64(id-e.id)]; ok {
			m := schema.Mutable(resp, "socket")
			putRef(schema.Mutable(m, "ref"), "socket_id", id, addr.String())
			putAddress(schema.Mutable(m, "local"), addr)
			return nil
		}
	}
	return unknown("socket", id)
}

func unknown(what string, id int64) error {
	return vologrpc.Errorf(vologrpc.NotFound, "there is no %s %d", what, id)
}

func (e entity[T]) at() int64 { return e.id }

// A page has as many results as are asked for, but at most maxPage.
const maxPage = 100

// page passes to put what a page of a list has, which is sorted by id, and says
// whether the list ends with it.
func page[T any](req, resp proto.Message, start protoreflect.Name, list []T, id func(T) int64, put func(T)) error {
	from, most := schema.Get(req, start).Int(), schema.Get(req, "max_results").Int()
	if from < 0 || most < 0 {
		return vologrpc.Errorf(vologrpc.InvalidArgument, "%s is %d and max_results %d, neither may be negative", start, from, most)
	}
	if most == 0 || most > maxPage {
		most = maxPage
	}
	list = slices.DeleteFunc(slices.Clone(list), func(one T) bool { return id(one) < from })
	for _, one := range list[:min(int64(len(list)), most)] {
		put(one)
	}
	schema.Set(resp, "end", int64(len(list)) <= most)
	return nil
}
