package ttheader

// Magic marks a TTHeader frame; it stands at offset 4.
const Magic = 0x1000

// The flags of a frame.
const (
	FlagOutOfOrder    uint16 = 0x01 // replies may overtake each other; they are found by SEQ
	FlagStreaming     uint16 = 0x02 // a frame of a stream, which has other rules
	FlagDuplexReverse uint16 = 0x08
	FlagSASL          uint16 = 0x10
)

// The protocol ids: what the payload is.
const (
	ProtocolBinary         byte = 0x00
	ProtocolCompact        byte = 0x02
	ProtocolCompactV2      byte = 0x03
	ProtocolKitexProtobuf  byte = 0x04
	ProtocolThriftStruct   byte = 0x10 // streaming: a bare struct, no message envelope
	ProtocolProtobufStruct byte = 0x11 // streaming: a bare Protobuf message
)

// The ids of the int section. Their values are text unless a comment says
// otherwise.
const (
	MeshVersion     uint16 = 0
	TransportType   uint16 = 1 // "framed" or "unframed"
	LogID           uint16 = 2
	FromService     uint16 = 3
	FromCluster     uint16 = 4
	FromIDC         uint16 = 5
	ToService       uint16 = 6
	ToCluster       uint16 = 7
	ToIDC           uint16 = 8
	ToMethod        uint16 = 9
	Env             uint16 = 10
	DestAddress     uint16 = 11
	RPCTimeout      uint16 = 12 // milliseconds, decimal
	ReadTimeout     uint16 = 13 // milliseconds, decimal
	RingHashKey     uint16 = 14
	DDPTag          uint16 = 15
	WithMeshHeader  uint16 = 16
	ConnectTimeout  uint16 = 17 // milliseconds, decimal
	SpanContext     uint16 = 18
	ShortConnection uint16 = 19
	FromMethod      uint16 = 20
	StressTag       uint16 = 21
	MsgType         uint16 = 22 // message type: decimal from Kitex, one raw byte from Volo's servers
	HTTPContentType uint16 = 23
	RawRingHashKey  uint16 = 24
	LBType          uint16 = 25
	ClusterShardID  uint16 = 26
	FrameType       uint16 = 27 // of streaming frames
)

var intNames = [...]string{
	"MeshVersion", "TransportType", "LogID", "FromService", "FromCluster", "FromIDC", "ToService", "ToCluster",
	"ToIDC", "ToMethod", "Env", "DestAddress", "RPCTimeout", "ReadTimeout", "RingHashKey", "DDPTag",
	"WithMeshHeader", "ConnectTimeout", "SpanContext", "ShortConnection", "FromMethod", "StressTag", "MsgType",
	"HTTPContentType", "RawRingHashKey", "LBType", "ClusterShardID", "FrameType",
}

// IntName returns the name of an int id, "" if it has none.
func IntName(id uint16) string {
	if int(id) < len(intNames) {
		return intNames[id]
	}
	return ""
}

// The keys of the string section.
const (
	KeyService         = "isn" // the service as the IDL names it
	KeyRemoteAddress   = "rip" // the address of the first caller, set by proxies
	KeyToCluster       = "tc"
	KeyToIDC           = "ti"
	KeyConnectStart    = "pcs" // this and the next four: times of a proxy's phases
	KeyConnectEnd      = "pce"
	KeySendStart       = "pss"
	KeyReceiveStart    = "prs"
	KeyReceiveEnd      = "pre"
	KeyConnectionReset = "crrst" // "1": the peer is about to close this connection
	KeyProcessAtTime   = "K_ProcessAtTime"
	KeyCRC32C          = "crc32c"
	KeyCancelPath      = "ttscp" // of streaming reset frames

	KeyBizStatus  = "biz-status"  // int32, decimal
	KeyBizMessage = "biz-message" // text
	KeyBizExtra   = "biz-extra"   // a JSON object of strings

	// KeyRetryAfter stands beside an exception by which a server has refused a
	// call: the milliseconds after which to ask again, decimal. Volo's own.
	KeyRetryAfter = "volo-retry-after-ms"

	// KeyACLToken is the key under which [Header.Strings] yields the ACL token
	// block, as Kitex does.
	KeyACLToken = "RPC_TRANSIT_gdpr-token"
)

// The ids of the info blocks.
const (
	blockPadding byte = 0x00
	blockStrings byte = 0x01
	blockInts    byte = 0x10
	blockACL     byte = 0x11
)

const (
	fixedSize = 14 // up to and with HSIZE

	// MaxHeaderSize is the most that HSIZE can say.
	MaxHeaderSize = 65535 * 4
	// MaxFieldSize is the longest key and the longest value.
	MaxFieldSize = 65535
	// MaxFrameSize is the longest frame, LENGTH included. Apache's header
	// format and Kitex name it too: it keeps the first byte of a frame below
	// 0x40, where no text protocol begins.
	MaxFrameSize = 1<<30 - 1
)

// Reserved reports whether key has a meaning of its own in the string section,
// so that it cannot be the name of a user's value.
func Reserved(key string) bool {
	switch key {
	case KeyService, KeyRemoteAddress, KeyToCluster, KeyToIDC, KeyConnectStart, KeyConnectEnd, KeySendStart,
		KeyReceiveStart, KeyReceiveEnd, KeyConnectionReset, KeyProcessAtTime, KeyCRC32C, KeyCancelPath,
		KeyBizStatus, KeyBizMessage, KeyBizExtra, KeyRetryAfter, KeyACLToken:
		return true
	}
	return false
}
