package http2

import (
	"sync"
	"time"
)

// A Config is what both sides of a connection set. Zero members stand for
// their defaults.
type Config struct {
	// MaxMessageSize bounds a received message, in bytes, compressed as it
	// comes. Default 4 MiB.
	MaxMessageSize int
	// MaxHeaderListSize bounds a received list of header fields, counted as
	// SETTINGS_MAX_HEADER_LIST_SIZE. Default 64 KiB.
	MaxHeaderListSize uint32
	// StreamWindow and ConnWindow are how many bytes a peer may send before we
	// take them: on a stream, and on all together. Defaults 1 and 4 MiB.
	StreamWindow, ConnWindow uint32
	// MaxUnread is how many bytes of unfinished and unread messages a connection
	// holds, more or less, before streams that bring more are reset. Default
	// 256 MiB.
	MaxUnread int
	// MaxFrameSize is the largest frame we take. Default 16 KiB, at most 16
	// MiB - 1.
	MaxFrameSize uint32
	// MaxConcurrentStreams is how many streams a client may have open.
	// Servers only. Default 10,000.
	MaxConcurrentStreams uint32
	// Handshake is how long a peer may take to introduce itself, with its
	// settings and, if it is a client, its preface. Default 10 s.
	Handshake time.Duration

	Keepalive Keepalive

	complete bool       // no member stands for its default
	timers   *sync.Pool // of stopped ones, for the connections that share this
}

// Keepalive says how a connection proves that its peer is alive, and how often
// a peer may ask us to.
type Keepalive struct {
	// Time is after how long a silence we ping; 0 for never.
	Time time.Duration
	// Timeout is how long after a ping a connection without any sign of life
	// is closed. Default 20 s.
	Timeout time.Duration
	// WithoutStreams pings also while no stream is open. Clients only.
	WithoutStreams bool
	// MinTime is how often a peer may ping us without a frame of data between;
	// MinTimeIdle, while no stream is open. A peer that does so a third time is
	// sent away with ENHANCE_YOUR_CALM. Servers only; 0 stands for 10 s and 1
	// min.
	MinTime, MinTimeIdle time.Duration

	// MaxIdle closes a connection on which no stream was open for that long,
	// MaxAge any connection after that long, both in order; MaxAge is spread
	// by ±10 %. After MaxAgeGrace more it is cut off. Servers only; 0 for never.
	MaxIdle, MaxAge, MaxAgeGrace time.Duration
}

// Complete returns c with its defaults. All connections of a server share one.
func (c Config) Complete() *Config {
	c.complete = true
	c.timers = new(sync.Pool)
	def := func(v *uint32, d uint32) {
		if *v == 0 {
			*v = d
		}
	}
	if c.MaxMessageSize <= 0 {
		c.MaxMessageSize = 4 << 20
	}
	if c.MaxUnread <= 0 {
		c.MaxUnread = 256 << 20
	}
	def(&c.MaxHeaderListSize, 64<<10)
	def(&c.StreamWindow, 1<<20)
	def(&c.ConnWindow, 4<<20)
	def(&c.MaxFrameSize, 16<<10)
	def(&c.MaxConcurrentStreams, 10000)
	c.StreamWindow = min(c.StreamWindow, 1<<31-1)
	c.ConnWindow = min(max(c.ConnWindow, 65535), 1<<31-1)
	c.MaxFrameSize = min(max(c.MaxFrameSize, 16<<10), 1<<24-1)
	if c.Handshake <= 0 {
		c.Handshake = 10 * time.Second
	}
	if c.Keepalive.Timeout <= 0 {
		c.Keepalive.Timeout = 20 * time.Second
	}
	if c.Keepalive.MinTime <= 0 {
		c.Keepalive.MinTime = 10 * time.Second
	}
	if c.Keepalive.MinTimeIdle <= 0 {
		c.Keepalive.MinTimeIdle = time.Minute
	}
	return &c
}

// completed returns c itself if it is complete.
func (c *Config) completed() *Config {
	if c.complete {
		return c
	}
	return c.Complete()
}
