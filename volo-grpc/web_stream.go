package vologrpc

import (
	"time"

	"github.com/volo-go/volo/volo-grpc/internal/http2"
)

// A webStream carries a call of gRPC-Web on our own HTTP/2.
type webStream struct {
	st   *http2.ServerStream
	form *webForm // of the answer
	cors admission

	patience time.Duration // of the status with a peer that grants no window
	broken   bool          // a part of the body may be missing
}

func (w *webStream) recv(until http2.Bound) (http2.Message, error) { return w.st.Recv(until) }

func (w *webStream) onEnd(f func(error)) { w.st.OnEnd(f) }

func (w *webStream) send(begins bool, head []http2.Field, body []byte, until http2.Bound) error {
	block, fields := w.head(begins, head)
	buf := scratches.Get().(*scratch)
	defer buf.release()
	err := w.st.Send(block, fields, w.form.body(body, nil, buf), true, until)
	w.broken = w.broken || err != nil
	return err
}

func (w *webStream) finish(begins bool, head []http2.Field, body []byte, trailer []http2.Field) {
	if w.broken {
		w.st.Reset(http2.Cancel)
		return
	}
	block, fields := w.head(begins, head)
	buf := scratches.Get().(*scratch)
	defer buf.release()
	w.st.FinishData(block, fields, w.form.body(body, trailer, buf), http2.Bound{Deadline: time.Now().Add(w.patience)})
}

// head returns the head of an answer that begins.
func (w *webStream) head(begins bool, fields []http2.Field) (*http2.Block, []http2.Field) {
	if !begins {
		return nil, nil
	}
	return w.form.head, w.cors.appendTo(fields)
}
