package http2_test

import (
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/volo-go/volo/volo-grpc/internal/http2"
	xhttp2 "golang.org/x/net/http2"
)

// emptySettings is a SETTINGS frame without settings.
const emptySettings = "\x00\x00\x00\x04\x00\x00\x00\x00\x00"

func TestAStalledHandshakeIsCutOffAtItsLimit(t *testing.T) {
	const preface = xhttp2.ClientPreface
	for _, test := range []struct {
		name  string
		limit time.Duration // 0 for the default
		says  string
		slow  time.Duration // between its bytes
	}{
		{name: "nothing is said", limit: 3 * time.Second},
		{name: "nothing is said, by default for ten seconds"},
		{name: "half a preface", limit: 3 * time.Second, says: preface[:12]},
		{name: "a preface without settings", limit: 3 * time.Second, says: preface},
		{name: "half a frame of settings", limit: 3 * time.Second, says: preface + emptySettings[:5]},
		{name: "a preface that trickles", limit: 3 * time.Second, says: preface + emptySettings, slow: 100 * time.Millisecond},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := serve(t, http2.Config{Handshake: test.limit}, handler{})
				nc, err := s.l.Dial(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				p := newPeer(t, nc)
				limit := test.limit
				if limit == 0 {
					limit = 10 * time.Second
				}
				over := make(chan struct{})
				go func() {
					p.ended()
					close(over)
				}()
				var talk sync.WaitGroup
				defer talk.Wait()
				talk.Go(func() {
					for i := range test.says {
						time.Sleep(test.slow)
						if !p.write([]byte{test.says[i]}) {
							return
						}
					}
				})
				time.Sleep(limit - 1)
				synctest.Wait()
				select {
				case <-over:
					t.Errorf("cut off before the limit of %v", limit)
				default:
				}
				time.Sleep(1)
				synctest.Wait()
				select {
				case <-over:
				default:
					t.Errorf("not cut off after %v", limit)
				}
			})
		})
	}
}

func TestAHandshakeInTimeIsNotCutOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const limit = 3 * time.Second
		s := serve(t, http2.Config{Handshake: limit}, handler{})
		nc, err := s.l.Dial(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		p := newPeer(t, nc)
		time.Sleep(limit - 1)
		p.write([]byte(xhttp2.ClientPreface + emptySettings))
		time.Sleep(time.Hour)
		p.open(1, true)
		if f := await[*xhttp2.HeadersFrame](p); f.StreamID != 1 {
			t.Errorf("got an answer on stream %d, want 1", f.StreamID)
		}
	})
}
