package http2_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/volo-go/volo/volo-grpc/internal/http2"
	xhttp2 "golang.org/x/net/http2"
)

// describe reads all frames of b with x/net and says what they are.
func describe(t *testing.T, b []byte) string {
	t.Helper()
	fr := xhttp2.NewFramer(io.Discard, bytes.NewReader(b))
	fr.SetMaxReadFrameSize(1<<24 - 1)
	var words []string
	for {
		f, err := fr.ReadFrame()
		if err == io.EOF {
			return strings.Join(words, " ")
		}
		if err != nil {
			t.Fatalf("%v after %v", err, words)
		}
		switch f := f.(type) {
		case *xhttp2.DataFrame:
			words = append(words, fmt.Sprintf("DATA(%d,%d,%v)", f.StreamID, len(f.Data()), f.StreamEnded()))
		case *xhttp2.HeadersFrame:
			words = append(words, fmt.Sprintf("HEADERS(%d,%d,%v,%v)", f.StreamID, len(f.HeaderBlockFragment()), f.StreamEnded(), f.HeadersEnded()))
		case *xhttp2.ContinuationFrame:
			words = append(words, fmt.Sprintf("CONTINUATION(%d,%d,%v)", f.StreamID, len(f.HeaderBlockFragment()), f.HeadersEnded()))
		case *xhttp2.RSTStreamFrame:
			words = append(words, fmt.Sprintf("RST_STREAM(%d,%v)", f.StreamID, f.ErrCode))
		case *xhttp2.WindowUpdateFrame:
			words = append(words, fmt.Sprintf("WINDOW_UPDATE(%d,%d)", f.StreamID, f.Increment))
		case *xhttp2.PingFrame:
			words = append(words, fmt.Sprintf("PING(%s,%v)", f.Data[:], f.IsAck()))
		case *xhttp2.GoAwayFrame:
			words = append(words, fmt.Sprintf("GOAWAY(%d,%v,%s)", f.LastStreamID, f.ErrCode, f.DebugData()))
		case *xhttp2.SettingsFrame:
			words = append(words, fmt.Sprintf("SETTINGS(%d,%v)", f.NumSettings(), f.IsAck()))
		}
	}
}

func TestFramesAreUnderstood(t *testing.T) {
	x := func(n int) []byte { return make([]byte, n) }
	for _, test := range []struct {
		name  string
		bytes []byte
		want  string
	}{
		{"DATA", http2.AppendData(nil, x(5), 1, true, 16384), "DATA(1,5,true)"},
		{"empty DATA", http2.AppendData(nil, nil, 1, true, 16384), "DATA(1,0,true)"},
		{"DATA at the limit", http2.AppendData(nil, x(16384), 3, true, 16384), "DATA(3,16384,true)"},
		{"DATA above it", http2.AppendData(nil, x(16385), 3, true, 16384), "DATA(3,16384,false) DATA(3,1,true)"},
		{"DATA twice the limit", http2.AppendData(nil, x(32768), 3, false, 16384), "DATA(3,16384,false) DATA(3,16384,false)"},
		{"HEADERS", http2.Headers(x(10), 5, true, 16384), "HEADERS(5,10,true,true)"},
		{"HEADERS at the limit", http2.Headers(x(16384), 5, false, 16384), "HEADERS(5,16384,false,true)"},
		{"HEADERS above it", http2.Headers(x(16385), 5, true, 16384), "HEADERS(5,16384,true,false) CONTINUATION(5,1,true)"},
		{"HEADERS of three frames", http2.Headers(x(40000), 5, false, 16384),
			"HEADERS(5,16384,false,false) CONTINUATION(5,16384,false) CONTINUATION(5,7232,true)"},
		{"RST_STREAM", http2.AppendReset(nil, 1<<31-1, http2.Cancel), "RST_STREAM(2147483647,CANCEL)"},
		{"WINDOW_UPDATE", http2.AppendWindowUpdate(nil, 0, 1<<31-1), "WINDOW_UPDATE(0,2147483647)"},
		{"PING", http2.AppendPing(nil, [8]byte([]byte("12345678")), true), "PING(12345678,true)"},
		{"GOAWAY", http2.AppendGoAway(nil, 7, http2.NoError, "bye"), "GOAWAY(7,NO_ERROR,bye)"},
		{"SETTINGS", http2.AppendSettings(nil, xhttp2.Setting{ID: 1, Val: 2}), "SETTINGS(1,false)"},
		{"an acknowledgement", http2.AppendSettingsAck(nil), "SETTINGS(0,true)"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := describe(t, test.bytes); got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}

func TestEnvelopesAreAssembled(t *testing.T) {
	three := bytes.Join([][]byte{frame([]byte("one")), frame(nil), frame([]byte("three"))}, nil)
	for size := 1; size <= len(three); size++ {
		var chunks [][]byte
		for rest := three; len(rest) > 0; {
			n := min(size, len(rest))
			chunks, rest = append(chunks, rest[:n]), rest[n:]
		}
		got, _, partial, err := http2.Assemble(5, chunks...)
		if err != nil || partial || len(got) != 3 || string(got[0].Data) != "one" || len(got[1].Data) != 0 || string(got[2].Data) != "three" {
			t.Fatalf("in pieces of %d: got %v, partial %v, error %v", size, got, partial, err)
		}
	}
	for _, test := range []struct {
		name    string
		bytes   []byte
		limit   int
		want    error // by errors.Is, or any if it is errAny
		partial bool
	}{
		{"at the limit", frame(make([]byte, 10)), 10, nil, false},
		{"above the limit", frame(make([]byte, 11)), 10, http2.ErrMessageTooLarge, true},
		{"4 GiB announced", []byte{0, 0xff, 0xff, 0xff, 0xff}, 1 << 20, http2.ErrMessageTooLarge, true},
		{"unknown flags", []byte{2, 0, 0, 0, 0}, 10, errAny, true},
		{"within a head", []byte{0, 0}, 10, nil, true},
		{"within a body", []byte{0, 0, 0, 0, 3, 'x'}, 10, nil, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, _, partial, err := http2.Assemble(test.limit, test.bytes)
			if (err != nil) != (test.want != nil) || test.want != nil && test.want != errAny && !errors.Is(err, test.want) {
				t.Errorf("got error %v, want %v", err, test.want)
			}
			if partial != test.partial {
				t.Errorf("got partial %v, want %v", partial, test.partial)
			}
		})
	}
}

var errAny = errors.New("any error")

func TestMemoryFollowsTheBytes(t *testing.T) {
	_, largest, _, err := http2.Assemble(1<<30, []byte{0, 0x3f, 0xff, 0xff, 0xff, 'x'})
	if err != nil || largest > 4<<10 {
		t.Errorf("got %d bytes reserved (%v) for one that has come", largest, err)
	}
}
