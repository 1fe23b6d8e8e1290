package thrift

// A Struct is a value that travels as a Thrift struct: generated structs,
// unions, exceptions, and the arguments and results of methods.
//
// A Struct is not safe for use while another goroutine changes it.
type Struct interface {
	// BinarySize returns the number of bytes that AppendBinary appends.
	BinarySize() int

	// AppendBinary appends the binary protocol encoding of the struct, the
	// closing stop included, to b and returns the extended slice. It fails
	// only if the value has no encoding, with an [*EncodeError]: a union
	// without exactly one member, a struct that is nil where one must be, a
	// string over 2 GiB. It never panics and keeps no reference to b.
	AppendBinary(b []byte) ([]byte, error)

	// ConsumeBinary decodes the struct from the front of b, up to and with
	// its stop, and returns what follows. b must be a suffix of the message
	// that d was made for. The struct should be new; fields that do not occur
	// keep their values. Unknown fields are skipped or, if the code was
	// generated so, kept.
	//
	// On an error, a [*DecodeError], the struct is partly filled and what is
	// returned begins at the fault.
	ConsumeBinary(d *Decoder, b []byte) ([]byte, error)
}
