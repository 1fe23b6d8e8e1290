package console_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/volo-go/volo/volo-cli/internal/console"
	"github.com/volo-go/volo/volo-cli/internal/invoke"
)

func TestCallsOfThrift(t *testing.T) {
	p := thriftPage(t)
	for _, tt := range []struct {
		says, body   string
		text         string // the answer, "" for none
		kind         invoke.Kind
		name, value  string
		backward     string
		code         int32
		message      string
		sent, answer int
	}{
		{says: "an answer, its number as it is", body: `{"method":"Shop/GetItem","text":"{\"id\": 9007199254740993}"}`,
			text: `{"id":9007199254740993,"name":"chair"}`, backward: "GetItem", sent: 1, answer: 1},
		{says: "metadata", body: `{"method":"Put","text":"{}","persistent":[{"key":"ZONE","value":"a"}]}`, text: "null", backward: "Puta", sent: 1, answer: 1},
		{says: "oneway", body: `{"method":"Forget","text":"{}"}`, sent: 1},
		{says: "a declared exception", body: `{"method":"GetItem","text":"{\"id\": 3}"}`, kind: invoke.Exception, name: "shop.NoSuchItem", value: `{"id":3}`, backward: "GetItem", sent: 1},
		{says: "a business error", body: `{"method":"GetItem","text":"{\"id\": 8}"}`, kind: invoke.Business, code: 42, message: "closed", backward: "GetItem", sent: 1},
		{says: "headers of gRPC", body: `{"method":"Put","text":"{}","metadata":[{"key":"a","value":"b"}]}`, kind: invoke.Local, message: "request: Thrift has no free headers; send a as persistent or transient metadata"},
	} {
		t.Run(tt.says, func(t *testing.T) {
			s := p.call(t.Context(), tt.body)
			s.next("begin")
			if tt.text != "" {
				if e := s.next("message"); string(e.Text) != tt.text {
					t.Errorf("got %s, want %s", e.Text, tt.text)
				}
			}
			e := s.end()
			if e.Reply == nil || e.Reply.Sent != tt.sent || e.Reply.Received != tt.answer || e.Reply.Timing.Total <= 0 {
				t.Errorf("got reply %+v, want %d sent and %d received", e.Reply, tt.sent, tt.answer)
			}
			backward := ""
			for _, pair := range e.Reply.Backward {
				backward += pair.Value
			}
			if backward != tt.backward {
				t.Errorf("got %q backward, want %q", backward, tt.backward)
			}
			if tt.kind == "" {
				if e.Error != nil {
					t.Errorf("got error %+v", e.Error)
				}
				return
			}
			if f := e.Error; f == nil || f.Kind != tt.kind || f.Name != tt.name || f.Code != tt.code || tt.message != "" && f.Message != tt.message || string(f.Value) != tt.value {
				t.Errorf("got error %+v, want %s %s %d %q %s", f, tt.kind, tt.name, tt.code, tt.message, tt.value)
			}
		})
	}
}

func talkPage(t *testing.T) (*page, *talk) {
	server := newTalk(t)
	return open(t, console.Config{}, invoke.Config{Target: server.addr, IDLs: []string{"talk.proto"}}), server
}

func TestAUnaryCallOfGRPC(t *testing.T) {
	p, _ := talkPage(t)
	s := p.call(t.Context(), `{"method":"talk.Talk/Echo","text":"{\"text\":\"hi\",\"number\":\"9007199254740993\"}","metadata":[{"key":"ask","value":"me"}]}`)
	s.next("begin")
	if e := s.next("header"); len(e.Pairs) == 0 || e.Pairs[0] != (invoke.Pair{Key: "asked", Value: "me"}) {
		t.Errorf("got header %v, want what was asked", e.Pairs)
	}
	if e := s.next("message"); string(e.Text) != `{"text":"hi","number":"9007199254740993"}` {
		t.Errorf("got %s", e.Text)
	}
	if e := s.end(); e.Error != nil || len(e.Reply.Trailer) != 1 || e.Reply.Trailer[0].Value != "yes" || e.Reply.Timing.ReceivedBytes == 0 {
		t.Errorf("got %+v, %+v, want a trailer and sizes", e.Reply, e.Error)
	}

	s = p.call(t.Context(), `{"method":"talk.Talk/Echo","text":"{\"text\":\"no\"}"}`)
	s.next("begin")
	s.next("header")
	e := s.end()
	if f := e.Error; f == nil || f.Kind != invoke.Status || f.Name != "NOT_FOUND" || f.Message != "no such word" || len(f.Details) != 1 ||
		!strings.Contains(strings.ReplaceAll(string(f.Details[0]), " ", ""), `"text":"no"`) {
		t.Errorf("got %+v, want NOT_FOUND with a detail of type talk.Word", f)
	}
}

func TestAnAnswerIsAStream(t *testing.T) {
	p, _ := talkPage(t)
	s := p.call(t.Context(), `{"method":"talk.Talk/Repeat","text":"{\"text\":\"hi\"}"}`)
	s.next("begin")
	s.next("header")
	for range 3 {
		if e := s.next("message"); string(e.Text) != `{"text":"hi"}` {
			t.Errorf("got %s", e.Text)
		}
	}
	if e := s.end(); e.Error != nil || e.Reply.Received != 3 {
		t.Errorf("got %+v, %+v, want 3 messages", e.Reply, e.Error)
	}
}

// tell sends a message of a stream.
func (p *page) tell(id, text string, want int) string {
	p.t.Helper()
	status, answer := p.ask("POST", "/api/calls/"+id+"/messages", text)
	if status != want {
		p.t.Errorf("%s: got status %d, %s, want %d", text, status, answer, want)
	}
	return answer
}

func TestAConversation(t *testing.T) {
	p, _ := talkPage(t)
	s := p.call(t.Context(), `{"method":"talk.Talk/Chat"}`)
	id := s.next("begin").ID
	for i, text := range []string{`{"text":"one"}`, `{"text":"two"}`} {
		p.tell(id, text, 202)
		if i == 0 {
			s.next("header")
		}
		if e := s.next("message"); string(e.Text) != text {
			t.Errorf("got %s, want %s", e.Text, text)
		}
		if answer := p.tell(id, `{"texxt":"wrong"}`, 422); !strings.Contains(answer, `"fault":{"message":"unknown field \"texxt\"","line":1,"column":2}`) {
			t.Errorf("got %s, want where it is wrong", answer)
		}
	}
	for range 2 { // also who says it twice
		if status, text := p.ask("POST", "/api/calls/"+id+"/end", ""); status != 202 && status != 404 {
			t.Errorf("got status %d, %s", status, text)
		}
	}
	if e := s.end(); e.Error != nil || e.Reply.Sent != 2 || e.Reply.Received != 2 {
		t.Errorf("got %+v, %+v, want two messages each way", e.Reply, e.Error)
	}
	p.tell(id, `{}`, 404)
}

func TestManyRequestsHaveOneAnswer(t *testing.T) {
	p, _ := talkPage(t)
	s := p.call(t.Context(), `{"method":"talk.Talk/Gather"}`)
	id := s.next("begin").ID
	for i, text := range []string{`{"text":"a"}`, `{"text":"b"}`} {
		p.tell(id, text, 202)
		if e := s.next("sent"); e.Count != i+1 {
			t.Errorf("got %d messages sent, want %d", e.Count, i+1)
		}
	}
	if status, text := p.ask("POST", "/api/calls/"+id+"/end", ""); status != 202 {
		t.Errorf("got status %d, %s", status, text)
	}
	s.next("header")
	if e := s.next("message"); string(e.Text) != `{"text":"ab"}` {
		t.Errorf("got %s", e.Text)
	}
	s.end()
}

func TestACallIsCanceled(t *testing.T) {
	for _, tt := range []struct {
		says   string
		cancel func(p *page, id string, leave func())
		want   string // "" if nobody is there to be told
	}{
		{"by its user", func(p *page, id string, _ func()) { p.ask("DELETE", "/api/calls/"+id, "") }, "canceled by the user"},
		{"by closing the page", func(_ *page, _ string, leave func()) { leave() }, ""},
		{"by the end of the console", func(p *page, _ string, _ func()) { p.stop() }, "the console has been stopped"},
	} {
		t.Run(tt.says, func(t *testing.T) {
			p, server := talkPage(t)
			ctx, leave := context.WithCancel(t.Context())
			defer leave()
			s := p.call(ctx, `{"method":"talk.Talk/Wait","text":"{}"}`)
			id := s.next("begin").ID
			<-server.waiting
			done := make(chan struct{})
			go func() {
				defer close(done)
				tt.cancel(p, id, leave)
			}()
			if tt.want != "" {
				if e := s.end(); e.Error == nil || e.Error.Kind != invoke.Transport || e.Error.Message != tt.want {
					t.Errorf("got %+v, want %q", e.Error, tt.want)
				}
			}
			<-done
			<-server.ended // the server hears of it
		})
	}
}

// Which side notices first is not said.
func TestACallHasATimeout(t *testing.T) {
	p, _ := talkPage(t)
	s := p.call(t.Context(), `{"method":"talk.Talk/Wait","text":"{}","timeout":"50ms"}`)
	s.next("begin")
	if e := s.end(); e.Error == nil || !strings.Contains(e.Error.Message, "deadline exceeded") {
		t.Errorf("got %+v, want that it was too late", e.Error)
	}
}

func TestSoManyCallsRunAtOnce(t *testing.T) {
	p, _ := talkPage(t)
	ctx, leave := context.WithCancel(t.Context())
	for range 64 {
		p.call(ctx, `{"method":"talk.Talk/Chat"}`).next("begin")
	}
	if status, text := p.ask("POST", "/api/calls", `{"method":"talk.Talk/Chat"}`); status != 429 || !strings.Contains(text, "64 calls run at once") {
		t.Errorf("got status %d, %s, want that there are too many", status, text)
	}
	leave()
}

func TestWhatThereIs(t *testing.T) {
	p := thriftPage(t)
	status, text := p.ask("GET", "/api/outline", "")
	var o struct {
		Protocol string
		invoke.Outline
	}
	if err := json.Unmarshal([]byte(text), &o); err != nil || status != 200 || o.Protocol != "ttheader" || len(o.Services) != 1 || o.Types["shop.Unused"] == nil {
		t.Errorf("got status %d, %s, %v, want the services and types of shop.thrift", status, text, err)
	}
	if status, again := p.ask("POST", "/api/reload", ""); status != 200 || again != text {
		t.Errorf("got status %d, %s after a reload, want the same", status, again)
	}
}

func TestThePageKnowsWhatItsUserTyped(t *testing.T) {
	p := open(t, console.Config{
		Command: []string{"volo", "call"},
		Call:    invoke.Call{Timeout: time.Minute, Metadata: []invoke.Pair{{Key: "a", Value: "b"}}},
	}, invoke.Config{Target: "127.0.0.1:1", IDLs: []string{"talk.proto"}})
	want := `{"target":"127.0.0.1:1","command":["volo","call"],"metadata":[{"key":"a","value":"b"}],"persistent":null,"transient":null,"timeout":"1m0s"}` + "\n"
	if status, text := p.ask("GET", "/api/peer", ""); status != 200 || text != want {
		t.Errorf("got status %d, %s, want %s", status, text, want)
	}
}

// A server that is not there yet, or has other services now, is no reason to
// start again.
func TestTheServerMayComeLater(t *testing.T) {
	server := newTalk(t)
	tries := 0
	c := console.Config{}
	p := openWith(t, c, func(ctx context.Context) (*invoke.Peer, error) {
		if tries++; tries == 1 {
			return nil, context.DeadlineExceeded
		}
		return invoke.Open(ctx, invoke.Config{Target: server.addr})
	})
	if status, text := p.ask("GET", "/api/outline", ""); status != 502 || !strings.Contains(text, `"kind":"transport"`) {
		t.Errorf("got status %d, %s, want that there was no answer", status, text)
	}
	if status, text := p.ask("GET", "/api/outline", ""); status != 200 || !strings.Contains(text, `"grpc.health.v1.Health"`) {
		t.Errorf("got status %d, %s, want what reflection knows", status, text)
	}
}

// Calls go on over a reload.
func TestAReloadDisturbsNoCall(t *testing.T) {
	p, _ := talkPage(t)
	s := p.call(t.Context(), `{"method":"talk.Talk/Chat"}`)
	id := s.next("begin").ID
	if status, text := p.ask("POST", "/api/reload", ""); status != 200 {
		t.Fatalf("got status %d, %s", status, text)
	}
	p.tell(id, `{"text":"x"}`, 202)
	s.next("header")
	s.next("message")
	p.ask("POST", "/api/calls/"+id+"/end", "")
	if e := s.end(); e.Error != nil {
		t.Errorf("got %+v", e.Error)
	}
}
