package codec

import (
	"encoding/binary"
	"math"
)

// A protoWire is a Protobuf message in the making. Its methods append a field
// each and return the receiver. The wire types are those of the Protobuf
// encoding guide.
type protoWire []byte

func (w *protoWire) tag(number, wireType int) *protoWire {
	*w = binary.AppendUvarint(*w, uint64(number<<3|wireType))
	return w
}

func (w *protoWire) varint(number int, v uint64) *protoWire {
	w.tag(number, 0)
	*w = binary.AppendUvarint(*w, v)
	return w
}

func (w *protoWire) zigzag(number int, v int64) *protoWire {
	return w.varint(number, uint64(v<<1)^uint64(v>>63))
}

func (w *protoWire) double(number int, v float64) *protoWire {
	w.tag(number, 1)
	*w = binary.LittleEndian.AppendUint64(*w, math.Float64bits(v))
	return w
}

func (w *protoWire) string(number int, v string) *protoWire {
	w.tag(number, 2)
	*w = append(binary.AppendUvarint(*w, uint64(len(v))), v...)
	return w
}

// message appends a field that m fills: a message, an entry of a map or packed
// numbers.
func (w *protoWire) message(number int, m func(*protoWire)) *protoWire {
	var inner protoWire
	m(&inner)
	return w.string(number, string(inner))
}
