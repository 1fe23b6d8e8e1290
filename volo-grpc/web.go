package vologrpc

import (
	"net/http"
	"strings"
	"time"

	"github.com/volo-go/volo/volo-grpc/internal/http2"
)

// Map of gRPC-Web (grpc/grpc, doc/PROTOCOL-WEB.md):
//
//	web.go         what it is: options, content-types, the junction of our HTTP/2
//	web_cors.go    whose pages may call
//	web_text.go    base64, the form for callers that cannot read bytes
//	web_frame.go   the trailers, which stand in the body
//	web_stream.go  calls on our own HTTP/2
//	web_http1.go   connections of HTTP/1.1 on our own listeners
//	handler.go     calls on net/http, which carries HTTP/1.1

// Web says whose pages may call a server; see [WithWeb]. The zero Web lets in
// those of the server's own origin, as browsers do anyway, and programs that
// are no browsers.
type Web struct {
	// Origins are those whose pages may call, as browsers write them: scheme,
	// host and the port if it is not the scheme's, "https://shop.example". "*"
	// is all, without Credentials.
	Origins []string
	// Allow, if it is not nil, is asked about the origins that are not in
	// Origins. It may be called concurrently.
	Allow func(origin string) bool
	// Credentials lets pages send cookies along, and client certificates.
	Credentials bool
	// MaxAge is how long a browser may remember that it may call. Zero stands
	// for 10 minutes.
	MaxAge time.Duration
}

// WithWeb serves gRPC-Web, for web pages, beside gRPC: in binary form and as
// text, on the same listeners, over HTTP/2 and HTTP/1.1. Layers and handlers
// see no difference, but for the metadata that browsers add. The default is not
// to.
//
// Pages of other origins than the server's may not call unless c lists them.
// It is browsers that see to that: they ask before they send a request of
// gRPC-Web, since no HTML form can make one. Authenticate callers all the same.
//
// Over HTTP/1.1 each message of a request has 30 s to arrive, and a second more
// for every 16 KiB.
func WithWeb(c Web) ServerOption {
	return serverOption(func(o *serverOptions) { o.web = &c })
}

// A web is a server's gRPC-Web; nil if it serves none.
type web struct {
	cors     cors
	http1    *http1
	patience time.Duration // with a peer that takes no bytes
}

func newWeb(s *Server, c *Web) *web {
	if c == nil {
		return nil
	}
	return &web{cors: newCORS(*c), http1: newHTTP1(s), patience: s.o.writeTimeout}
}

// A webForm is one of the content-types of gRPC-Web.
type webForm struct {
	text bool
	head *http2.Block // of answers
}

func newWebForm(contentType string, text bool) *webForm {
	return &webForm{text, &http2.Block{Fields: []http2.Field{
		{Name: ":status", Value: "200"}, {Name: "content-type", Value: contentType},
	}}}
}

// webForms are all that carry Protobuf.
var webForms = map[string]*webForm{
	"application/grpc-web":            newWebForm("application/grpc-web", false),
	"application/grpc-web+proto":      newWebForm("application/grpc-web+proto", false),
	"application/grpc-web-text":       newWebForm("application/grpc-web-text", true),
	"application/grpc-web-text+proto": newWebForm("application/grpc-web-text+proto", true),
}

// contentType returns what answers of this form have.
func (f *webForm) contentType() string { return f.head.Fields[1].Value }

// formOf returns the form that a content-type names, nil if none.
func formOf(contentType string) *webForm {
	contentType, _, _ = strings.Cut(contentType, ";")
	return webForms[strings.TrimSpace(contentType)]
}

// formOfAnswer returns the form of the answer to a request: the first that it
// accepts, else its own.
func formOfAnswer(request *webForm, accept string) *webForm {
	for part := range strings.SplitSeq(accept, ",") {
		if f := formOf(part); f != nil {
			return f
		}
	}
	return request
}

// formOf returns the form of a request, nil if it is not one of gRPC-Web
// that is served.
func (w *web) formOf(h *http2.RequestHead) *webForm {
	if w == nil || h.Method != http.MethodPost {
		return nil
	}
	return formOf(h.ContentType)
}

// fieldOf returns the value of the first field of a name.
func fieldOf(fields []http2.Field, name string) string {
	for _, f := range fields {
		if f.Name == name {
			return f.Value
		}
	}
	return ""
}

// beginWeb prepares a stream for a request of gRPC-Web. It reports whether that
// is what it is.
func (s *Server) beginWeb(st *http2.ServerStream) bool {
	form := s.web.formOf(&st.RequestHead)
	if form != nil && form.text {
		st.Unwrap = new(textDecoder).decode
	}
	return form != nil
}

// open opens the detour of a call of gRPC-Web on our own transport. A request
// that is none is answered; there is no detour then.
func (w *web) open(st *http2.ServerStream) *detour {
	form := w.formOf(&st.RequestHead)
	if form == nil {
		status, fields := w.refuse(&st.RequestHead)
		st.Finish(nil, nil, nil, status, fields, http2.Bound{})
		return nil
	}
	r, _ := st.Data.(*route)
	return &detour{
		carrier: &webStream{
			st:       st,
			form:     formOfAnswer(form, fieldOf(st.Fields, "accept")),
			cors:     w.cors.ofAnswer(fieldOf(st.Fields, "origin")),
			patience: w.patience,
		},
		head:  &st.RequestHead,
		route: r,
		conn:  st.Conn().Owner.(*serverConn),
		tls:   st.Conn().Transport().TLS(),
	}
}

// refuse returns the answer to what is neither gRPC nor gRPC-Web: to the
// question of a browser whether it may call, or that it makes no sense.
func (w *web) refuse(h *http2.RequestHead) (status *http2.Block, fields []http2.Field) {
	if w != nil && h.Method == http.MethodOptions && fieldOf(h.Fields, "access-control-request-method") != "" {
		return w.cors.preflight(h.Fields)
	}
	return refuseHTTP(h.Method), nil
}
