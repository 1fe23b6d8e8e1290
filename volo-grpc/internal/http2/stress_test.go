package http2_test

import (
	"errors"
	"io"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/volo-go/volo/volo-grpc/internal/http2"
)

// TestEverythingAtOnce has many callers do everything that can be done with a
// connection, with narrow windows and few places, then looks whether all that
// was taken was given back.
func TestEverythingAtOnce(t *testing.T) {
	for seed := range uint64(5) {
		synctest.Test(t, func(t *testing.T) {
			random, chance := rand.New(rand.NewPCG(seed, 1)), rand.New(rand.NewPCG(seed, 3)) // the latter is the reader's
			cfg := http2.Config{StreamWindow: 1000 << random.IntN(8), ConnWindow: 65535, MaxConcurrentStreams: 5, MaxUnread: 1 << 30}
			s := serve(t, cfg, handler{begin: func(*http2.ServerStream) bool { return chance.IntN(2) == 0 }, run: func(s *http2.ServerStream) {
				until := http2.Bound{Deadline: time.Now().Add(time.Duration(1+s.Timeout[0]%16) * time.Second)}
				h := head
				for range s.Timeout[1] % 8 {
					m, err := s.Recv(until)
					if err != nil {
						break
					}
					if s.Send(h, nil, frame(m.Data), s.Timeout[2]%2 == 0, until) != nil {
						s.Reset(http2.Cancel)
						return
					}
					h = nil
					time.Sleep(time.Duration(s.Timeout[3]%4) * time.Second)
				}
				if s.Timeout[3]%5 == 0 {
					s.Reset(http2.InternalError)
					return
				}
				s.Finish(h, nil, nil, tail, nil, until)
			}})
			cfg.StreamWindow = 1000 << random.IntN(8)
			c, sc := s.client(cfg)
			var wg sync.WaitGroup
			for range 30 {
				mine := rand.New(rand.NewPCG(random.Uint64(), 2))
				wg.Go(func() {
					for range 20 {
						anyCall(t, c, mine)
					}
				})
			}
			wg.Wait()
			time.Sleep(time.Minute)
			synctest.Wait()
			if c.Err() != nil {
				t.Fatalf("seed %d: %v", seed, c.Err())
			}
			if c.Streams()+sc.Streams()+c.Queued()+c.Starved()+sc.Starved() != 0 || c.Held()+sc.Held() != 0 || sc.Running() != 0 {
				t.Errorf("seed %d: streams %d, %d; queued %d; starved %d, %d; held %d, %d; running %d", seed,
					c.Streams(), sc.Streams(), c.Queued(), c.Starved(), sc.Starved(), c.Held(), sc.Held(), sc.Running())
			}
			a, b := c.Prepaid()
			d, e := sc.Prepaid()
			if a+b+d+e != 0 {
				t.Errorf("seed %d: prepaid %d, %d, waiting %d, %d", seed, a, d, b, e)
			}
			ours, theirs := c.Windows()
			back, forth := sc.Windows()
			if ours != forth || theirs != back {
				t.Errorf("seed %d: the windows differ: %d and %d, %d and %d", seed, ours, forth, theirs, back)
			}
		})
	}
}

// anyCall makes a call that goes as chance has it.
func anyCall(t *testing.T, c *http2.Client, random *rand.Rand) {
	until := http2.Bound{Deadline: time.Now().Add(time.Duration(1+random.IntN(20)) * time.Second)}
	fields := []http2.Field{{Name: "grpc-timeout", Value: string([]byte{
		byte('0' + random.IntN(40)), byte('0' + random.IntN(40)), byte('0' + random.IntN(40)), byte('0' + random.IntN(40))})}}
	message := func() []byte { return frame(make([]byte, 1<<random.IntN(18))) }
	end := random.IntN(2) == 0
	s, err := c.Open(http2.Request{Head: req, Fields: fields, Body: message(), End: end, Whole: end && random.IntN(2) == 0}, until)
	if err != nil {
		return
	}
	defer s.Cancel()
	if random.IntN(4) == 0 {
		patience := time.Duration(random.IntN(3000)) * time.Millisecond
		time.AfterFunc(patience, s.Cancel)
	}
	for !end && random.IntN(5) > 0 {
		end = random.IntN(3) == 0
		if s.Send(message(), end, random.IntN(2) == 0, until) != nil {
			break
		}
	}
	if random.IntN(3) == 0 {
		s.Wait(until)
	}
	for random.IntN(10) > 0 {
		if _, err := s.Recv(until); err != nil {
			var reset *http2.ResetError
			if errors.As(err, &reset) && reset.Code != http2.Cancel && reset.Code != http2.InternalError && reset.Code != http2.NoError && reset.Code != http2.RefusedStream {
				t.Errorf("got %v", err)
			}
			if err == io.EOF && s.Tail().Status == "" {
				t.Error("the end without a status")
			}
			break
		}
	}
}
