package invoke

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net"
	"strings"
	"syscall"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/types/known/anypb"

	"github.com/volo-go/volo/motore/rpc"
	"github.com/volo-go/volo/pilota/thrift"
	vologrpc "github.com/volo-go/volo/volo-grpc"
	volothrift "github.com/volo-go/volo/volo-thrift"
	"github.com/volo-go/volo/volo-thrift/generic"
)

// A Kind says who is at fault.
type Kind string

// The kinds.
const (
	Local     Kind = "local"     // nothing was sent: the request, the IDL, the command
	Exception Kind = "exception" // the method has thrown an exception that it declares
	Business  Kind = "business"  // the method has said no, by a business error
	Status    Kind = "status"    // the server has answered with a status that is not OK, or an undeclared exception
	Transport Kind = "transport" // there was no answer: not connected, lost, or too late
)

// A Failure is an error as people and scripts want to be told of it.
type Failure struct {
	Kind    Kind   `json:"kind"`
	Code    int32  `json:"code"` // of the status, the exception or the business error
	Name    string `json:"name"` // of the code or of the declared exception
	Message string `json:"message"`
	Hint    string `json:"hint,omitempty"` // what to do, if that can be told
	// Value is the declared exception.
	Value json.RawMessage `json:"value,omitempty"`
	// Details are those of the status of gRPC.
	Details []json.RawMessage `json:"details,omitempty"`
	Extra   map[string]string `json:"extra,omitempty"` // of a business error
}

// Explain says what an error of Open, Call and all else means. It may ask the
// server for the types of details. A nil Peer knows of no types.
func (p *Peer) Explain(ctx context.Context, err error) *Failure {
	f := p.explain(ctx, err)
	f.Hint = hint(err)
	return f
}

// Guessed returns a hint if err is that of a server which is there but does not
// speak HTTP/2, and that it does was only guessed, for want of an IDL; ""
// otherwise. A server that speaks TLS is one such: ask [Encrypted] first.
func (p *Peer) Guessed(err error) string {
	var status *vologrpc.Error
	if p == nil || len(p.config.IDLs) > 0 || p.config.Protocol == GRPC || !errors.As(err, &status) {
		return ""
	}
	dial, isNet := errors.AsType[*net.OpError](err)
	if status.Phase != vologrpc.PhaseDial || isNet && dial.Op == "dial" {
		return ""
	}
	return "if it is a server of Thrift, name its IDL with --idl"
}

func (p *Peer) explain(ctx context.Context, err error) *Failure {
	var exception *generic.Exception
	if errors.As(err, &exception) {
		f := &Failure{Kind: Exception, Name: exception.Type.FullName(), Message: exception.Error()}
		if text, err := exception.JSON(p.values()); err == nil {
			f.Value = text
		}
		return f
	}
	var thriftBiz *volothrift.BizError
	if errors.As(err, &thriftBiz) {
		return &Failure{Kind: Business, Code: thriftBiz.Status, Message: thriftBiz.Message, Extra: thriftBiz.Extra}
	}
	var status *vologrpc.Error
	if errors.As(err, &status) {
		return p.explainStatus(ctx, status)
	}
	var failed *volothrift.Error
	if errors.As(err, &failed) {
		f := explainThrift(failed)
		var away *unreachableError
		if errors.As(err, &away) {
			f.Message = away.Error()
		}
		return f
	}
	var silent *SilentError
	if errors.As(err, &silent) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		return &Failure{Kind: Transport, Message: err.Error()}
	}
	return &Failure{Kind: Local, Message: err.Error()}
}

// hint says what to do about an error that there is one thing to do about.
func hint(err error) string {
	var (
		name      *net.DNSError
		plain     tls.RecordHeaderError
		authority x509.UnknownAuthorityError
		host      x509.HostnameError
	)
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return "nothing listens there: is the server running, and is that its port?"
	case errors.As(err, &name) && name.IsNotFound:
		return "check the name, or give the address of an instance"
	case errors.As(err, &plain):
		return "the server does not speak TLS on that port: leave out --tls"
	case errors.As(err, &authority):
		return "name the authority of its certificate with --tls-ca, or trust anybody with --tls-insecure"
	case errors.As(err, &host):
		return "say with --tls-server-name whose certificate is right"
	}
	return ""
}

// flags puts the names of flags for those of the frameworks' options.
var flags = strings.NewReplacer("WithMaxReceiveSize", "--max-size", "WithMaxSendSize", "--max-size", "WithMaxMessageSize", "--max-size")

// Encrypted returns a hint if a call without TLS has failed because the server
// speaks it, which it is asked for; "" otherwise, and if the server was only too
// slow: one that wants TLS hangs up on who does not speak it.
func Encrypted(ctx context.Context, err error) string {
	var (
		grpc   *vologrpc.Error
		failed *volothrift.Error
		silent *SilentError
		at     rpc.Address
	)
	switch {
	case errors.As(err, &grpc):
		at = grpc.Address
	case errors.As(err, &failed):
		at = failed.Address
	case errors.As(err, &silent):
		at, _ = rpc.ParseAddress(silent.Target)
	}
	if at.IsZero() || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		return ""
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	d := tls.Dialer{Config: &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"h2"}}} // nothing is sent
	network, address := at.Dial()
	conn, err := d.DialContext(ctx, network, address)
	if err == nil {
		_ = conn.Close()
	} else if e, ok := errors.AsType[*net.OpError](err); !ok || e.Op != "remote error" { // an alert of TLS
		return ""
	}
	return "the server speaks TLS on that port: add --tls"
}

func explainThrift(e *volothrift.Error) *Failure {
	f := &Failure{Kind: Transport, Name: e.Phase.String(), Message: flags.Replace(e.Error())}
	var exception *thrift.ApplicationException
	switch {
	case e.Phase == volothrift.PhaseEncode:
		f.Kind = Local
	case errors.As(e.Err, &exception):
		f.Kind, f.Code, f.Name, f.Message = Status, int32(exception.Type), exception.Type.String(), exception.Message
	}
	return f
}

func (p *Peer) explainStatus(ctx context.Context, e *vologrpc.Error) *Failure {
	f := &Failure{Kind: Transport, Code: int32(e.Code), Name: e.Code.String(), Message: e.Message}
	var biz *vologrpc.BizError
	switch {
	case errors.As(e.Err, &biz):
		return &Failure{Kind: Business, Code: biz.Status, Message: biz.Message, Extra: biz.Extra}
	case e.Phase == vologrpc.PhaseRemote:
		f.Kind = Status
	case e.Phase == vologrpc.PhaseEncode:
		f.Kind = Local
	}
	if f.Message == "" {
		f.Message = e.Error()
	}
	if e.Phase != vologrpc.PhaseRemote {
		f.Message = flags.Replace(f.Message)
	}
	for _, d := range e.Details {
		f.Details = append(f.Details, p.detail(ctx, d))
	}
	return f
}

// detail returns a detail as JSON, in base64 if nobody knows its type.
func (p *Peer) detail(ctx context.Context, d *anypb.Any) json.RawMessage {
	if p != nil && p.source != nil {
		if text, err := (protojson.MarshalOptions{Resolver: resolver{ctx, p.source}}).Marshal(d); err == nil {
			return text
		}
	}
	text, _ := json.Marshal(map[string]string{"@type": d.TypeUrl, "base64": base64.StdEncoding.EncodeToString(d.Value)})
	return text
}
