package interop_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"io"
	"net"
	"sync"
	"testing"
	"time"

	apache "github.com/apache/thrift/lib/go/thrift"

	"github.com/volo-go/volo/integration/interop/apachetest"
	theirs "github.com/volo-go/volo/integration/interop/apachetest/thrifttest"
	"github.com/volo-go/volo/pilota/thrift"
	volothrift "github.com/volo-go/volo/volo-thrift"
)

// Whole messages, not only structs, are laid side by side here: what both
// servers answer to the same request, and what both clients ask for the same
// call.

// alike tells whether two messages are the same byte for byte, or may be as far
// as the order of maps goes, which Go leaves to chance.
func alike(a, b []byte) bool {
	if bytes.Equal(a, b) {
		return true
	}
	m, _, err := thrift.ConsumeMessageBegin(a)
	switch string(m.Name) {
	case "testMap", "testStringMap", "testMapMap", "testInsanity", "testMulti":
		return err == nil && len(a) == len(b) && bytes.Equal(sorted(a), sorted(b))
	}
	return false
}

// sorted returns the bytes of b in order.
func sorted(b []byte) []byte {
	var counts [256]int
	for _, c := range b {
		counts[c]++
	}
	b = b[:0:0]
	for c, n := range counts {
		b = append(b, bytes.Repeat([]byte{byte(c)}, n)...)
	}
	return b
}

// both is a client of two servers at once, in frames. It compares their answers
// and returns the first one's.
type both struct {
	t     *testing.T
	conns [2]net.Conn
	r     [2]*bufio.Reader
	seq   int32
}

func (c *both) Call(ctx context.Context, method string, args, result apache.TStruct) (meta apache.ResponseMeta, err error) {
	c.seq++
	request := frameOf(method, thrift.Call, c.seq, args)
	var replies [2][]byte
	for i, conn := range c.conns {
		if _, err := conn.Write(request); err != nil {
			return meta, err
		}
		if result == nil {
			continue
		}
		if replies[i], err = readFrame(c.r[i]); err != nil {
			return meta, err
		}
	}
	if result == nil {
		return meta, nil
	}
	m, _, err := thrift.ConsumeMessageBegin(replies[0])
	if err != nil {
		return meta, err
	}
	if m.Type == thrift.Exception {
		// They say it in different words: the envelopes must be the same.
		n := thrift.MessageBeginSize(method)
		if !bytes.Equal(replies[0][:n], replies[1][:n]) {
			c.t.Errorf("%s: got %x, want %x", method, replies[1][:n], replies[0][:n])
		}
	} else if !alike(replies[0], replies[1]) {
		c.t.Errorf("%s:\ngot  %.400x\nwant %.400x", method, replies[1], replies[0])
	}
	buf := apache.NewTMemoryBuffer()
	buf.Write(replies[0])
	in := apache.NewTBinaryProtocolConf(buf, nil)
	return meta, apache.NewTStandardClient(in, in).Recv(ctx, in, c.seq, method, result)
}

// frameOf returns a message of Apache's in a frame.
func frameOf(method string, typ thrift.MessageType, seq int32, body apache.TStruct) []byte {
	b, err := writeApache(body)
	if err != nil {
		panic(err)
	}
	b = append(thrift.AppendMessageBegin(make([]byte, 4), method, typ, seq), b...)
	binary.BigEndian.PutUint32(b, uint32(len(b)-4))
	return b
}

func readFrame(r io.Reader) ([]byte, error) {
	var size [4]byte
	if _, err := io.ReadFull(r, size[:]); err != nil {
		return nil, err
	}
	b := make([]byte, binary.BigEndian.Uint32(size[:]))
	_, err := io.ReadFull(r, b)
	return b, err
}

func TestOurServersMessagesAreApaches(t *testing.T) {
	addr, stop := apachetest.StartServer(true)
	defer stop()
	c := &both{t: t}
	for i, addr := range []string{addr, serve(t, new(handler))} {
		conn, err := net.Dial("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		conn.SetDeadline(time.Now().Add(time.Minute))
		c.conns[i], c.r[i] = conn, bufio.NewReader(conn)
	}
	apachetest.Check(t, theirs.NewThriftTestClient(c))
}

func TestOurClientsMessagesAreApaches(t *testing.T) {
	addr, stop := apachetest.StartServer(true)
	defer stop()
	want := recorded(t, addr, "Apache", func(t *testing.T, addr string) {
		apachetest.Check(t, theirs.NewThriftTestClient(dialApache(t, addr, true)))
	})
	got := recorded(t, addr, "we", func(t *testing.T, addr string) {
		apachetest.Check(t, view{newClient(t, addr, volothrift.WithProtocol(volothrift.Framed))})
	})
	if len(got) != len(want) || len(got) == 0 {
		t.Fatalf("got %d messages, want %d", len(got), len(want))
	}
	for i, want := range want {
		m, _, err := thrift.ConsumeMessageBegin(want)
		if err != nil {
			t.Fatal(err)
		}
		if string(m.Name) == "testOneway" {
			want[3] = byte(thrift.Oneway) // Apache's Go client says Call
		}
		if !alike(got[i], want) {
			t.Errorf("%s:\ngot  %.400x\nwant %.400x", m.Name, got[i], want)
		}
	}
}

// recorded returns the messages that a client sends on its only connection to
// what it takes for the server at addr.
func recorded(t *testing.T, addr, name string, client func(t *testing.T, addr string)) (messages [][]byte) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var passing sync.WaitGroup
	passing.Go(func() {
		from, err := l.Accept()
		if err != nil {
			return
		}
		defer from.Close()
		l.Close()
		to, err := net.Dial("tcp", addr)
		if err != nil {
			return
		}
		defer to.Close()
		passing.Go(func() { io.Copy(from, to) })
		for r := bufio.NewReader(from); ; {
			message, err := readFrame(r)
			if err != nil {
				return
			}
			messages = append(messages, message)
			if _, err := to.Write(append(binary.BigEndian.AppendUint32(nil, uint32(len(message))), message...)); err != nil {
				return
			}
		}
	})
	t.Run(name, func(t *testing.T) { client(t, l.Addr().String()) })
	l.Close()
	passing.Wait()
	return messages
}
