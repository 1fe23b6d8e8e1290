package interop_test

import (
	"context"
	"errors"
	"maps"
	"reflect"
	"strings"
	"testing"

	apache "github.com/apache/thrift/lib/go/thrift"
	"github.com/cloudwego/gopkg/protocol/ttheader"

	theirs "github.com/volo-go/volo/integration/interop/apachetest/thrifttest"
	ours "github.com/volo-go/volo/integration/interop/gen/thrifttest"
	"github.com/volo-go/volo/integration/interop/gen/thrifttest/thrifttestthrift"
	"github.com/volo-go/volo/pilota/thrift"
	volothrift "github.com/volo-go/volo/volo-thrift"
)

// Business errors come in two shapes. Kitex sends an ordinary reply whose result
// is empty, Volo an exception; what counts stands in the header of both. We send
// Kitex's, since its client looks at the message first, and understand both.

func TestBusinessErrorsInEveryShape(t *testing.T) {
	empty := []byte{byte(thrift.STOP)}
	exception := func(message string) []byte {
		b, err := thrift.Marshal(&thrift.ApplicationException{Type: thrift.InternalError, Message: message})
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	for _, tt := range []struct {
		name   string
		header map[string]string
		typ    thrift.MessageType
		body   []byte
		want   *volothrift.BizError // nil for another error, or none
		part   string               // of that other error
	}{
		{
			name:   "as Kitex sends it",
			header: map[string]string{"biz-status": "1001", "biz-message": "no stock", "biz-extra": `{"item":"7","":"é"}`},
			typ:    thrift.Reply, body: empty,
			want: &volothrift.BizError{Status: 1001, Message: "no stock", Extra: map[string]string{"item": "7", "": "é"}},
		},
		{
			name:   "as Kitex sends it, without extra",
			header: map[string]string{"biz-status": "-2147483648", "biz-message": ""},
			typ:    thrift.Reply, body: empty,
			want: &volothrift.BizError{Status: minimum},
		},
		{
			name:   "as Volo sends it",
			header: map[string]string{"biz-status": "1001", "biz-message": "no stock", "biz-extra": `{"item":"7"}`},
			typ:    thrift.Exception, body: exception("no stock"),
			want: &volothrift.BizError{Status: 1001, Message: "no stock", Extra: map[string]string{"item": "7"}},
		},
		{
			name:   "a status of 0 is none: a reply",
			header: map[string]string{"biz-status": "0", "biz-message": "fine"},
			typ:    thrift.Reply, body: body(0, "done"),
		},
		{
			name:   "a status of 0 is none: an exception",
			header: map[string]string{"biz-status": "0"},
			typ:    thrift.Exception, body: exception("out of order"),
			part: "out of order",
		},
		{
			name:   "a status that is no number",
			header: map[string]string{"biz-status": "many"},
			typ:    thrift.Reply, body: empty,
			part: "biz-status",
		},
		{
			name:   "an extra that is no object of strings",
			header: map[string]string{"biz-status": "1", "biz-extra": `["item"]`},
			typ:    thrift.Reply, body: empty,
			part: "biz-extra",
		},
		{
			name: "an empty reply without a business error",
			typ:  thrift.Reply, body: empty,
			part: "missing result",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			addr := serveKitex(t, func(call kitexFrame) kitexFrame {
				reply := kitexFrame{framed: call.framed, typ: tt.typ, name: call.name, seq: call.seq, body: tt.body}
				reply.EncodeParam = ttheader.EncodeParam{Flags: call.Flags, SeqID: call.SeqID, StrInfo: maps.Clone(tt.header)}
				return reply
			})
			got, err := newClient(t, addr).TestString(t.Context(), "ask")
			var biz *volothrift.BizError
			isBiz := errors.As(err, &biz)
			switch {
			case tt.want != nil && (!isBiz || !reflect.DeepEqual(biz, tt.want)):
				t.Errorf("got %#v, want %#v", err, tt.want)
			case tt.want == nil && (isBiz || !saysError(err, tt.part)):
				t.Errorf("got %v, want an error about %q", err, tt.part)
			case err == nil && got != "done":
				t.Errorf("got %q, want done", got)
			}
		})
	}
}

// refuser fails every method that it overrides with a business error.
type refuser struct{ handler }

var noStock = &volothrift.BizError{Status: 1001, Message: "no stock", Extra: map[string]string{"item": "7"}}

func (refuser) TestVoid(context.Context) error { return noStock }

func (refuser) TestMultiException(context.Context, string, string) (*ours.Xtruct, error) {
	return &ours.Xtruct{StringThing: "not to be seen"}, noStock
}

func TestOurBusinessErrorsAreKitexs(t *testing.T) {
	conn, r := dialKitex(t, start(t, nil, thrifttestthrift.NewThriftTestService(&refuser{})))
	for i, tt := range []struct {
		method string
		args   []byte
	}{
		{"testVoid", []byte{byte(thrift.STOP)}},
		{"testMultiException", body(1, "Xception")},
	} {
		call := kitexFrame{EncodeParam: ttheader.EncodeParam{SeqID: int32(i)}, typ: thrift.Call, name: tt.method, seq: int32(i), body: tt.args}
		if _, err := conn.Write(call.bytes(t)); err != nil {
			t.Fatal(err)
		}
		reply, err := readKitexFrame(t, r)
		if err != nil {
			t.Fatal(err)
		}
		if reply.typ != thrift.Reply || len(reply.body) != 1 || reply.body[0] != byte(thrift.STOP) {
			t.Errorf("%s: got %v with % x, want an empty reply", tt.method, reply.typ, reply.body)
		}
		want := map[string]string{"biz-status": "1001", "biz-message": "no stock", "biz-extra": `{"item":"7"}`}
		if !maps.Equal(reply.StrInfo, want) {
			t.Errorf("%s: got %v, want %v", tt.method, reply.StrInfo, want)
		}
	}
}

// Apache's protocols have no place for a business error; it arrives as an
// exception that says the same in words.
func TestABusinessErrorReachesApacheInWords(t *testing.T) {
	for _, tt := range framings {
		t.Run(tt.name, func(t *testing.T) {
			c := theirs.NewThriftTestClient(dialApache(t, start(t, nil, thrifttestthrift.NewThriftTestService(&refuser{})), tt.framed))
			_, err := c.TestMultiException(t.Context(), "", "")
			var e apache.TApplicationException
			if !errors.As(err, &e) || e.TypeId() != apache.INTERNAL_ERROR || !strings.Contains(e.Error(), "1001") || !strings.Contains(e.Error(), "no stock") {
				t.Errorf("got %v, want INTERNAL_ERROR with what is wrong", err)
			}
		})
	}
}
