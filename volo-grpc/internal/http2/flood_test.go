package http2_test

import (
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/volo-go/volo/volo-grpc/internal/http2"
	xhttp2 "golang.org/x/net/http2"
)

// TestWhereAFloodBegins sends what TestFloodsAreCutOff does, as much and as often
// as is allowed, and a little more.
func TestWhereAFloodBegins(t *testing.T) {
	var id uint32
	settings := func(p *peer) { p.fr.WriteSettings() }
	grants := func(p *peer) { p.fr.WriteWindowUpdate(0, 1) }
	strange := func(p *peer) { p.fr.WriteRawFrame(0x77, 0, 0, nil) }
	resets := func(p *peer) {
		p.open(id, false)
		p.fr.WriteRSTStream(id, xhttp2.ErrCodeCancel)
		id += 2
	}
	for _, tt := range []struct {
		what  string
		send  func(p *peer)
		burst int // at once
		rate  int // a second, from then on
		fine  bool
	}{
		// The first burst is forgotten, whatever time it took.
		{"SETTINGS, a burst", settings, 5000, 0, true},
		{"SETTINGS, more than two", settings, 10_500, 0, false},
		{"SETTINGS, a burst and as many as drain", settings, 5000, 1000, true},
		{"SETTINGS, a burst and more than drain", settings, 5000, 1500, false},
		{"WINDOW_UPDATE, a burst", grants, 5000, 0, true},
		{"WINDOW_UPDATE, more than two", grants, 10_500, 0, false},
		{"WINDOW_UPDATE, a burst and as many as drain", grants, 5000, 1000, true},
		{"WINDOW_UPDATE, a burst and more than drain", grants, 5000, 1500, false},
		{"unknown frames, a burst and as many as drain", strange, 5000, 1000, true},
		{"unknown frames, a burst and more than drain", strange, 5000, 1500, false},
		{"resets, a burst", resets, 500, 0, true},
		{"resets, more than two", resets, 1050, 0, false},
		{"resets, a burst and as many as drain", resets, 500, 100, true},
		{"resets, a burst and more than drain", resets, 500, 150, false},
	} {
		t.Run(tt.what, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				id = 1
				p, _ := serve(t, http2.Config{}, handler{}).raw()
				over := make(chan http2.ErrCode, 1)
				var gone atomic.Bool
				go func() {
					code, _, _ := p.ended()
					gone.Store(true)
					over <- code
				}()
				for range tt.burst {
					tt.send(p)
				}
				synctest.Wait()
				for second := 0; second < 30 && tt.rate > 0 && !gone.Load(); second++ {
					for range tt.rate {
						tt.send(p)
					}
					synctest.Wait()
					time.Sleep(time.Second)
				}
				time.Sleep(2 * time.Second) // who is sent away has a second to hear why
				if gone.Load() == tt.fine {
					t.Errorf("it was cut off: %t, want %t", gone.Load(), !tt.fine)
				}
				p.nc.Close()
				if code := <-over; !tt.fine && code != http2.EnhanceYourCalm {
					t.Errorf("got %v, want %v", code, http2.EnhanceYourCalm)
				}
			})
		})
	}
}

// TestOldStreamsMayBeReset: who has waited for an answer may give up on any number.
func TestOldStreamsMayBeReset(t *testing.T) {
	const old = 10 * time.Millisecond
	for _, tt := range []struct {
		age  time.Duration
		fine bool
	}{{0, false}, {old - 1, false}, {old, true}, {time.Second, true}} {
		synctest.Test(t, func(t *testing.T) {
			p, _ := serve(t, http2.Config{}, handler{}).raw()
			over := make(chan http2.ErrCode, 1)
			go func() {
				code, _, _ := p.ended()
				over <- code
			}()
			const n = 2000
			for i := range uint32(n) {
				p.open(2*i+1, false)
			}
			synctest.Wait()
			time.Sleep(tt.age)
			for i := range uint32(n) {
				p.fr.WriteRSTStream(2*i+1, xhttp2.ErrCodeCancel)
			}
			synctest.Wait()
			p.nc.Close()
			if code := <-over; (code == http2.EnhanceYourCalm) == tt.fine {
				t.Errorf("%d streams were reset when they were %v old: got %v, want fine: %t", n, tt.age, code, tt.fine)
			}
		})
	}
}

// TestWhereAHeaderBlockIsTooMuch sends blocks in as many frames, and as large, as
// is allowed, and a little more.
func TestWhereAHeaderBlockIsTooMuch(t *testing.T) {
	const limit = 1000
	const largest = 2*limit + 16<<10 // what is over the limit of the list is answered up to here
	for _, tt := range []struct {
		what   string
		size   int // of the block; 0 for that of a plain request
		frames int // of CONTINUATION
		status string
	}{
		{"few frames", 0, 3, "200"},
		{"as many frames as are allowed", 0, 64, "200"},
		{"one frame more", 0, 65, ""},
		{"a large block", largest - 1, 2, "431"},
		{"as large a block as is allowed", largest, 2, "431"},
		{"a byte more", largest + 1, 2, ""},
	} {
		t.Run(tt.what, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p, _ := serve(t, http2.Config{MaxHeaderListSize: limit}, handler{}).raw()
				block := p.block(request...)
				if tt.size > 0 {
					// Huffman's code would make it longer.
					block = append(block, p.block("x", strings.Repeat("~", tt.size-len(block)-7))...)
					for len(block) < tt.size {
						block = append(block, 0x82) // :method once more
					}
				}
				p.fr.WriteHeaders(xhttp2.HeadersFrameParam{StreamID: 1, EndStream: true})
				for i := range tt.frames {
					from, to := i*len(block)/tt.frames, (i+1)*len(block)/tt.frames
					p.fr.WriteContinuation(1, i == tt.frames-1, block[from:to])
				}
				switch f := p.next().(type) {
				case *xhttp2.HeadersFrame:
					fields, err := p.dec.DecodeFull(f.HeaderBlockFragment())
					if err != nil || fields[0].Value != tt.status {
						t.Errorf("got %v (%v), want the status %q", fields, err, tt.status)
					}
				case *xhttp2.GoAwayFrame:
					if tt.status != "" || f.ErrCode != xhttp2.ErrCodeEnhanceYourCalm {
						t.Errorf("it was cut off with %v, want the status %q", f.ErrCode, tt.status)
					}
				default:
					t.Errorf("got %v", f)
				}
				p.nc.Close()
			})
		})
	}
}
