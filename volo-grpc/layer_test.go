package vologrpc_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"testing"

	"google.golang.org/protobuf/proto"

	"github.com/volo-go/volo/motore/rpc"
	vologrpc "github.com/volo-go/volo/volo-grpc"
)

// diary is a layer that writes down what it sees.
func diary(name string, pages *[]string) vologrpc.Layer {
	write := func(what string) func(proto.Message) {
		return func(m proto.Message) { *pages = append(*pages, name+" "+what+" "+m.(*note).Value) }
	}
	return func(next vologrpc.Handler) vologrpc.Handler {
		return vologrpc.HandlerFunc(func(ctx context.Context, req *vologrpc.Request) (*vologrpc.Response, error) {
			events := vologrpc.StreamEvents{
				Sent: write("sent"), Received: write("received"),
				Ended: func(err error) { *pages = append(*pages, fmt.Sprint(name, " ended ", vologrpc.CodeOf(err))) },
			}
			if s := req.Stream(); s != nil && req.Method.Kind != vologrpc.Unary {
				s.Observe(events)
			}
			if req.Message != nil {
				write("request")(req.Message)
			}
			resp, err := next.Call(ctx, req)
			switch {
			case err != nil:
				*pages = append(*pages, fmt.Sprint(name, " failed ", vologrpc.CodeOf(err)))
			case resp.Stream != nil:
				resp.Stream.Observe(events)
			case resp.Message != nil:
				write("response")(resp.Message)
			}
			return resp, err
		})
	}
}

func TestLayersSeeCallsOfEveryKind(t *testing.T) {
	var client, server []string
	failing := false
	h := echo
	h.get = func(ctx context.Context, in *note) (*note, error) {
		if failing {
			return nil, vologrpc.Errorf(vologrpc.Aborted, "no")
		}
		return in, nil
	}
	c := inMemory(t, h, []vologrpc.ServerOption{vologrpc.WithLayers(diary("outer", &server), diary("inner", &server))},
		vologrpc.WithOuter(diary("outer", &client)), vologrpc.WithInner(diary("inner", &client)))
	check := func(what string, wantClient, wantServer []string) {
		t.Helper()
		if !reflect.DeepEqual(client, wantClient) {
			t.Errorf("%s, client:\n got %q\nwant %q", what, client, wantClient)
		}
		if !reflect.DeepEqual(server, wantServer) {
			t.Errorf("%s, server:\n got %q\nwant %q", what, server, wantServer)
		}
		client, server = nil, nil
	}

	c.get(soon(t), "x")
	both := []string{"outer request x", "inner request x", "inner response x", "outer response x"}
	check("unary", both, both)

	failing = true
	c.get(soon(t), "x")
	both = []string{"outer request x", "inner request x", "inner failed ABORTED", "outer failed ABORTED"}
	check("unary that fails", both, both)

	putAll(t, c, "a", "b")
	check("client streaming",
		[]string{"inner sent a", "outer sent a", "inner sent b", "outer sent b", "inner received ab", "outer received ab", "inner ended OK", "outer ended OK"},
		[]string{"outer received a", "inner received a", "outer received b", "inner received b", "outer sent ab", "inner sent ab"})

	listAll(t, c, "yz")
	check("server streaming",
		[]string{"outer request yz", "inner request yz", "inner received y", "outer received y", "inner received z", "outer received z", "inner ended OK", "outer ended OK"},
		[]string{"outer received yz", "inner received yz", "outer sent y", "inner sent y", "outer sent z", "inner sent z"})

	s, err := c.list(soon(t), "yz")
	if err != nil {
		t.Fatal(err)
	}
	s.Recv()
	s.Close()
	if want := "outer ended CANCELLED"; client[len(client)-1] != want {
		t.Errorf("a stream that is closed early: got %q at the end, want %q", client, want)
	}
}

func TestALayerMayAnswer(t *testing.T) {
	cached := func(next vologrpc.Handler) vologrpc.Handler {
		return vologrpc.HandlerFunc(func(ctx context.Context, req *vologrpc.Request) (*vologrpc.Response, error) {
			return req.NewResponse(of("from the layer")), nil
		})
	}
	for what, c := range map[string]notesClient{
		"client": dial(t, closedPort(t), vologrpc.WithOuter(cached)),
		"server": inMemory(t, notes{}, []vologrpc.ServerOption{vologrpc.WithLayers(cached)}),
	} {
		if got, err := c.get(soon(t), "x"); got != "from the layer" || err != nil {
			t.Errorf("%s: got %q and %v", what, got, err)
		}
	}
}

func TestBusinessErrors(t *testing.T) {
	want := &vologrpc.BizError{Status: 42, Message: "no stock: ü", Extra: map[string]string{"item": "7", "näme": "x\n"}}
	last := inMemory(t, failing(fmt.Errorf("buy: %w", want)), nil)
	first := inMemory(t, notes{get: func(ctx context.Context, in *note) (*note, error) {
		_, err := last.get(ctx, "")
		return nil, err
	}}, nil)
	for what, c := range map[string]notesClient{"directly": last, "through a process between": first} {
		_, err := c.get(soon(t), "")
		var biz *vologrpc.BizError
		if !errors.As(err, &biz) || !reflect.DeepEqual(biz, want) || vologrpc.CodeOf(err) != vologrpc.Internal {
			t.Errorf("%s: got %v (%+v), want %+v in an INTERNAL error", what, err, biz, want)
		}
		if got := rpc.OutcomeOf(err); got != rpc.Answered {
			t.Errorf("%s: the instance counts as one that has %v", what, got)
		}
	}
}
