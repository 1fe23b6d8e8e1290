package protobuf

import (
	"encoding/binary"
	"unsafe"
)

// Packed numbers of fixed width. On little-endian machines they look in memory
// as they do on the wire and are copied as a whole.

// Fixed32 is what has four bytes on the wire and in memory.
type Fixed32 interface{ ~int32 | ~uint32 | ~float32 }

// Fixed64 is what has eight bytes on the wire and in memory.
type Fixed64 interface{ ~int64 | ~uint64 | ~float64 }

// littleEndian is a constant of the machine; the compiler does not know it.
var littleEndian = binary.NativeEndian.Uint16([]byte{1, 0}) == 1

// PutPacked32 puts the numbers of v, without tag and length.
func PutPacked32[T Fixed32](b []byte, i int, v []T) int {
	i -= 4 * len(v)
	copy32(b[i:], v)
	return i
}

// PutPacked64 puts the numbers of v, without tag and length.
func PutPacked64[T Fixed64](b []byte, i int, v []T) int {
	i -= 8 * len(v)
	copy64(b[i:], v)
	return i
}

func copy32[T Fixed32](b []byte, v []T) {
	// Safety: v has len(v) numbers of four bytes each without pointers; any
	// address is aligned for bytes, and they are only read, within the call.
	raw := unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(v))), 4*len(v))
	if littleEndian {
		copy(b, raw)
		return
	}
	for k := 0; k < len(raw); k += 4 {
		binary.LittleEndian.PutUint32(b[k:], binary.NativeEndian.Uint32(raw[k:]))
	}
}

func copy64[T Fixed64](b []byte, v []T) {
	// Safety: as in copy32, with eight bytes.
	raw := unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(v))), 8*len(v))
	if littleEndian {
		copy(b, raw)
		return
	}
	for k := 0; k < len(raw); k += 8 {
		binary.LittleEndian.PutUint64(b[k:], binary.NativeEndian.Uint64(raw[k:]))
	}
}

// Packed32 appends the numbers of b to v. ok is false if b is no multiple of
// their width.
func Packed32[T Fixed32](v []T, b []byte) (_ []T, ok bool) {
	n := len(v)
	// Safety: b has len(b)/4 numbers of four bytes each, without pointers, and
	// every pattern of bits is a number. They are copied as bytes are, which
	// needs no alignment.
	v = append(v, unsafe.Slice((*T)(unsafe.Pointer(unsafe.SliceData(b))), len(b)/4)...)
	if !littleEndian {
		for k := range v[n:] {
			// Safety: the number is v's own; nobody else knows it yet.
			p := (*[4]byte)(unsafe.Pointer(&v[n+k]))
			binary.NativeEndian.PutUint32(p[:], binary.LittleEndian.Uint32(p[:]))
		}
	}
	return v, len(b)%4 == 0
}

// Packed64 appends the numbers of b to v. ok is false if b is no multiple of
// their width.
func Packed64[T Fixed64](v []T, b []byte) (_ []T, ok bool) {
	n := len(v)
	// Safety: b has len(b)/8 numbers of eight bytes each, without pointers, and
	// every pattern of bits is a number. They are copied as bytes are, which
	// needs no alignment.
	v = append(v, unsafe.Slice((*T)(unsafe.Pointer(unsafe.SliceData(b))), len(b)/8)...)
	if !littleEndian {
		for k := range v[n:] {
			// Safety: the number is v's own; nobody else knows it yet.
			p := (*[8]byte)(unsafe.Pointer(&v[n+k]))
			binary.NativeEndian.PutUint64(p[:], binary.LittleEndian.Uint64(p[:]))
		}
	}
	return v, len(b)%8 == 0
}
