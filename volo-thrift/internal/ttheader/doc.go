// Package ttheader reads and writes the header protocol that Kitex and Volo
// put around Thrift messages. It knows nothing of messages and connections.
//
// A frame, all numbers big endian (the format has no RFC; the offsets are
// those of the CloudWeGo document "TTHeader"):
//
//	 0 LENGTH u32   bytes after this field
//	 4 MAGIC  u16   0x1000
//	 6 FLAGS  u16
//	 8 SEQ    i32
//	12 HSIZE  u16   size of what follows up to the payload, divided by 4
//	14 PROTO  u8    what the payload is
//	15 NTRANS u8    number of transform ids that follow; always 0 in practice
//	16 INFO         blocks, in any order, until the header area ends:
//	                0x00                                     padding, one byte
//	                0x01 u16 n, n × (u16 len, key; u16 len, value)  strings
//	                0x10 u16 n, n × (u16 id;       u16 len, value)  ints
//	                0x11 u16 len, token                      ACL token
//	   payload      LENGTH + 4 - (14 + HSIZE*4) bytes
//
// Reading: a connection peeks, asks [FrameSize] how long the frame is, waits
// for that many bytes and hands them to [Parse], which checks every length in
// the header once. [Header.Ints], [Header.Strings], [Header.Int] and
// [Header.String] then walk the checked bytes.
//
// Writing: an [Appender] appends the header to the caller's buffer, the caller
// appends the payload, [Appender.End] fills in the length. A [Template] holds
// the fields that are the same in every call of a method.
//
// Who owns the bytes: everything a Header yields, and the payload, aliases the
// frame and is valid as long as the frame is; nothing is copied, nothing is
// allocated except errors. Appenders and Headers belong to one goroutine at a
// time; a finished Template may be used by many.
package ttheader
