package vologrpc

import (
	"encoding/json"
	"errors"
	"strconv"

	"github.com/volo-go/volo/volo-grpc/internal/http2"
)

// A BizError is a failure of the business, not of the call: the peer ran the
// method and says no. Handlers return it; a client's [*Error] wraps it, with
// the code INTERNAL. It travels in trailers as Kitex sends it; peers that do
// not know of it see the status.
type BizError struct {
	Status  int32 // not 0
	Message string
	Extra   map[string]string // nil for none
}

// Error returns the status and the message.
func (e *BizError) Error() string {
	return "biz error " + strconv.Itoa(int(e.Status)) + ": " + e.Message
}

// bizOf finds the business error in what a handler returned.
func bizOf(err error) (*BizError, bool) {
	var biz *BizError
	ok := errors.As(err, &biz) && biz.Status != 0
	return biz, ok
}

// appendTo appends what tells of e beside the status.
func (e *BizError) appendTo(fields []http2.Field) []http2.Field {
	fields = append(fields, http2.Field{Name: "biz-status", Value: strconv.Itoa(int(e.Status))})
	if len(e.Extra) == 0 {
		return fields
	}
	extra, err := json.Marshal(e.Extra)
	if err != nil || !sendable(string(extra)) {
		return fields // a map of strings always has a JSON form, which escapes controls
	}
	return append(fields, http2.Field{Name: "biz-extra", Value: string(extra)})
}

// parseBizError reads the trailers of a status; nil if they tell of none.
func parseBizError(fields []http2.Field, message string) *BizError {
	e := &BizError{Message: message}
	for _, f := range fields {
		switch f.Name {
		case "biz-status":
			n, err := strconv.ParseInt(f.Value, 10, 32)
			if err != nil {
				return nil
			}
			e.Status = int32(n)
		case "biz-extra":
			if json.Unmarshal([]byte(f.Value), &e.Extra) != nil {
				e.Extra = nil // the status is worth more
			}
		}
	}
	if e.Status == 0 {
		return nil
	}
	return e
}
