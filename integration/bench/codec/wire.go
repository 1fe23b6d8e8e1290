package codec

import (
	"encoding/binary"
	"math"
)

// Field types, as the Thrift binary protocol specification numbers them.
const (
	tBool   = 2
	tI8     = 3
	tDouble = 4
	tI16    = 6
	tI32    = 8
	tI64    = 10
	tString = 11
	tStruct = 12
	tMap    = 13
	tList   = 15
)

// A wire is a message in the making. Its methods append and return the
// receiver, so that a field's header and its value stand on one line.
type wire []byte

func (w *wire) u8(v byte) *wire    { *w = append(*w, v); return w }
func (w *wire) u16(v uint16) *wire { *w = binary.BigEndian.AppendUint16(*w, v); return w }
func (w *wire) u32(v uint32) *wire { *w = binary.BigEndian.AppendUint32(*w, v); return w }
func (w *wire) u64(v uint64) *wire { *w = binary.BigEndian.AppendUint64(*w, v); return w }

func (w *wire) f64(v float64) *wire { return w.u64(math.Float64bits(v)) }

func (w *wire) string(v string) *wire {
	w.u32(uint32(len(v)))
	*w = append(*w, v...)
	return w
}

// field appends the header of a field.
func (w *wire) field(typ byte, id uint16) *wire { return w.u8(typ).u16(id) }

// listOf appends the header of a list of n elements.
func (w *wire) listOf(elem byte, n int) *wire { return w.u8(elem).u32(uint32(n)) }

// mapOf appends the header of a map of n entries.
func (w *wire) mapOf(key, value byte, n int) *wire { return w.u8(key).u8(value).u32(uint32(n)) }

// stop ends a struct and returns all bytes so far.
func (w *wire) stop() []byte { return *w.u8(0) }
