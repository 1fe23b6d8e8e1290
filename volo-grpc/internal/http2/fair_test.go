package http2_test

import (
	"testing"
	"testing/synctest"

	"github.com/volo-go/volo/volo-grpc/internal/http2"
	xhttp2 "golang.org/x/net/http2"
)

// Senders that share too small a window get their turns in order, whoever else
// gives up meanwhile.
func TestTheWindowOfAConnectionIsShared(t *testing.T) {
	const streams, messages, size = 9, 20, 8 << 10
	for _, test := range []struct {
		name  string
		grant int    // bytes at a time
		lost  uint32 // a stream that is reset while it waits; 0 for none
	}{
		{name: "a message at a time", grant: size},
		{name: "less than a message at a time", grant: size / 3},
		{name: "several messages at a time", grant: 5 * size / 2},
		{name: "one of the senders is reset", grant: size, lost: 5},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := serve(t, http2.Config{}, handler{begin: streaming, run: func(s *http2.ServerStream) {
					message := make([]byte, size)
					http2.PutEnvelope(message, false)
					for range messages {
						if s.Send(nil, nil, message, true, http2.Bound{}) != nil {
							return
						}
					}
					s.Reset(http2.Cancel)
				}})
				p, _ := s.raw(xhttp2.Setting{ID: xhttp2.SettingInitialWindowSize, Val: 1 << 20})
				for i := range uint32(streams) {
					p.open(2*i+1, true)
				}
				synctest.Wait()
				if test.lost != 0 {
					p.fr.WriteRSTStream(test.lost, xhttp2.ErrCodeCancel)
				}
				// Who came first has had the first window; from then on all wait.
				drain := func(window int) (got map[uint32]int) {
					got = map[uint32]int{}
					for window > 0 {
						f := await[*xhttp2.DataFrame](p)
						got[f.StreamID] += len(f.Data())
						window -= len(f.Data())
					}
					synctest.Wait()
					return got
				}
				drain(65535)
				shares := map[uint32]int{}
				for range (messages - 10) * (streams - 1) * size / test.grant {
					p.fr.WriteWindowUpdate(0, uint32(test.grant))
					for id, n := range drain(test.grant) {
						shares[id] += n
					}
				}
				least, greatest := 1<<30, 0
				for id := uint32(1); id < 2*streams; id += 2 {
					if id != test.lost {
						least, greatest = min(least, shares[id]), max(greatest, shares[id])
					}
				}
				if greatest-least > 2*size {
					t.Errorf("the shares are between %d and %d bytes: %v", least, greatest, shares)
				}
				p.nc.Close()
			})
		})
	}
}
