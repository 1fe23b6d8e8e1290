package http2

import (
	"container/list"
	"errors"
	"fmt"
	"io"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/volo-go/volo/motore/transport"
	"github.com/volo-go/volo/motore/transport/combine"
	xhttp2 "golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

// Map of this file: conn and what owns its parts; Data, which cuts the
// input into frames; errors of the peer; how the connection ends. The table of
// streams stands in table.go, what each kind of frame does in receive.go, flow
// control and sending in flow.go.

// A side is what makes a connection a client's or a server's. The reader's
// goroutine calls it.
type side interface {
	// headers takes a whole header block; fields are the reader's scratch.
	headers(id uint32, fields []hpack.HeaderField, over, end bool) error
	// arrived is called when a stream has new messages, waiting of them are
	// not yet received, or when no more will come.
	arrived(s *stream, waiting int, end bool)
	// settled is called when the peer's first settings have come.
	settled()
	// goAway is called when the peer takes no streams over last.
	goAway(last uint32, code ErrCode, debug string)
	// closed is called when the connection is over.
	closed(err error)
}

// A conn is the half of a connection that both sides share.
type conn struct {
	// ID is the owner's, set before anything arrives or is opened.
	ID uint64

	tc     *transport.Conn
	cfg    *Config
	side   side
	server bool

	// Of the reader's goroutine.
	preface string   // of it that is yet to come; servers
	greeted bool     // the peer's first SETTINGS have come
	dec     *decoder // made for the first header block
	block   headerBlock
	newest  uint32  // highest stream id the peer has opened
	hot     *stream // that the last frame was for; nil if there was none
	owed    int64   // received on all streams together, not yet granted again
	room    int64   // that the peer may still send, on all streams together
	scratch []arrival
	guard   guard
	gauge   gauge
	meter   meter
	whole   int64     // the window of the connection
	useful  int64     // frames received that calls are made of
	clock   time.Time // of this batch; zero until somebody looked
	bulk    int       // bytes of this batch that came in large frames; or plenty
	strikes strikes   // pings that came too often
	shut    error     // why reading has ended

	w *combine.Writer

	listLimit atomic.Uint32 // of header lists that the peer takes; 0 if it has set none

	// Under the writer's lock.
	enc      encoder
	window   int64     // that we may still send, on all streams together
	initial  int64     // of a new stream; written by the reader only
	maxFrame int       // that the peer takes
	starved  []*stream // by their tickets
	tickets  uint64
	promised int64 // of window, to senders that were woken

	mu       sync.Mutex
	streams  map[uint32]*stream
	nextID   uint32    // clients
	begun    uint32    // id of the newest stream that was admitted; servers
	limit    uint32    // of streams that we may open; clients
	limited  bool      // the peer has set it
	queue    list.List // of *turn: callers that wait for a place; clients
	invited  uint32    // callers that have a place and have not taken it yet
	orderly  int64     // streams whose response was complete
	err      error     // why the connection ended
	away     bool      // no more streams are taken: by the peer, or as a server by us
	parting  bool      // is being closed after what is pending was written
	leaving  sync.WaitGroup
	farewell farewell
	alarm    alarm
	prepaid  int // see window.go
	grown    int // see growth.go
	unpaid   []*stream

	keeper keeper
	open   atomic.Int32 // streams
	held   atomic.Int64 // bytes that were received and not yet taken by users
	sent   atomic.Int64 // frames of calls
	heard  atomic.Int64 // batches of frames received
	known  atomic.Bool  // the peer has seen our settings
	wanted atomic.Int64 // window of streams; 0 for the configured one
	resets recent       // streams that we reset lately
}

func (c *conn) init(tc *transport.Conn, cfg *Config, sd side) {
	c.tc, c.cfg, c.side = tc, cfg.completed(), sd
	c.enc = encoder{limit: maxTable}
	c.window, c.initial, c.maxFrame = 65535, 65535, 16<<10
	c.room = int64(c.cfg.ConnWindow)
	c.whole = c.room
	c.meter.room.Store(c.room)
	c.w = combine.New(func(batch []byte) error {
		c.meter.wrote(!c.server)
		for len(batch) > stride {
			if err := c.write(batch[:stride]); err != nil {
				return err
			}
			batch = batch[stride:]
		}
		return c.write(batch)
	}, func(batch []byte) (int, error) {
		c.meter.wrote(!c.server)
		n, err := c.tc.WriteNow(batch)
		return n, c.wrote(err)
	})
}

// A peer that takes so many bytes in the time that a write may take is slow; one
// that does not is lost.
const stride = 256 << 10

func (c *conn) write(b []byte) error { return c.wrote(c.tc.Write(b)) }

// wrote ends the connection if a write has failed.
func (c *conn) wrote(err error) error {
	if err != nil {
		c.tc.Close()
		return &ConnError{Err: err}
	}
	return nil
}

// hello appends our settings, and opens the window of the connection.
func (c *conn) hello(b []byte) []byte {
	settings := []xhttp2.Setting{
		{ID: xhttp2.SettingInitialWindowSize, Val: c.cfg.StreamWindow},
		{ID: xhttp2.SettingMaxHeaderListSize, Val: c.cfg.MaxHeaderListSize},
	}
	if c.cfg.MaxFrameSize > 16<<10 {
		settings = append(settings, xhttp2.Setting{ID: xhttp2.SettingMaxFrameSize, Val: c.cfg.MaxFrameSize})
	}
	if c.server {
		settings = append(settings, xhttp2.Setting{ID: xhttp2.SettingMaxConcurrentStreams, Val: c.cfg.MaxConcurrentStreams})
	} else {
		settings = append(settings, xhttp2.Setting{ID: xhttp2.SettingEnablePush, Val: 0})
	}
	b = appendSettings(b, settings...)
	if c.cfg.ConnWindow > 65535 {
		b = appendWindowUpdate(b, 0, c.cfg.ConnWindow-65535)
	}
	return b
}

// Data takes whole frames off in.
func (c *conn) Data(in []byte) (consumed, need int, err error) {
	if c.shut != nil {
		return len(in), 0, nil // see shutdown
	}
	for c.shut == nil {
		rest := in[consumed:]
		if len(c.preface) > 0 {
			n := min(len(rest), len(c.preface))
			if string(rest[:n]) != c.preface[:n] {
				c.shutdown(&ConnError{Code: ProtocolError, Reason: "no HTTP/2 preface"})
				break
			}
			c.preface = c.preface[n:]
			consumed += n
			if len(c.preface) > 0 {
				return consumed, 0, nil
			}
			continue
		}
		if len(rest) < frameHeader {
			need = frameHeader
			break
		}
		size := frameHeader + int(rest[0])<<16 + int(rest[1])<<8 + int(rest[2])
		if size-frameHeader > int(c.cfg.MaxFrameSize) {
			c.shutdown(&ConnError{Code: FrameSizeError, Reason: "frame over SETTINGS_MAX_FRAME_SIZE"})
			break
		}
		if len(rest) < size {
			need = size
			break
		}
		consumed += size
		if err := c.frame(rest[:size:size]); err != nil {
			c.refuse(err)
		}
	}
	c.note()
	c.heard.Add(1)
	if c.bulk >= plenty {
		runtime.Gosched()
	}
	c.bulk = 0
	switch {
	case c.shut == nil:
		return consumed, need, nil
	case c.server:
		return len(in), 0, nil
	}
	return consumed, 0, c.shut
}

// When a batch has brought plenty in large frames, the reader lets the receivers
// run before it reads more: while the bytes are in the caches still, and so that
// the peer gets its windows back before it has used them up. The same goes for many
// small messages of one stream. Of small ones of many streams it rather collects
// a lot, as their answers then go out in one write.
const (
	plenty    = 32 << 10
	largeData = 4 << 10
	many      = 64 // messages that wait on a stream
)

// refuse answers an error in what the peer sent: of one stream with a reset,
// of the connection with GOAWAY.
func (c *conn) refuse(err error) {
	var ofStream *streamError
	if errors.As(err, &ofStream) {
		if err = c.reset(ofStream.id, ofStream.code, ofStream.reason); err == nil {
			err = c.wasted()
		}
		if err == nil {
			return
		}
	}
	var ce *ConnError
	if !errors.As(err, &ce) {
		ce = &ConnError{Code: InternalError, Reason: err.Error()}
	}
	c.shutdown(ce)
}

// lastWords is how long a peer that we send away has to take the reason.
const lastWords = time.Second

// shutdown ends the connection for a reason that the peer gets to know.
//
// A server drops what still comes until the peer closes, or has had its time:
// if it closed at once, what the peer has sent meanwhile would make the network
// reset the connection, and the reason be lost with it.
func (c *conn) shutdown(err *ConnError) {
	if c.shut != nil {
		return
	}
	c.shut = err
	c.mu.Lock()
	newest := c.begun
	c.mu.Unlock()
	if b, over := c.w.BeginNow(); over == nil {
		c.w.EndAsync(appendGoAway(b, newest, err.Code, err.Reason))
	}
	impatient := time.AfterFunc(lastWords, func() { c.tc.Close() })
	if c.server {
		c.fail(err)
		c.mu.Lock()
		c.farewell.timer = impatient
		c.mu.Unlock()
		return
	}
	defer impatient.Stop()
	c.w.Flush()
}

// maxPending is how many bytes may wait to be written before a peer that asks
// for answers and does not read them is sent away. Senders of data stop long
// before that.
const maxPending = 8 << 20

// reply sends what add appends, without waiting.
func (c *conn) reply(add func(b []byte) []byte) error {
	b, err := c.w.BeginNow()
	if err != nil {
		return nil // the connection is over
	}
	if len(b) > maxPending {
		c.w.EndAsync(b)
		return &ConnError{Code: EnhanceYourCalm, Reason: "the peer sends and does not read"}
	}
	c.w.EndAsync(add(b))
	return nil
}

// reset ends a stream that the peer may still be sending on.
func (c *conn) reset(id uint32, code ErrCode, reason string) error {
	c.resets.add(id)
	err := c.reply(func(b []byte) []byte { return appendReset(b, id, code) })
	if s := c.take(id); s != nil {
		s.fail(&ResetError{Code: code, Reason: reason})
		c.side.arrived(s, 0, true)
	}
	return err
}

// Closed is called by the transport when the connection is over.
func (c *conn) Closed(err error) {
	switch {
	case c.shut != nil:
		err = c.shut
	case err == nil:
		err = &ConnError{Err: io.EOF}
	default:
		err = &ConnError{Err: err}
	}
	err = c.fail(err)
	c.w.Close(err)
	c.leaving.Wait()
	c.keeper.stop()
	c.side.closed(err)
}

// fail ends all streams; none are opened any more. It returns why: the first
// reason counts.
func (c *conn) fail(err error) error {
	c.mu.Lock()
	if c.err == nil && c.parting {
		c.err = ErrGoingAway
	} else if c.err == nil {
		c.err = err
	}
	err = c.err
	c.away = true
	ended := c.streams
	c.streams = nil
	c.open.Store(0)
	c.invite()
	c.farewell.stop()
	c.alarm.stop()
	c.mu.Unlock()
	for _, s := range ended {
		s.gone.Store(true)
		s.fail(err)
		c.settle(s)
	}
	return err
}

// Idle reports that no stream is open.
func (c *conn) Idle() bool { return c.open.Load() == 0 }

// Finished is Idle: a peer without streams may well be about to close.
func (c *conn) Finished() bool { return c.Idle() }

// closeWith ends the connection from our side.
func (c *conn) closeWith(err error) {
	c.mu.Lock()
	if c.err == nil {
		c.err = err
	}
	c.away = true
	c.mu.Unlock()
	c.tc.Close()
}

// part closes the connection once everything that is pending was written. It
// does not wait for that.
func (c *conn) part() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.parting || c.err != nil {
		return
	}
	c.parting = true
	c.leaving.Go(func() {
		impatient := time.AfterFunc(partingTime, func() { c.tc.Close() })
		defer impatient.Stop()
		c.w.Flush()
		c.tc.Close()
	})
}

// partingTime is how long the last bytes of a connection have to be written.
const partingTime = 10 * time.Second

// recent remembers the last stream ids that were added.
type recent struct {
	mu  sync.Mutex
	ids *[64]uint32 // nil before the first
	at  int
}

func (r *recent) add(id uint32) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.ids == nil {
		r.ids = new([64]uint32)
	}
	r.ids[r.at] = id
	r.at = (r.at + 1) % len(r.ids)
}

func (r *recent) has(id uint32) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.ids == nil {
		return false
	}
	for _, known := range r.ids {
		if known == id {
			return true
		}
	}
	return false
}

// String names the connection in logs.
func (c *conn) String() string {
	return fmt.Sprintf("%s→%s", c.tc.LocalAddress(), c.tc.RemoteAddress())
}
