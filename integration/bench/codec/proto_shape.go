package codec

import (
	"encoding/binary"
	"fmt"
)

// ProtoShapes returns the shapes of codec.proto, the smallest first.
func ProtoShapes() []Shape {
	return []Shape{
		{Name: "small", About: "six scalars and a string, 108 B", Wire: protoSmall()},
		{Name: "echo", About: "the message of the echo, a string of 1 KiB", Wire: protoEcho()},
		{Name: "medium", About: "about 1 KB in maps and lists of messages with optional fields", Wire: protoMedium(0), Unordered: true},
		{Name: "large", About: "about 55 KB of the same", Wire: protoLarge(), Unordered: true},
		{Name: "maps", About: "three maps of 100 entries with string and integer keys and values", Wire: protoMaps(), Unordered: true},
		{Name: "ints", About: "10,000 packed int64 of one to ten bytes", Wire: protoInts()},
		{Name: "ints-fixed", About: "10,000 packed sfixed64", Wire: protoFixed()},
	}
}

func protoSmall() []byte {
	var m protoWire
	m.varint(1, 1).varint(2, 7).varint(3, 8888).zigzag(4, -200)
	m.varint(5, 1_700_000_000_000).double(6, 0.75).string(7, text(78))
	return m
}

func protoEcho() []byte {
	var m protoWire
	return *m.string(1, "echo").string(2, text(1024))
}

// protoItem is as item.
func protoItem(i int) func(*protoWire) {
	return func(m *protoWire) {
		m.varint(1, uint64(1_000_000+i)).string(2, fmt.Sprintf("item number %03d of this record", i))
		if i%4 != 3 {
			m.varint(3, uint64(i*3))
		}
		m.double(4, float64(i)*1.25)
		if i%2 == 0 {
			m.string(5, text(64))
		}
	}
}

func protoMedium(number int) []byte {
	var m protoWire
	m.string(1, fmt.Sprintf("record-%06d", number)).string(2, "somebody@example.org").varint(3, uint64(1_700_000_000_000+number))
	for i := range 4 {
		m.message(4, func(m *protoWire) { m.string(1, fmt.Sprintf("label-%02d", i)).string(2, text(10+i)) })
	}
	for i := range 6 {
		m.message(5, protoItem(i))
	}
	for i := range 3 {
		m.message(6, func(m *protoWire) { m.string(1, fmt.Sprintf("featured-%d", i)).message(2, protoItem(100+i)) })
	}
	return m
}

func protoLarge() []byte {
	var m protoWire
	for i := range 55 {
		m.string(1, string(protoMedium(i)))
	}
	return m
}

func protoMaps() []byte {
	var m protoWire
	for i := range 100 {
		m.message(1, func(m *protoWire) { m.string(1, fmt.Sprintf("counter-%03d", i)).varint(2, uint64(i*i)) })
	}
	for i := range 100 {
		m.message(2, func(m *protoWire) { m.varint(1, uint64(i)<<20).string(2, fmt.Sprintf("name-%03d", i)) })
	}
	for i := range 100 {
		m.message(3, func(m *protoWire) { m.varint(1, uint64(i)).varint(2, uint64(100-i)) })
	}
	return m
}

func protoInts() []byte {
	var m protoWire
	return *m.message(1, func(m *protoWire) {
		for i := range 10_000 {
			// All lengths alike, in no order that a branch predictor learns.
			v := uint64(i+1) * 0x9E3779B97F4A7C15
			*m = binary.AppendUvarint(*m, v>>(v%10*7))
		}
	})
}

func protoFixed() []byte {
	var m protoWire
	return *m.message(1, func(m *protoWire) {
		for i := range 10_000 {
			*m = binary.LittleEndian.AppendUint64(*m, uint64(i)*0x9E3779B97F4A7C15)
		}
	})
}
