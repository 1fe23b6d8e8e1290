package grpcgo_test

import (
	"context"
	"errors"
	"net"
	"testing"
	"time"

	"google.golang.org/grpc"
	channelzpb "google.golang.org/grpc/channelz/grpc_channelz_v1"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/reflect/protoreflect"

	vologrpc "github.com/volo-go/volo/volo-grpc"
	"github.com/volo-go/volo/volo-grpc/channelz"
)

// What our descriptor has of channelz is what grpc-go's has, name by name and
// number by number.
func TestChannelzDescriptor(t *testing.T) {
	theirs := channelzpb.File_grpc_channelz_v1_channelz_proto
	compareMessages(t, channelz.File.Messages(), theirs.Messages())
	service, want := channelz.File.Services().Get(0), theirs.Services().Get(0)
	if service.FullName() != want.FullName() || service.Methods().Len() != want.Methods().Len() {
		t.Fatalf("got %v with %d methods, want %v with %d", service.FullName(), service.Methods().Len(), want.FullName(), want.Methods().Len())
	}
	for i := range service.Methods().Len() {
		m := service.Methods().Get(i)
		if w := want.Methods().ByName(m.Name()); w == nil || w.Input().FullName() != m.Input().FullName() || w.Output().FullName() != m.Output().FullName() {
			t.Errorf("got method %v, want %v", m, w)
		}
	}
}

func compareMessages(t *testing.T, ours, theirs protoreflect.MessageDescriptors) {
	for i := range ours.Len() {
		m := ours.Get(i)
		want := theirs.ByName(m.Name())
		if want == nil {
			t.Errorf("there is no %s", m.FullName())
			continue
		}
		for i := range m.Fields().Len() {
			if f := m.Fields().Get(i); !sameField(f, want.Fields().ByNumber(f.Number())) {
				t.Errorf("got %v, want %v", f, want.Fields().ByNumber(f.Number()))
			}
		}
		compareMessages(t, m.Messages(), want.Messages())
	}
}

func sameField(f, want protoreflect.FieldDescriptor) bool {
	return want != nil && f.FullName() == want.FullName() && f.Kind() == want.Kind() && f.Cardinality() == want.Cardinality() &&
		(f.Message() == nil || f.Message().FullName() == want.Message().FullName()) &&
		(f.Enum() == nil || f.Enum().Values().Len() == want.Enum().Values().Len()) &&
		(f.ContainingOneof() == nil) == (want.ContainingOneof() == nil)
}

// grpc-go's client asks a server of ours for everything that there is.
func TestGRPCGoInspectsUs(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server, z := vologrpc.NewServer(), channelz.New()
	z.AddServer("ours", server)
	if err := server.Register(z.Service()); err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	defer func() {
		server.Close()
		if err := <-served; !errors.Is(err, vologrpc.ErrServerClosed) {
			t.Error(err)
		}
	}()
	conn, err := grpc.NewClient("passthrough:///"+listener.Addr().String(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	c := channelzpb.NewChannelzClient(conn)

	servers, err := c.GetServers(ctx, &channelzpb.GetServersRequest{})
	if err != nil || len(servers.Server) != 1 || servers.Server[0].Ref.Name != "ours" || !servers.End {
		t.Fatalf("servers: got %v and %v", servers, err)
	}
	id := servers.Server[0].Ref.ServerId
	one, err := c.GetServer(ctx, &channelzpb.GetServerRequest{ServerId: id})
	if err != nil || one.Server.Data.CallsStarted != 2 || one.Server.Data.LastCallStartedTimestamp.CheckValid() != nil {
		t.Errorf("server: got %v and %v", one, err)
	}
	sockets, err := c.GetServerSockets(ctx, &channelzpb.GetServerSocketsRequest{ServerId: id})
	if err != nil || len(sockets.SocketRef) != 1 {
		t.Fatalf("sockets: got %v and %v", sockets, err)
	}
	socket, err := c.GetSocket(ctx, &channelzpb.GetSocketRequest{SocketId: sockets.SocketRef[0].SocketId})
	if err != nil {
		t.Fatal(err)
	}
	data, local := socket.Socket.Data, socket.Socket.Local.GetTcpipAddress()
	if data.StreamsStarted != 4 || data.StreamsSucceeded != 3 || data.StreamsFailed != 0 || data.MessagesSent != 3 ||
		data.LocalFlowControlWindow.GetValue() <= 0 || data.LastRemoteStreamCreatedTimestamp.AsTime().After(time.Now()) {
		t.Errorf("socket: got %v", socket)
	}
	if got, want := net.IP(local.GetIpAddress()).String(), listener.Addr().(*net.TCPAddr); got != want.IP.String() || int(local.GetPort()) != want.Port {
		t.Errorf("address: got %s and %d, want %v", got, local.GetPort(), want)
	}
	channels, err := c.GetTopChannels(ctx, &channelzpb.GetTopChannelsRequest{})
	if err != nil || len(channels.Channel) != 0 || !channels.End {
		t.Errorf("channels: got %v and %v", channels, err)
	}
	if _, err := c.GetChannel(ctx, &channelzpb.GetChannelRequest{ChannelId: id}); status.Code(err) != codes.NotFound {
		t.Errorf("a server as a channel: got %v, want NOT_FOUND", err)
	}
}
