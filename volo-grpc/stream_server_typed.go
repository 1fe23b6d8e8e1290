package vologrpc

// This file holds the typed streams of the three kinds, which handlers get.

// A Sender is what the handler of a server streaming method sends its answers
// with. One goroutine uses it at a time.
type Sender[T any] struct{ s *ServerStream }

// NewSender is called by generated code.
func NewSender[T any](s *ServerStream) *Sender[T] { return &Sender[T]{s} }

// Send sends an answer. It waits while the peer takes no more.
func (c *Sender[T]) Send(m *T) error { return c.s.Send(message(m)) }

// SetHeader adds pairs to the metadata that the answer begins with; see
// [ServerStream.SetHeader].
func (c *Sender[T]) SetHeader(pairs ...string) error { return c.s.SetHeader(pairs...) }

// SendHeader sends the metadata that the answer begins with, now.
func (c *Sender[T]) SendHeader() error { return c.s.SendHeader() }

// SetTrailer adds pairs to the metadata that the answer ends with.
func (c *Sender[T]) SetTrailer(pairs ...string) { c.s.SetTrailer(pairs...) }

// A Receiver is what the handler of a client streaming method receives the
// requests with. One goroutine uses it at a time.
type Receiver[T any] struct{ s *ServerStream }

// NewReceiver is called by generated code.
func NewReceiver[T any](s *ServerStream) *Receiver[T] { return &Receiver[T]{s} }

// Recv receives a request; after the last one it returns io.EOF.
func (c *Receiver[T]) Recv() (*T, error) { return serverRecv[T](c.s) }

// SetHeader adds pairs to the metadata that the answer begins with; see
// [ServerStream.SetHeader].
func (c *Receiver[T]) SetHeader(pairs ...string) error { return c.s.SetHeader(pairs...) }

// SendHeader sends the metadata that the answer begins with, now.
func (c *Receiver[T]) SendHeader() error { return c.s.SendHeader() }

// SetTrailer adds pairs to the metadata that the answer ends with.
func (c *Receiver[T]) SetTrailer(pairs ...string) { c.s.SetTrailer(pairs...) }

// A Duplex is what the handler of a bidi streaming method receives requests
// and sends answers with. One goroutine sends and one receives at a time.
type Duplex[Q, R any] struct{ s *ServerStream }

// NewDuplex is called by generated code.
func NewDuplex[Q, R any](s *ServerStream) *Duplex[Q, R] { return &Duplex[Q, R]{s} }

// Recv receives a request; after the last one it returns io.EOF.
func (c *Duplex[Q, R]) Recv() (*Q, error) { return serverRecv[Q](c.s) }

// Send sends an answer. It waits while the peer takes no more.
func (c *Duplex[Q, R]) Send(m *R) error { return c.s.Send(message(m)) }

// SetHeader adds pairs to the metadata that the answer begins with; see
// [ServerStream.SetHeader].
func (c *Duplex[Q, R]) SetHeader(pairs ...string) error { return c.s.SetHeader(pairs...) }

// SendHeader sends the metadata that the answer begins with, now.
func (c *Duplex[Q, R]) SendHeader() error { return c.s.SendHeader() }

// SetTrailer adds pairs to the metadata that the answer ends with.
func (c *Duplex[Q, R]) SetTrailer(pairs ...string) { c.s.SetTrailer(pairs...) }

func serverRecv[T any](s *ServerStream) (*T, error) {
	m := new(T)
	if err := s.Recv(message(m)); err != nil {
		return nil, err
	}
	return m, nil
}
