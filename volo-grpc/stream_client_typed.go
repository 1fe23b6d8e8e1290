package vologrpc

import (
	"context"
	"io"
	"iter"

	"google.golang.org/protobuf/proto"
)

// This file holds the typed streams of the three kinds, which generated
// clients return.

// message returns t as a message.
func message[T any](t *T) proto.Message { return any(t).(proto.Message) }

// A ServerStreamCall is a call that is answered with many messages. One
// goroutine receives at a time.
type ServerStreamCall[T any] struct{ s *ClientStream }

// OpenServerStream opens the stream of a server streaming method. Generated
// stubs call it.
func OpenServerStream[T any](ctx context.Context, c *Client, m *Method, req proto.Message) (*ServerStreamCall[T], error) {
	s, err := c.Stream(ctx, m, req)
	if err != nil {
		return nil, err
	}
	return &ServerStreamCall[T]{s}, nil
}

// Recv receives a message. After the last one it returns io.EOF if the call
// went well, and an [*Error] otherwise.
func (c *ServerStreamCall[T]) Recv() (*T, error) { return recv[T](c.s) }

// All iterates over the messages; an error, which io.EOF is not, comes last.
// Leaving the loop early closes the stream.
func (c *ServerStreamCall[T]) All() iter.Seq2[*T, error] { return all[T](c.s) }

// Header waits for the metadata that the answer begins with.
func (c *ServerStreamCall[T]) Header() (Metadata, error) { return c.s.Header() }

// Trailer returns the metadata that the answer ended with, nil before that.
func (c *ServerStreamCall[T]) Trailer() Metadata { return c.s.Trailer() }

// Close ends the stream, and the call with it. It may be called again.
func (c *ServerStreamCall[T]) Close() error { return c.s.Close() }

// A ClientStreamCall is a call of many messages with one answer. One goroutine
// uses it at a time.
type ClientStreamCall[Q, R any] struct{ s *ClientStream }

// OpenClientStream opens the stream of a client streaming method. Generated
// stubs call it.
func OpenClientStream[Q, R any](ctx context.Context, c *Client, m *Method) (*ClientStreamCall[Q, R], error) {
	s, err := c.Stream(ctx, m, nil)
	if err != nil {
		return nil, err
	}
	return &ClientStreamCall[Q, R]{s}, nil
}

// Send sends a message. It returns io.EOF if the call has ended, in which case
// CloseAndRecv tells how.
func (c *ClientStreamCall[Q, R]) Send(m *Q) error { return c.s.Send(message(m)) }

// CloseAndRecv says that there are no more messages and waits for the answer.
func (c *ClientStreamCall[Q, R]) CloseAndRecv() (*R, error) {
	defer c.s.Close()
	c.s.CloseSend()
	return recv[R](c.s)
}

// Header waits for the metadata that the answer begins with.
func (c *ClientStreamCall[Q, R]) Header() (Metadata, error) { return c.s.Header() }

// Trailer returns the metadata that the answer ended with, nil before that.
func (c *ClientStreamCall[Q, R]) Trailer() Metadata { return c.s.Trailer() }

// Close ends the stream, and the call with it. It may be called again.
func (c *ClientStreamCall[Q, R]) Close() error { return c.s.Close() }

// A BidiStreamCall is a call of many messages both ways. One goroutine sends
// and one receives at a time.
type BidiStreamCall[Q, R any] struct{ s *ClientStream }

// OpenBidiStream opens the stream of a bidi streaming method. Generated stubs
// call it.
func OpenBidiStream[Q, R any](ctx context.Context, c *Client, m *Method) (*BidiStreamCall[Q, R], error) {
	s, err := c.Stream(ctx, m, nil)
	if err != nil {
		return nil, err
	}
	return &BidiStreamCall[Q, R]{s}, nil
}

// Send sends a message. It returns io.EOF if the call has ended, in which case
// Recv tells how.
func (c *BidiStreamCall[Q, R]) Send(m *Q) error { return c.s.Send(message(m)) }

// CloseSend says that no more messages will be sent. It may be called again.
func (c *BidiStreamCall[Q, R]) CloseSend() error { return c.s.CloseSend() }

// Recv receives a message. After the last one it returns io.EOF if the call
// went well, and an [*Error] otherwise.
func (c *BidiStreamCall[Q, R]) Recv() (*R, error) { return recv[R](c.s) }

// All iterates over the messages that arrive; an error, which io.EOF is not,
// comes last. Leaving the loop early closes the stream.
func (c *BidiStreamCall[Q, R]) All() iter.Seq2[*R, error] { return all[R](c.s) }

// Header waits for the metadata that the answer begins with.
func (c *BidiStreamCall[Q, R]) Header() (Metadata, error) { return c.s.Header() }

// Trailer returns the metadata that the answer ended with, nil before that.
func (c *BidiStreamCall[Q, R]) Trailer() Metadata { return c.s.Trailer() }

// Close ends the stream, and the call with it. It may be called again.
func (c *BidiStreamCall[Q, R]) Close() error { return c.s.Close() }

func recv[T any](s *ClientStream) (*T, error) {
	m := new(T)
	if err := s.Recv(message(m)); err != nil {
		return nil, err
	}
	return m, nil
}

func all[T any](s *ClientStream) iter.Seq2[*T, error] {
	return func(yield func(*T, error) bool) {
		defer s.Close()
		for {
			m, err := recv[T](s)
			if err == io.EOF || !yield(m, err) || err != nil {
				return
			}
		}
	}
}
