package volothrift

import (
	"errors"

	"github.com/volo-go/volo/pilota/thrift"
	"github.com/volo-go/volo/volo-thrift/internal/framed"
	"github.com/volo-go/volo/volo-thrift/internal/ttheader"
	"github.com/volo-go/volo/volo-thrift/internal/unframed"
)

// A scanner finds the end of one message after the other on a connection.
type scanner struct {
	limit    int
	depth    int
	unframed *unframed.Scanner // state within an unframed message; nil between
}

// size returns the size of the message that starts b once all of it is there.
// Until then it returns 0 and how many bytes there must be before it makes
// sense to ask again, 0 for any more. Between messages of the Unframed
// protocol, next must be called.
func (s *scanner) size(p Protocol, b []byte) (size, need int, err error) {
	switch p {
	case Framed:
		size, err = framed.FrameSize(b, s.limit)
	case Unframed:
		if s.unframed == nil {
			s.unframed = new(unframed.Scanner)
			s.unframed.Reset(s.limit, s.depth)
		}
		size, need, err = s.unframed.Size(b)
	default:
		size, err = ttheader.FrameSize(b, s.limit)
	}
	if err != nil {
		return 0, 0, sizeError(err)
	}
	if size > len(b) {
		return 0, size, nil
	}
	return size, need, nil
}

// next makes the scanner ready for another message.
func (s *scanner) next() {
	if s.unframed != nil {
		s.unframed.Reset(s.limit, s.depth)
	}
}

// sizeError gives the errors of the framings about size one face, which names
// the option.
func sizeError(err error) error {
	var inHeader *ttheader.LimitError
	var inFrame *framed.SizeError
	var inMessage *unframed.SizeError
	var depth *unframed.DepthError
	switch {
	case errors.As(err, &inHeader):
		return &LimitError{Option: "WithMaxMessageSize", Limit: inHeader.Limit, Got: inHeader.Size}
	case errors.As(err, &inFrame):
		return &LimitError{Option: "WithMaxMessageSize", Limit: inFrame.Limit, Got: inFrame.Size}
	case errors.As(err, &inMessage):
		return &LimitError{Option: "WithMaxMessageSize", Limit: inMessage.Limit, Got: inMessage.Size}
	case errors.As(err, &depth):
		return &LimitError{Option: "WithDecodeOptions, MaxDepth", Limit: depth.Limit, Got: depth.Limit + 1}
	}
	return err
}

// depthOf returns the nesting that o allows.
func depthOf(o thrift.DecodeOptions) int {
	if o.MaxDepth > 0 {
		return o.MaxDepth
	}
	return thrift.DefaultMaxDepth
}
