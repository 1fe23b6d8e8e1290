package volothrift_test

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/volo-go/volo/metainfo"
	"github.com/volo-go/volo/motore/rpc"
	volothrift "github.com/volo-go/volo/volo-thrift"
	"github.com/volo-go/volo/volo-thrift/internal/store"
	"github.com/volo-go/volo/volo-thrift/internal/store/storethrift"
	"github.com/volo-go/volo/volo-thrift/volothrifttest"
)

func TestServerReadsTheHeaderAsKitexWritesIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		type seen struct {
			info       rpc.Info
			left       time.Duration
			persistent map[string]string
			upstream   map[string]string
			transient  map[string]string
		}
		var got seen
		pair := serve(t, handler{get: func(ctx context.Context, key string) (string, error) {
			got.info = *rpc.FromContext(ctx)
			if d, ok := ctx.Deadline(); ok {
				got.left = time.Until(d)
			}
			got.persistent = maps.Collect(metainfo.Persistents(ctx))
			got.upstream = maps.Collect(metainfo.Upstreams(ctx))
			got.transient = maps.Collect(metainfo.Transients(ctx))
			metainfo.SendBackward(ctx, "load", "0.7")
			return key, nil
		}})
		p := newPeer(t, pair)
		p.send(header{
			seq: 77,
			ints: map[uint16]string{
				1: "unframed", 3: "shop.front", 6: "shop.store", 9: "get", 12: "1500", 17: "50",
				20: "Order", 22: "1", 200: "an id of the future",
			},
			strs: map[string]string{
				"isn": "Store", "RPC_PERSIST_LOG_ID": "L1", "RPC_TRANSIT_STAGE": "canary", "RPC_PERSIST_EMPTY": "",
				"K_ProcessAtTime": "1", "something": "else",
			},
		}.frame(message(typeCall, "get", 77, text(1, "k"))))
		h, _ := parse(t, p.receiveFrame())
		expectHeader(t, h, 0, 77)
		if h.strs["RPC_BACKWARD_load"] != "0.7" {
			t.Errorf("the reply has %v; want the backward value", h.strs)
		}
		if got.info.Caller.Service != "shop.front" || got.info.Service != "Store" || got.info.Method != "get" || got.info.Role != rpc.Server {
			t.Errorf("the handler saw %+v", got.info)
		}
		if got.left != 1500*time.Millisecond {
			t.Errorf("the handler had %v left, want 1.5 s", got.left)
		}
		for _, tt := range []struct {
			what      string
			got, want map[string]string
		}{
			{"persistent", got.persistent, map[string]string{"LOG_ID": "L1", "EMPTY": ""}},
			{"upstream", got.upstream, map[string]string{"STAGE": "canary"}},
			{"transient", got.transient, map[string]string{}},
		} {
			if !maps.Equal(tt.got, tt.want) {
				t.Errorf("the handler saw %s %v, want %v", tt.what, tt.got, tt.want)
			}
		}
	})
}

func TestServerReadsTheTimeOutOfTheHeader(t *testing.T) {
	for _, tt := range []struct {
		value string
		want  time.Duration // 0 for no deadline
	}{
		{"1", time.Millisecond},
		{"60000", time.Minute},
		{"0", 0},
		{"-5", 0},
		{"soon", 0},
		{"", 0},
		{"315360000000", 10 * 365 * 24 * time.Hour},
		{strconv.FormatInt(1<<62, 10), 1<<63 - 1}, // more than a Duration holds: as long as can be
		{"9223372036854775807", 1<<63 - 1},
		{"99999999999999999999999", 0},
	} {
		t.Run(tt.value, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var left time.Duration
				p := newPeer(t, serve(t, handler{get: func(ctx context.Context, key string) (string, error) {
					if d, ok := ctx.Deadline(); ok {
						left = time.Until(d)
					}
					return key, ctx.Err()
				}}))
				p.send(header{seq: 1, ints: map[uint16]string{12: tt.value}}.frame(message(typeCall, "get", 1, text(1, "k"))))
				h, _ := parse(t, p.receiveFrame())
				expectHeader(t, h, 0, 1)
				if left.Round(time.Hour) != tt.want.Round(time.Hour) || tt.want < time.Hour && left != tt.want {
					t.Errorf("the handler had %v left, want %v", left, tt.want)
				}
			})
		})
	}
}

func TestServerToleratesInfoBlocksItDoesNotKnow(t *testing.T) {
	pair := serve(t, handler{get: func(ctx context.Context, key string) (string, error) {
		v, _ := metainfo.Persistent(ctx, "A")
		return key + v, nil
	}})
	for what, infos := range map[string][]byte{
		"an unknown block at the end": {0x77, 1, 2, 3},
		"an ACL token":                append([]byte{0x11, 0, 5}, "token"...),
		"padding":                     {0, 0, 0},
	} {
		t.Run(what, func(t *testing.T) {
			p := newPeer(t, pair)
			p.send(header{seq: 1, strs: map[string]string{"RPC_PERSIST_A": "a"}, infos: infos}.frame(message(typeCall, "get", 1, text(1, "k"))))
			_, payload := parse(t, p.receiveFrame())
			if want := message(typeReply, "get", 1, text(0, "ka")); !slices.Equal(payload, want) {
				t.Errorf("got % x, want % x", payload, want)
			}
		})
	}
}

// replyTo returns the TTHeader reply to a request, with more header fields.
func replyTo(t testing.TB, request []byte, strs map[string]string, typ byte, body []byte) []byte {
	t.Helper()
	h, payload := parse(t, request)
	n := 8 + int(payload[7])
	name := string(payload[8:n])
	seq := uint32(payload[n])<<24 | uint32(payload[n+1])<<16 | uint32(payload[n+2])<<8 | uint32(payload[n+3])
	return header{flags: h.flags, seq: h.seq, ints: map[uint16]string{22: strconv.Itoa(int(typ))}, strs: strs}.
		frame(message(typ, name, seq, body))
}

func TestClientWritesTheHeaderThatPeersRead(t *testing.T) {
	for _, p := range protocols {
		if !p.header {
			continue
		}
		t.Run(p.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var got header
				var payload []byte
				dial := fakeServer(t, answers(func(frame []byte) []byte {
					got, payload = parse(t, frame)
					if p.wire == volothrift.TTHeaderFramed {
						frame = got.frame(payload[4:])
					}
					return replyTo(t, frame, nil, typeReply, text(0, "v"))
				}))
				c := newClient(t, "10.0.0.1:1", toFake(dial, append(p.opts,
					volothrift.WithCaller("shop.front"), volothrift.WithCallee("shop.store"), volothrift.WithTimeout(1500*time.Millisecond))...)...)
				ctx := metainfo.WithPersistents(t.Context(), "LOG_ID", "L1", "USER", "u")
				ctx = metainfo.WithTransient(ctx, "STAGE", "canary")
				if v, err := c.Get(ctx, "k"); v != "v" || err != nil {
					t.Fatalf("Get returned %q, %v", v, err)
				}
				for id, want := range map[uint16]string{3: "shop.front", 6: "shop.store", 9: "get", 12: "1500", 22: "1"} {
					if got.ints[id] != want {
						t.Errorf("int field %d is %q, want %q", id, got.ints[id], want)
					}
				}
				want := map[string]string{
					"isn": "Store", "RPC_PERSIST_LOG_ID": "L1", "RPC_PERSIST_USER": "u", "RPC_TRANSIT_STAGE": "canary",
				}
				if !maps.Equal(got.strs, want) {
					t.Errorf("string fields are %v, want %v", got.strs, want)
				}
				flags := uint16(0)
				if strings.HasPrefix(p.name, "multiplexed") {
					flags = 1
				}
				if got.flags != flags || got.seq != 1 {
					t.Errorf("flags are %d and the sequence id is %d, want %d and 1", got.flags, got.seq, flags)
				}
				request := message(typeCall, "get", 1, text(1, "k"))
				if p.wire == volothrift.TTHeaderFramed {
					request = framed(request)
				}
				if !slices.Equal(payload, request) {
					t.Errorf("the payload is % x, want % x", payload, request)
				}
			})
		})
	}
}

func TestClientSaysOnewayAndLeavesOutWhatIsNotSet(t *testing.T) {
	got, noted := make(chan header, 1), make(chan struct{})
	defer close(noted)
	dial := fakeServer(t, func(p *peer) {
		h, _ := parse(t, p.receiveFrame())
		got <- h
		<-noted // who leaves at once may be gone before Note has returned
	})
	c := newClient(t, "10.0.0.1:1", toFake(dial)...)
	if err := c.Note(t.Context(), "n"); err != nil {
		t.Fatal(err)
	}
	h := <-got
	if want := map[uint16]string{6: "Store", 9: "note", 22: "4"}; !maps.Equal(h.ints, want) {
		t.Errorf("int fields are %v, want %v", h.ints, want)
	}
}

func TestClientReadsRepliesAsOthersWriteThem(t *testing.T) {
	exception := append(append([]byte{}, text(1, "no")[:9]...), 8, 0, 2, 0, 0, 0, 6, 0)
	biz := func(err error, _ bool) bool {
		var b *volothrift.BizError
		return errors.As(err, &b) && b.Status == 404 && b.Message == "gone" && b.Extra["since"] == "1999"
	}
	bizHeader := map[string]string{"biz-status": "404", "biz-message": "gone", "biz-extra": `{"since":"1999"}`}
	for _, tt := range []struct {
		what string
		strs map[string]string
		typ  byte
		body []byte
		is   func(error, bool) bool
	}{
		{"a value", nil, typeReply, text(0, "v"), succeeds},
		{"a business error as Kitex sends it, beside a reply without a value", bizHeader, typeReply, []byte{0}, biz},
		{"a business error beside a reply with a value", bizHeader, typeReply, text(0, "v"), biz},
		{"a business error as Volo sends it, beside an exception", bizHeader, typeException, exception, biz},
		{"a business status of zero, which is none", map[string]string{"biz-status": "0", "biz-message": ""}, typeReply, text(0, "v"), succeeds},
		{"a business status that is no number", map[string]string{"biz-status": "gone"}, typeReply, text(0, "v"), inPhase(volothrift.PhaseDecode, "biz-status")},
		{"extras that are no JSON", map[string]string{"biz-status": "1", "biz-extra": "{"}, typeReply, text(0, "v"), inPhase(volothrift.PhaseDecode, "biz-extra")},
		{"an exception", nil, typeException, exception, application(6, "no")},
		{"a malformed exception", nil, typeException, []byte{11, 0, 1}, inPhase(volothrift.PhaseDecode, "")},
		{"a malformed value", nil, typeReply, []byte{11, 0, 0, 0x7f, 0xff, 0xff, 0xff}, inPhase(volothrift.PhaseDecode, "success")},
		{"no value", nil, typeReply, []byte{0}, application(5, "get")},
		{"a field of the future", nil, typeReply, append([]byte{2, 0, 99, 1}, text(0, "v")...), succeeds},
		{"a call", nil, typeCall, text(0, "v"), inPhase(volothrift.PhaseDecode, "type call")},
	} {
		t.Run(tt.what, func(t *testing.T) {
			for _, p := range protocols[:3] {
				first := true
				dials := new(counter)
				dial := dials.count(fakeServer(t, answers(func(frame []byte) []byte {
					if !first {
						return replyTo(t, frame, nil, typeReply, text(0, "v"))
					}
					first = false
					return replyTo(t, frame, tt.strs, tt.typ, tt.body)
				})))
				c := newClient(t, "10.0.0.1:1", toFake(dial, p.opts...)...)
				if _, err := c.Get(t.Context(), "k"); !tt.is(err, true) {
					t.Errorf("%s: got %v", p.name, err)
				}
				if v, err := c.Get(t.Context(), "k"); v != "v" || err != nil {
					t.Errorf("%s: the next call got %q, %v", p.name, v, err)
				}
				if n := dials.n.Load(); n != 1 && len(p.opts) == 0 {
					t.Errorf("%s: dialed %d times, want once", p.name, n)
				}
			}
		})
	}
}

// inPhase returns a check for an *Error of our own side.
func inPhase(phase volothrift.Phase, message string) func(error, bool) bool {
	return func(err error, _ bool) bool {
		var e *volothrift.Error
		return errors.As(err, &e) && e.Phase == phase && contains(err, message)
	}
}

func TestMetadataCrossesTwoHops(t *testing.T) {
	for _, p := range protocols {
		t.Run(p.name, func(t *testing.T) {
			type view struct{ persistent, upstream, transient map[string]string }
			see := func(ctx context.Context) view {
				return view{maps.Collect(metainfo.Persistents(ctx)), maps.Collect(metainfo.Upstreams(ctx)), maps.Collect(metainfo.Transients(ctx))}
			}
			var second view
			back := dial(t, serve(t, handler{get: func(ctx context.Context, key string) (string, error) {
				second = see(ctx)
				metainfo.SendBackward(ctx, "from", "second")
				metainfo.SendBackward(ctx, "second only", "yes")
				return key, missing
			}}), p.opts...)
			var first view
			var backward map[string]string
			front := dial(t, serve(t, handler{get: func(ctx context.Context, key string) (string, error) {
				first = see(ctx)
				metainfo.SendBackward(ctx, "from", "first")
				ctx = metainfo.WithBackward(metainfo.WithPersistent(metainfo.WithTransient(ctx, "HOP", "2"), "ADDED", "a"))
				v, err := back.Get(ctx, key)
				backward = maps.Collect(metainfo.Backwards(ctx))
				return v, err
			}}), p.opts...)

			ctx := metainfo.WithPersistents(t.Context(), "LOG", "1", "UTF8", "grüße ✓", "EMPTY", "")
			ctx = metainfo.WithBackward(metainfo.WithTransient(ctx, "HOP", "1"))
			_, err := front.Get(ctx, "k")
			var notFound *store.NotFound
			if !errors.As(err, &notFound) {
				t.Fatalf("got %v; want the exception of the second hop", err)
			}
			got := maps.Collect(metainfo.Backwards(ctx))
			for _, tt := range []struct {
				what      string
				got, want map[string]string
			}{
				{"the first hop's persistent", first.persistent, map[string]string{"LOG": "1", "UTF8": "grüße ✓", "EMPTY": ""}},
				{"the first hop's upstream", first.upstream, map[string]string{"HOP": "1"}},
				{"the first hop's transient", first.transient, map[string]string{}},
				{"the second hop's persistent", second.persistent, map[string]string{"LOG": "1", "UTF8": "grüße ✓", "EMPTY": "", "ADDED": "a"}},
				{"the second hop's upstream", second.upstream, map[string]string{"HOP": "2"}},
				{"what came back to the first hop", backward, map[string]string{"from": "second", "second only": "yes"}},
				{"what came back to the caller", got, map[string]string{"from": "first"}},
			} {
				if !p.header {
					tt.want = map[string]string{} // nothing travels beside the message
				}
				if tt.what == "the first hop's transient" {
					tt.want = map[string]string{}
				}
				if !maps.Equal(tt.got, tt.want) {
					t.Errorf("%s is %v, want %v", tt.what, tt.got, tt.want)
				}
			}
		})
	}
}

func TestHeadersThatAreTooLargeFailTheirCallAlone(t *testing.T) {
	long := strings.Repeat("x", 70_000) // more than a field can hold
	for _, p := range protocols {
		if !p.header {
			continue
		}
		t.Run(p.name, func(t *testing.T) {
			c := dial(t, serve(t, handler{get: func(ctx context.Context, key string) (string, error) {
				switch key {
				case "backward":
					metainfo.SendBackward(ctx, "KEY", long)
				case "business":
					return "", &volothrift.BizError{Status: 1, Message: long}
				case "exception":
					return "", &store.Denied{Reason: long} // travels in the message, where there is room
				}
				return key, nil
			}}), p.opts...)
			_, err := c.Get(metainfo.WithPersistent(t.Context(), "KEY", long), "k")
			if e := asError(t, err); e.Phase != volothrift.PhaseEncode || !e.Unsent || !contains(err, "KEY") {
				t.Errorf("a persistent value of 70 kB gave %.200v; want an encode error that names it", err)
			}
			for _, key := range []string{"backward", "business"} {
				if _, err := c.Get(t.Context(), key); !application(6, "cannot be sent")(err, true) {
					t.Errorf("a %s value of 70 kB gave %.200v; want an exception", key, err)
				}
			}
			var e *store.Denied
			if _, err := c.Get(t.Context(), "exception"); !errors.As(err, &e) || e.Reason != long {
				t.Errorf("an exception of 70 kB gave %.200v", err)
			}
			mustGet(t, c, "next")
		})
	}
}

func TestServerFindsTheServiceByItsHeader(t *testing.T) {
	s := newServer(t, handler{})
	if err := s.Register(storethrift.NewAuditService(auditor{})); err != nil {
		t.Fatal(err)
	}
	p := newPeer(t, volothrifttest.Serve(t, s))
	for _, tt := range []struct {
		what, service, method string
		typ                   byte
		want                  string // in the payload
	}{
		{"its own service", "Store", "get", typeReply, "k"},
		{"the other service", "Audit", "get", typeReply, "audited k"},
		{"the own service again", "Store", "get", typeReply, "k"},
		{"no service, a method that one has", "", "last", typeReply, "last"},
		{"an unknown service, a method that one has", "Shop", "last", typeReply, "last"},
		{"a service, a method of the other", "Store", "last", typeException, "service Store has no method"},
		{"no service, a method that both have", "", "get", typeException, "several services"},
		{"an unknown service, a method that both have", "Shop", "get", typeException, "no service Shop"},
		{"an unknown service and method", "Shop", "buy", typeException, "no service Shop"},
		{"Apache's way to name the service", "", "Audit:get", typeReply, "audited k"},
		{"a service in the header, whatever the name says", "Audit", "get", typeReply, "audited k"},
	} {
		t.Run(tt.what, func(t *testing.T) {
			p.t = t
			strs := map[string]string{}
			if tt.service != "" {
				strs["isn"] = tt.service
			}
			p.send(header{seq: 1, strs: strs}.frame(message(typeCall, tt.method, 1, text(1, "k"))))
			_, payload := parse(t, p.receiveFrame())
			if payload[3] != tt.typ || !strings.Contains(string(payload), tt.want) {
				t.Errorf("got a message of type %d, %q; want type %d with %q", payload[3], payload, tt.typ, tt.want)
			}
		})
	}
}
