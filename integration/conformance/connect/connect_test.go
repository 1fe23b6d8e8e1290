package connect_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/wrapperspb"

	vologrpc "github.com/volo-go/volo/volo-grpc"

	"github.com/volo-go/volo/integration/conformance/connect"
	conformancev1 "github.com/volo-go/volo/integration/conformance/connect/gen/conformancev1"
)

func TestWhatIsWrittenIsRead(t *testing.T) {
	var wire bytes.Buffer
	for _, s := range []string{"", "a", strings.Repeat("b", 70_000)} {
		if err := connect.Write(&wire, wrapperspb.String(s)); err != nil {
			t.Fatal(err)
		}
	}
	for _, want := range []string{"", "a", strings.Repeat("b", 70_000)} {
		got := new(wrapperspb.StringValue)
		if err := connect.Read(&wire, got); err != nil || got.Value != want {
			t.Errorf("got %d bytes, %v, want %d", len(got.Value), err, len(want))
		}
	}
	if err := connect.Read(&wire, new(wrapperspb.StringValue)); !errors.Is(err, io.EOF) {
		t.Errorf("at the end: got %v, want io.EOF", err)
	}
}

func TestBrokenFrames(t *testing.T) {
	for _, frame := range []string{"\x00", "\x00\x00\x00\x05\x0a", "\xff\xff\xff\xff", "\x00\x00\x00\x01\x0a"} {
		if err := connect.Read(strings.NewReader(frame), new(wrapperspb.StringValue)); err == nil || err == io.EOF {
			t.Errorf("%q: got %v, want another error", frame, err)
		}
	}
}

func TestHeaders(t *testing.T) {
	in := []*conformancev1.Header{
		{Name: "X-Text", Value: []string{"a", "b"}},
		{Name: "x-some-bin", Value: []string{"AAE", "AAE="}},
	}
	pairs, err := connect.Pairs(in)
	if want := []string{"x-text", "a", "x-text", "b", "x-some-bin", "\x00\x01", "x-some-bin", "\x00\x01"}; err != nil || !slices.Equal(pairs, want) {
		t.Fatalf("got %q, %v, want %q", pairs, err, want)
	}
	want := []*conformancev1.Header{{Name: "x-text", Value: []string{"a", "b"}}, {Name: "x-some-bin", Value: []string{"AAE", "AAE"}}}
	if got := connect.Headers(vologrpc.MetadataOf(pairs...)); !slices.EqualFunc(got, want, func(a, b *conformancev1.Header) bool { return proto.Equal(a, b) }) {
		t.Errorf("got %v, want %v", got, want)
	}
	if _, err := connect.Pairs([]*conformancev1.Header{{Name: "x-bin", Value: []string{"%"}}}); err == nil {
		t.Error("a value that is no base64 is taken")
	}
}

func TestErrors(t *testing.T) {
	message := "gone"
	want := &conformancev1.Error{Code: conformancev1.Code_CODE_ABORTED, Message: &message}
	if got := connect.Error(fmt.Errorf("wrapped: %w", connect.Status(want))); !proto.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if got := connect.Error(nil); got != nil {
		t.Errorf("no error: got %v, want nil", got)
	}
	if got := connect.Error(errors.New("x")).GetCode(); got != conformancev1.Code_CODE_UNKNOWN {
		t.Errorf("an error without a code: got %v, want unknown", got)
	}
}
