package channelz_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"runtime"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/dynamicpb"

	vologrpc "github.com/volo-go/volo/volo-grpc"
	"github.com/volo-go/volo/volo-grpc/channelz"
	"github.com/volo-go/volo/volo-grpc/health"
)

// A world is an inspector that is asked over a connection of which it tells.
type world struct {
	z      *channelz.Inspector
	server *vologrpc.Server
	client *vologrpc.Client
	addr   string
}

func newWorld(t *testing.T) *world {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &world{z: channelz.New(), server: vologrpc.NewServer(), addr: l.Addr().String()}
	for _, s := range []*vologrpc.Service{w.z.Service(), health.New().Service()} {
		if err := w.server.Register(s); err != nil {
			t.Fatal(err)
		}
	}
	ended := make(chan error)
	go func() { ended <- w.server.Serve(l) }()
	if w.client, err = vologrpc.NewClient(w.addr); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		w.client.Close()
		w.server.Close()
		<-ended
	})
	w.z.AddServer("shop", w.server)
	return w
}

func newMessage(f protoreflect.FileDescriptor, name string) proto.Message {
	return dynamicpb.NewMessage(f.Messages().ByName(protoreflect.Name(name)))
}

// ask asks with a request in JSON and returns the answer, decoded from JSON.
func (w *world) ask(t *testing.T, method, request string) (map[string]any, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	req, resp := newMessage(channelz.File, method+"Request"), newMessage(channelz.File, method+"Response")
	if err := protojson.Unmarshal([]byte(request), req); err != nil {
		t.Fatal(err)
	}
	m := &vologrpc.Method{Service: "grpc.channelz.v1.Channelz", Name: method}
	if err := w.client.Unary(ctx, m, req, resp); err != nil {
		return nil, err
	}
	text, err := protojson.Marshal(resp)
	if err != nil {
		t.Fatal(err)
	}
	var answer map[string]any
	if err := json.Unmarshal(text, &answer); err != nil {
		t.Fatal(err)
	}
	return answer, nil
}

func (w *world) must(t *testing.T, method, request string) map[string]any {
	t.Helper()
	answer, err := w.ask(t, method, request)
	if err != nil {
		t.Fatalf("%s %s: %v", method, request, err)
	}
	return answer
}

// check makes a call of health, with status OK or not.
func (w *world) check(t *testing.T, service string) error {
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	req := newMessage(health.File, "HealthCheckRequest")
	if err := protojson.Unmarshal([]byte(`{"service": "`+service+`"}`), req); err != nil {
		t.Fatal(err)
	}
	return w.client.Unary(ctx, &vologrpc.Method{Service: "grpc.health.v1.Health", Name: "Check"}, req, newMessage(health.File, "HealthCheckResponse"))
}

// at returns what a path such as "server.0.ref.name" leads to, as text.
func at(answer any, path string) string {
	for _, step := range strings.Split(path, ".") {
		switch v := answer.(type) {
		case map[string]any:
			answer = v[step]
		case []any:
			var i int
			if fmt.Sscan(step, &i); i >= len(v) {
				return ""
			}
			answer = v[i]
		}
	}
	if answer == nil {
		return ""
	}
	return fmt.Sprint(answer)
}

func TestWhatIsTold(t *testing.T) {
	w := newWorld(t)
	w.z.AddClient("to myself", w.client)
	for _, service := range []string{"", "", "no such"} {
		w.check(t, service)
	}
	for w.server.Calls().Succeeded < 2 || w.server.Calls().Failed < 1 {
		runtime.Gosched() // an answer is there before its call is over
	}
	_, port, _ := net.SplitHostPort(w.addr)

	channel := w.must(t, "GetTopChannels", `{}`)
	servers := w.must(t, "GetServers", `{}`)
	sub := w.must(t, "GetSubchannel", `{"subchannelId": "`+at(channel, "channel.0.subchannelRef.0.subchannelId")+`"}`)
	ours := w.must(t, "GetSocket", `{"socketId": "`+at(sub, "subchannel.socketRef.0.socketId")+`"}`)
	sockets := w.must(t, "GetServerSockets", `{"serverId": "`+at(servers, "server.0.ref.serverId")+`"}`)
	theirs := w.must(t, "GetSocket", `{"socketId": "`+at(sockets, "socketRef.0.socketId")+`"}`)
	listener := w.must(t, "GetSocket", `{"socketId": "`+at(servers, "server.0.listenSocket.0.socketId")+`"}`)
	for _, tt := range []struct {
		answer     map[string]any
		path, want string
	}{
		{channel, "end", "true"},
		{channel, "channel.0.ref.name", "to myself"},
		{channel, "channel.0.data.target", "to myself"},
		{channel, "channel.0.data.state.state", "READY"},
		{channel, "channel.0.data.callsStarted", "4"}, // the question too
		{channel, "channel.0.data.callsSucceeded", "2"},
		{channel, "channel.0.data.callsFailed", "1"},
		{channel, "channel.0.subchannelRef.0.name", w.addr},
		{channel, "channel.0.subchannelRef.1", ""},
		{sub, "subchannel.data.state.state", "READY"},
		{sub, "subchannel.data.callsStarted", "6"},
		{sub, "subchannel.data.callsFailed", "1"},
		{sub, "subchannel.socketRef.1", ""},
		{ours, "socket.data.streamsStarted", "7"},
		{ours, "socket.data.streamsSucceeded", "6"},
		{ours, "socket.data.streamsFailed", "0"},
		{ours, "socket.data.messagesSent", "7"},
		{ours, "socket.data.messagesReceived", "5"},
		{ours, "socket.data.keepAlivesSent", "0"},
		{ours, "socket.data.lastRemoteStreamCreatedTimestamp", ""},
		{ours, "socket.remote.tcpipAddress.ipAddress", "fwAAAQ=="}, // 127.0.0.1
		{ours, "socket.remote.tcpipAddress.port", port},
		{ours, "socket.security", ""},
		{servers, "server.0.ref.name", "shop"},
		{servers, "server.0.data.callsStarted", "5"},
		{servers, "server.0.data.callsFailed", "1"},
		{servers, "server.0.listenSocket.0.name", w.addr},
		{theirs, "socket.data.lastLocalStreamCreatedTimestamp", ""},
		{theirs, "socket.ref.name", at(sockets, "socketRef.0.name")},
		{theirs, "socket.local.tcpipAddress.port", port},
		{theirs, "socket.remote.tcpipAddress.port", at(ours, "socket.local.tcpipAddress.port")},
		{listener, "socket.local.tcpipAddress.port", port},
		{listener, "socket.remote", ""},
	} {
		got := at(tt.answer, tt.path)
		if got == "" && tt.want == "0" { // as JSON has it
			continue
		}
		if got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.path, got, tt.want)
		}
	}
	for _, path := range []string{
		"lastLocalStreamCreatedTimestamp", "lastMessageSentTimestamp", "lastMessageReceivedTimestamp",
		"localFlowControlWindow", "remoteFlowControlWindow",
	} {
		if at(ours, "socket.data."+path) == "" {
			t.Errorf("%s is missing", path)
		}
	}
}

func TestPages(t *testing.T) {
	w := newWorld(t)
	for i := range 3 {
		c, err := vologrpc.NewClient("127.0.0.1:1")
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		remove := w.z.AddClient(fmt.Sprintf("client %d", i), c)
		if i == 1 {
			defer func() {
				remove()
				if got := w.must(t, "GetTopChannels", `{}`); at(got, "channel.1.ref.name") != "client 2" || at(got, "channel.2") != "" {
					t.Errorf("after the removal of one: got %v", got)
				}
			}()
		}
	}
	all := w.must(t, "GetTopChannels", `{}`)
	second := at(all, "channel.1.ref.channelId")
	for _, tt := range []struct {
		what, method, request string
		path, want            string
		code                  vologrpc.Code
	}{
		{"a first page", "GetTopChannels", `{"maxResults": "2"}`, "end", "", vologrpc.OK},
		{"its last entry", "GetTopChannels", `{"maxResults": "2"}`, "channel.1.ref.name", "client 1", vologrpc.OK},
		{"what comes after it", "GetTopChannels", `{"maxResults": "2"}`, "channel.2", "", vologrpc.OK},
		{"a last page", "GetTopChannels", `{"startChannelId": "` + second + `", "maxResults": "2"}`, "end", "true", vologrpc.OK},
		{"its first entry", "GetTopChannels", `{"startChannelId": "` + second + `"}`, "channel.0.ref.name", "client 1", vologrpc.OK},
		{"a page after the end", "GetTopChannels", `{"startChannelId": "9000000000000000000"}`, "end", "true", vologrpc.OK},
		{"a page of very many", "GetTopChannels", `{"maxResults": "9000000000000000000"}`, "end", "true", vologrpc.OK},
		{"one that is not connected", "GetChannel", `{"channelId": "` + second + `"}`, "channel.data.state.state", "IDLE", vologrpc.OK},
		{"a negative start", "GetServers", `{"startServerId": "-1"}`, "", "", vologrpc.InvalidArgument},
		{"a negative number of results", "GetServers", `{"maxResults": "-1"}`, "", "", vologrpc.InvalidArgument},
		{"a server that is not there", "GetServer", `{"serverId": "` + second + `"}`, "", "", vologrpc.NotFound},
		{"sockets of nobody", "GetServerSockets", `{"serverId": "7"}`, "", "", vologrpc.NotFound},
		{"a channel that is not there", "GetChannel", `{}`, "", "", vologrpc.NotFound},
		{"a subchannel that is not there", "GetSubchannel", `{"subchannelId": "` + second + `"}`, "", "", vologrpc.NotFound},
		{"a socket that is not there", "GetSocket", `{"socketId": "` + second + `"}`, "", "", vologrpc.NotFound},
		{"a socket with a negative number", "GetSocket", `{"socketId": "-1"}`, "", "", vologrpc.NotFound},
	} {
		got, err := w.ask(t, tt.method, tt.request)
		if code := vologrpc.CodeOf(err); code != tt.code || err == nil && at(got, tt.path) != tt.want {
			t.Errorf("%s: got %v and %v, want %s = %q and %v", tt.what, got, err, tt.path, tt.want, tt.code)
		}
	}
}
