package http2_test

import (
	"bytes"
	"errors"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/volo-go/volo/volo-grpc/internal/http2"
	xhttp2 "golang.org/x/net/http2"
)

// heap is what is in use, in bytes.
func heap() int {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int(m.HeapAlloc)
}

// TestFloodsAreCutOff repeats what an attacker sends until the server cuts it
// off, and looks at the memory that it has cost until then.
func TestFloodsAreCutOff(t *testing.T) {
	opened := uint32(1)
	tests := []struct {
		name  string
		first func(p *peer)       // once
		again func(p *peer) error // until the end
		most  int                 // rounds
		cfg   http2.Config
	}{
		{name: "streams that are reset at once", most: 2000, again: func(p *peer) error {
			p.open(opened, false)
			err := p.fr.WriteRSTStream(opened, xhttp2.ErrCodeCancel)
			opened += 2
			return err
		}},
		{name: "streams that we are made to reset", most: 2000, again: func(p *peer) error {
			p.open(opened, false)
			err := p.fr.WriteWindowUpdate(opened, 0)
			opened += 2
			return err
		}},
		{name: "requests that are malformed", most: 2000, again: func(p *peer) error {
			err := p.headers(opened, true, ":method", "POST", ":bad", "x")
			opened += 2
			return err
		}},
		{name: "streams over the limit", most: 2000, cfg: http2.Config{MaxConcurrentStreams: 2}, again: func(p *peer) error {
			err := p.open(opened, false)
			opened += 2
			return err
		}},
		{name: "header lists over the limit", most: 2000, cfg: http2.Config{MaxHeaderListSize: 1000}, again: func(p *peer) error {
			err := p.open(opened, true, "x", strings.Repeat("v", 1000))
			opened += 2
			return err
		}},
		{name: "CONTINUATION without end", most: 200,
			first: func(p *peer) {
				p.fr.WriteHeaders(xhttp2.HeadersFrameParam{StreamID: 1, BlockFragment: p.block(request...)})
			},
			again: func(p *peer) error { return p.fr.WriteContinuation(1, false, []byte{0x82}) }},
		{name: "CONTINUATION of many bytes", most: 200,
			first: func(p *peer) {
				p.fr.WriteHeaders(xhttp2.HeadersFrameParam{StreamID: 1, BlockFragment: p.block(request...)})
			},
			again: func(p *peer) error { return p.fr.WriteContinuation(1, false, make([]byte, 16<<10)) }},
		{name: "SETTINGS", most: 20000, again: func(p *peer) error { return p.fr.WriteSettings() }},
		{name: "acknowledgements", most: 20000, again: func(p *peer) error { return p.fr.WriteSettingsAck() }},
		{name: "PING", most: 20000, again: func(p *peer) error { return p.fr.WritePing(false, [8]byte{}) }},
		{name: "WINDOW_UPDATE", most: 20000, again: func(p *peer) error { return p.fr.WriteWindowUpdate(0, 1) }},
		{name: "WINDOW_UPDATE on a closed stream", most: 20000,
			first: func(p *peer) { p.open(1, true) },
			again: func(p *peer) error { return p.fr.WriteWindowUpdate(1, 1) }},
		{name: "GOAWAY", most: 20000, again: func(p *peer) error { return p.fr.WriteGoAway(0, xhttp2.ErrCodeNo, nil) }},
		{name: "PRIORITY", most: 20000, again: func(p *peer) error {
			return p.fr.WritePriority(7, xhttp2.PriorityParam{StreamDep: 3})
		}},
		{name: "unknown frames", most: 20000, again: func(p *peer) error { return p.fr.WriteRawFrame(0x77, 0, 0, nil) }},
		{name: "empty DATA", most: 20000,
			first: func(p *peer) { p.open(1, false) },
			again: func(p *peer) error { return p.fr.WriteData(1, false, nil) }},
		{name: "DATA on a closed stream", most: 20000,
			first: func(p *peer) { p.open(1, true) },
			again: func(p *peer) error { return p.fr.WriteData(1, false, nil) }},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				opened = 1
				p, sc := serve(t, test.cfg, handler{}).raw()
				if test.first != nil {
					test.first(p)
				}
				type end struct {
					code   http2.ErrCode
					reason string
				}
				over := make(chan end, 1)
				var told atomic.Bool
				go func() {
					f := await[*xhttp2.GoAwayFrame](p)
					told.Store(true)
					p.ended()
					over <- end{f.ErrCode, string(f.DebugData())}
				}()
				before := heap()
				rounds := 0
				for ; rounds < test.most && !told.Load() && test.again(p) == nil; rounds++ {
					if rounds%100 == 99 {
						synctest.Wait() // until all was read
					}
				}
				if rounds == test.most {
					p.nc.Close()
					t.Fatalf("still served after %d rounds", rounds)
				}
				got := <-over
				if got.code != http2.EnhanceYourCalm {
					t.Errorf("got %v (%s), want %v", got.code, got.reason, http2.EnhanceYourCalm)
				}
				if grown := heap() - before; grown > 8<<20 {
					t.Errorf("it has cost %d bytes", grown)
				}
				synctest.Wait()
				if n := sc.Streams(); n != 0 {
					t.Errorf("%d streams are open after the end", n)
				}
			})
		})
	}
}

// TestUsefulFramesPayForCheapOnes has a peer that probes the path with every
// message, as some do.
func TestUsefulFramesPayForCheapOnes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, _ := serve(t, http2.Config{}, handler{}).raw()
		var answers atomic.Int64
		over := make(chan struct{})
		go func() {
			defer close(over)
			for f := p.next(); f != nil; f = p.next() {
				if f.Header().Flags.Has(xhttp2.FlagHeadersEndStream) && f.Header().Type == xhttp2.FrameHeaders {
					answers.Add(1)
				}
			}
		}()
		const calls = 20000
		for i := range calls {
			id := uint32(2*i + 1)
			p.open(id, false)
			p.fr.WriteData(id, true, frame([]byte("x")))
			p.fr.WritePing(false, [8]byte{byte(i)})
			p.fr.WriteWindowUpdate(0, 6)
			if err := p.fr.WriteSettingsAck(); err != nil {
				t.Fatalf("cut off after %d calls: %v", i, err)
			}
			if i%100 == 99 {
				synctest.Wait()
			}
		}
		synctest.Wait()
		if got := answers.Load(); got != calls {
			t.Errorf("got %d answers, want %d", got, calls)
		}
		p.nc.Close()
		<-over
	})
}

func TestPingsThatComeTooOften(t *testing.T) {
	ping := func(p *peer) { p.fr.WritePing(false, [8]byte{1}) }
	tests := []struct {
		name  string
		open  bool
		pause time.Duration
		calls bool // between pings
		fine  bool
	}{
		{name: "idle, every two minutes", pause: 2 * time.Minute, fine: true},
		{name: "idle, every minute", pause: time.Minute, fine: true},
		{name: "idle, a moment more often", pause: time.Minute - 1},
		{name: "idle, every ten seconds", pause: 10 * time.Second},
		{name: "a stream is open, every eleven seconds", open: true, pause: 11 * time.Second, fine: true},
		{name: "a stream is open, every ten seconds", open: true, pause: 10 * time.Second, fine: true},
		{name: "a stream is open, a moment more often", open: true, pause: 10*time.Second - 1},
		{name: "a stream is open, every second", open: true, pause: time.Second},
		{name: "every millisecond, with calls between", pause: time.Millisecond, calls: true, fine: true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p, _ := serve(t, http2.Config{}, handler{}).raw()
				id := uint32(1)
				if test.open {
					p.open(id, false)
					id += 2
				}
				cut := make(chan http2.ErrCode, 1)
				go func() {
					code, _, _ := p.ended()
					cut <- code
				}()
				for range 10 {
					if test.calls {
						p.open(id, true)
						id += 2
					}
					ping(p)
					time.Sleep(test.pause)
				}
				select {
				case code := <-cut:
					if test.fine || code != http2.EnhanceYourCalm {
						t.Errorf("cut off with %v, want fine: %v", code, test.fine)
					}
				default:
					if !test.fine {
						t.Error("still served")
					}
					p.nc.Close()
					<-cut
				}
			})
		})
	}
}

// TestAPeerThatDoesNotRead asks for answers and leaves them lying.
func TestAPeerThatDoesNotRead(t *testing.T) {
	t.Run("answers of the connection", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			// What is of use pays for what is not.
			p, sc := serve(t, http2.Config{}, handler{begin: streaming, run: func(s *http2.ServerStream) {
				for {
					if _, err := s.Recv(http2.Bound{}); err != nil {
						return
					}
				}
			}}).raw()
			p.open(1, false)
			round := bytes.Repeat(http2.AppendSettings(nil), 800)
			round = append(round, bytes.Repeat(http2.AppendData(nil, frame(nil), 1, false, 16384), 100)...)
			most := 0
			for rounds := 0; p.write(round); rounds++ {
				if rounds == 3000 {
					t.Fatal("still served")
				}
				time.Sleep(time.Second)
				most = max(most, sc.Pending())
			}
			if most < http2.MaxPending-1<<16 || most > http2.MaxPending+1<<16 {
				t.Errorf("%d bytes were pending at most, want %d", most, http2.MaxPending)
			}
		})
	})
	t.Run("answers of calls", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			// Every call is answered with 64 KiB, the windows are wide open.
			big := frame(make([]byte, 64<<10))
			s := serve(t, http2.Config{}, handler{run: func(s *http2.ServerStream) {
				s.Finish(head, nil, big, tail, nil, http2.Bound{})
			}})
			p, sc := s.raw(xhttp2.Setting{ID: xhttp2.SettingInitialWindowSize, Val: 1<<31 - 1})
			p.fr.WriteWindowUpdate(0, 1<<31-1-65535)
			for i := range 1000 {
				p.open(uint32(2*i+1), true)
			}
			synctest.Wait()
			if got := sc.Pending(); got > 5<<20 {
				t.Errorf("%d bytes are pending, senders should wait", got)
			}
			p.nc.Close()
		})
	})
}

func TestStreamsOverTheLimitAreRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, sc := serve(t, http2.Config{MaxConcurrentStreams: 2}, handler{}).raw()
		for _, id := range []uint32{1, 3, 5} {
			p.open(id, false)
		}
		if f := await[*xhttp2.RSTStreamFrame](p); f.StreamID != 5 || f.ErrCode != xhttp2.ErrCodeRefusedStream {
			t.Errorf("got %v, want stream 5 refused", f)
		}
		// When one has ended, there is a place at once.
		p.fr.WriteData(1, true, frame(nil))
		for f := await[*xhttp2.HeadersFrame](p); !f.StreamEnded(); f = await[*xhttp2.HeadersFrame](p) {
		}
		p.open(7, false)
		p.fr.WriteData(7, true, frame(nil))
		if f := await[*xhttp2.HeadersFrame](p); f.StreamID != 7 {
			t.Errorf("got %v, want an answer on stream 7", f)
		}
		synctest.Wait()
		if sc.Streams() != 1 {
			t.Errorf("%d streams are open, want 1", sc.Streams())
		}
	})
}

// TestResetsDoNotLiftTheLimit resets streams whose handlers run on.
func TestResetsDoNotLiftTheLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var running, most atomic.Int64
		release := make(chan struct{})
		s := serve(t, http2.Config{MaxConcurrentStreams: 10}, handler{begin: streaming, run: func(*http2.ServerStream) {
			most.Store(max(most.Load(), running.Add(1)))
			<-release
			running.Add(-1)
		}})
		p, _ := s.raw()
		go p.ended()
		for i := range 200 {
			p.open(uint32(2*i+1), false)
			time.Sleep(time.Second) // nothing rapid
			p.fr.WriteRSTStream(uint32(2*i+1), xhttp2.ErrCodeCancel)
		}
		synctest.Wait()
		if got := most.Load(); got > 20 {
			t.Errorf("%d handlers ran at once, want at most 20", got)
		}
		close(release)
		p.nc.Close()
	})
}

func TestHeaderListsOverTheLimit(t *testing.T) {
	const limit = 2000
	t.Run("a server answers 431", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			p, _ := serve(t, http2.Config{MaxHeaderListSize: limit}, handler{}).raw()
			p.open(1, false, "x", strings.Repeat("v", limit))
			f := await[*xhttp2.HeadersFrame](p)
			fields, err := p.dec.DecodeFull(f.HeaderBlockFragment())
			if err != nil || len(fields) != 1 || fields[0].Value != "431" || !f.StreamEnded() {
				t.Errorf("got %v (%v), end %v", fields, err, f.StreamEnded())
			}
			p.open(3, true)
			if f := await[*xhttp2.HeadersFrame](p); f.StreamID != 3 {
				t.Errorf("got %v, want the connection to go on", f)
			}
		})
	})
	t.Run("a client fails the call alone", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			c, p := against(t, http2.Config{MaxHeaderListSize: limit})
			for _, where := range []string{"head", "trailers"} {
				s, err := c.Open(http2.Request{Head: req, Body: frame(nil), End: true}, http2.Bound{})
				if err != nil {
					t.Fatal(err)
				}
				id := await[*xhttp2.HeadersFrame](p).StreamID
				if where == "trailers" {
					p.headers(id, false, ":status", "200", "content-type", "application/grpc")
				}
				p.headers(id, where == "trailers", ":status", "200", "x", strings.Repeat("v", limit))
				var reset *http2.ResetError
				if _, err := s.Recv(http2.Bound{}); !errors.As(err, &reset) {
					t.Errorf("%s: got %v, want a ResetError", where, err)
				}
				if !c.Usable() || c.Streams() != 0 {
					t.Errorf("%s: usable %v, %d streams", where, c.Usable(), c.Streams())
				}
			}
		})
	})
}

// TestUnreadBytesAreBounded has users that do not receive.
func TestUnreadBytesAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		s := serve(t, http2.Config{MaxUnread: 1 << 20}, handler{begin: streaming, run: func(s *http2.ServerStream) {
			<-release
		}})
		p, sc := s.raw()
		resets := make(chan *xhttp2.RSTStreamFrame, 1)
		go func() {
			for f := p.next(); f != nil; f = p.next() {
				if f, ok := f.(*xhttp2.RSTStreamFrame); ok {
					resets <- f
				}
			}
		}()
		for i := range 4 {
			id := uint32(2*i + 1)
			p.open(id, false)
			for range 20 {
				p.fr.WriteData(id, false, frame(make([]byte, 16000)))
			}
		}
		if f := <-resets; f.ErrCode != xhttp2.ErrCodeEnhanceYourCalm || f.StreamID != 7 {
			t.Errorf("got %v, want stream 7 to be reset", f)
		}
		synctest.Wait()
		if got := sc.Held(); got > 1<<20 {
			t.Errorf("%d bytes are held", got)
		}
		close(release)
		p.nc.Close()
		synctest.Wait()
	})
}

func TestAClientThatDoesNotIntroduceItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := serve(t, http2.Config{}, handler{})
		for _, said := range []string{"", "PRI * HTTP/2.0", xhttp2.ClientPreface} {
			nc, err := s.l.Dial(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			nc.Write([]byte(said))
			start := time.Now()
			newPeer(t, nc).ended()
			if d := time.Since(start); d != 10*time.Second {
				t.Errorf("%q: closed after %v, want 10 s", said, d)
			}
		}
	})
}
