package channelz

import (
	"cmp"
	"crypto/tls"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/volo-go/volo/motore/rpc"
	vologrpc "github.com/volo-go/volo/volo-grpc"
	"github.com/volo-go/volo/volo-grpc/internal/schema"
)

// This file turns facts into messages.

func putRef(m proto.Message, field protoreflect.Name, id int64, name string) {
	schema.Set(m, field, id)
	schema.Set(m, "name", name)
}

func putChannel(m proto.Message, e entity[*vologrpc.Client]) {
	conns := e.it.Connections()
	putRef(schema.Mutable(m, "ref"), "channel_id", e.id, e.name)
	data := schema.Mutable(m, "data")
	putState(data, conns)
	schema.Set(data, "target", e.name)
	putCalls(data, e.it.Calls())
	for _, place := range slices.CompactFunc(conns, func(a, b vologrpc.Connection) bool { return a.Place == b.Place }) {
		putRef(schema.AddMessage(m, "subchannel_ref"), "subchannel_id", e.id+int64(place.Place), place.Address.String())
	}
}

// putSubchannel takes what there is at one place, at least one.
func putSubchannel(m proto.Message, base int64, place []vologrpc.Connection) {
	name := place[0].Address.String()
	putRef(schema.Mutable(m, "ref"), "subchannel_id", base+int64(place[0].Place), name)
	data := schema.Mutable(m, "data")
	putState(data, place)
	schema.Set(data, "target", name)
	putCalls(data, place[0].PlaceCalls)
	for _, c := range place {
		if c.ID != 0 {
			putRef(schema.AddMessage(m, "socket_ref"), "socket_id", base+int64(c.ID), nameOf(c))
		}
	}
}

func putServer(m proto.Message, e entity[*vologrpc.Server]) {
	putRef(schema.Mutable(m, "ref"), "server_id", e.id, e.name)
	putCalls(schema.Mutable(m, "data"), e.it.Calls())
	listeners := e.it.Listeners()
	for _, id := range slices.Sorted(maps.Keys(listeners)) {
		putRef(schema.AddMessage(m, "listen_socket"), "socket_id", e.id+int64(id), listeners[id].String())
	}
}

func putCalls(data proto.Message, c vologrpc.Calls) {
	schema.Set(data, "calls_started", c.Started)
	schema.Set(data, "calls_succeeded", c.Succeeded)
	schema.Set(data, "calls_failed", c.Failed)
	putTime(data, "last_call_started_timestamp", c.LastStarted)
}

// states are those of the protocol, those that tell more of a channel last.
var states = []struct {
	of     vologrpc.State
	number protoreflect.EnumNumber
}{
	{vologrpc.Idle, 1},
	{vologrpc.Draining, 1}, // new calls find none
	{vologrpc.Failing, 4},
	{vologrpc.Connecting, 2},
	{vologrpc.Ready, 3},
}

// putState puts what calls find: the best there is.
func putState(data proto.Message, conns []vologrpc.Connection) {
	best := states[0].number
	for _, s := range states {
		if slices.ContainsFunc(conns, func(c vologrpc.Connection) bool { return c.State == s.of }) {
			best = s.number
		}
	}
	schema.Set(schema.Mutable(data, "state"), "state", best)
}

func nameOf(c vologrpc.Connection) string { return fmt.Sprintf("%s -> %s", c.Local, c.Address) }

// putSocket puts a connection; stream is the field for its last stream, which
// depends on the side that opens them.
func putSocket(m proto.Message, id int64, c vologrpc.Connection, stream protoreflect.Name) {
	putRef(schema.Mutable(m, "ref"), "socket_id", id, nameOf(c))
	putAddress(schema.Mutable(m, "local"), c.Local)
	putAddress(schema.Mutable(m, "remote"), c.Address)
	putTLS(m, c.TLS)
	data := schema.Mutable(m, "data")
	schema.Set(data, "streams_started", c.Traffic.Started)
	schema.Set(data, "streams_succeeded", c.Traffic.Succeeded)
	schema.Set(data, "streams_failed", c.Traffic.Failed)
	schema.Set(data, "messages_sent", c.Traffic.Sent)
	schema.Set(data, "messages_received", c.Traffic.Received)
	schema.Set(data, "keep_alives_sent", c.Traffic.Pings)
	putTime(data, stream, c.Traffic.LastStream)
	putTime(data, "last_message_sent_timestamp", c.Traffic.LastSent)
	putTime(data, "last_message_received_timestamp", c.Traffic.LastReceived)
	schema.Set(schema.Mutable(data, "local_flow_control_window"), "value", c.SendWindow)
	schema.Set(schema.Mutable(data, "remote_flow_control_window"), "value", c.ReceiveWindow)
}

func putTime(m proto.Message, field protoreflect.Name, t time.Time) {
	if t.IsZero() {
		return
	}
	stamp := schema.Mutable(m, field)
	schema.Set(stamp, "seconds", t.Unix())
	schema.Set(stamp, "nanos", int32(t.Nanosecond()))
}

func putAddress(m proto.Message, a rpc.Address) {
	network, address := a.Dial()
	if ip, err := netip.ParseAddrPort(address); err == nil && network == "tcp" {
		tcp := schema.Mutable(m, "tcpip_address")
		schema.Set(tcp, "ip_address", ip.Addr().AsSlice())
		schema.Set(tcp, "port", int32(ip.Port()))
		return
	}
	if network == "unix" {
		schema.Set(schema.Mutable(m, "uds_address"), "filename", address)
		return
	}
	schema.Set(schema.Mutable(m, "other_address"), "name", cmp.Or(address, "unknown"))
}

func putTLS(m proto.Message, state *tls.ConnectionState) {
	if state == nil {
		return
	}
	t := schema.Mutable(schema.Mutable(m, "security"), "tls")
	schema.Set(t, "standard_name", tls.CipherSuiteName(state.CipherSuite))
	if len(state.PeerCertificates) > 0 {
		schema.Set(t, "remote_certificate", state.PeerCertificates[0].Raw)
	}
}
