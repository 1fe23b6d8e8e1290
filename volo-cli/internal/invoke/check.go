package invoke

import (
	"bytes"
	"context"
	"errors"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/volo-go/volo/pilota/thrift/dynamic"
)

// A Fault is what is wrong with JSON, and where.
type Fault struct {
	Message string `json:"message"`
	// Line and Column count from 1, columns in characters. They are 0 if the
	// fault is something that the text lacks.
	Line   int    `json:"line,omitempty"`
	Column int    `json:"column,omitempty"`
	Path   string `json:"path,omitempty"` // in terms of the IDL, where it is known
}

// Check looks whether text is a request of m, or one of those it streams,
// without sending it. It returns nil if it is.
func (p *Peer) Check(ctx context.Context, m *Method, text []byte) *Fault {
	var err error
	if raw, ok := m.raw.(thriftMethod); ok {
		_, err = p.encodeThrift(raw.method, text)
	} else {
		call := &grpcCall{peer: p, method: grpcMethod(m), types: resolver{ctx, p.source}}
		_, err = call.parse(text)
	}
	if err == nil {
		return nil
	}
	return p.fault(m, text, err)
}

// position is where protojson says that something is wrong; mark is how its
// messages begin, with a space that is sometimes another.
var (
	position = regexp.MustCompile(` ?\(line (\d+):(\d+)\):?`)
	mark     = regexp.MustCompile(`^proto:[ \x{a0}]`)
)

func (p *Peer) fault(m *Method, text []byte, err error) *Fault {
	f := &Fault{Message: err.Error()}
	var input *InputError
	if errors.As(err, &input) {
		f.Message = input.Err.Error()
	}
	var syntax *dynamic.SyntaxError
	var value *dynamic.TextError
	offset := -1
	switch {
	case errors.As(err, &syntax):
		offset, f.Message = syntax.Offset, syntax.Reason
	case errors.As(err, &value):
		offset, f.Message, f.Path = value.Offset, value.Err.Error(), value.Path()
	default:
		f.Message = mark.ReplaceAllString(f.Message, "")
		if at := position.FindStringSubmatchIndex(f.Message); at != nil {
			f.Line, _ = strconv.Atoi(f.Message[at[2]:at[3]])
			f.Column, _ = strconv.Atoi(f.Message[at[4]:at[5]])
			f.Message = strings.TrimSpace(f.Message[:at[0]] + f.Message[at[1]:])
		}
		return f
	}
	if raw, ok := m.raw.(thriftMethod); ok && p.config.Bare && len(raw.method.Arguments.Fields) == 1 {
		offset -= len(`{"":`) + len(raw.method.Arguments.Fields[0].Name) // what stands before a bare argument
	}
	if offset >= 0 {
		before := text[:min(offset, len(text))]
		f.Line = bytes.Count(before, []byte("\n")) + 1
		f.Column = utf8.RuneCount(before[bytes.LastIndexByte(before, '\n')+1:]) + 1
	}
	return f
}
