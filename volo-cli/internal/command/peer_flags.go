package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/volo-go/volo/pilota/report"
	"github.com/volo-go/volo/volo-cli/internal/invoke"
)

// peerFlags are what `volo call` and `volo bench` have in common: whom to call,
// how, and with what beside the message.
type peerFlags struct {
	env      *Env
	config   invoke.Config
	protocol string
	tls      bool
	trust    invoke.TLS
	timeout  time.Duration

	headers, persistent, transient []string
}

func (p *peerFlags) register(cmd *cobra.Command) {
	c, f := &p.config, cmd.Flags()
	f.StringArrayVar(&c.IDLs, "idl", nil, "`FILE` that describes the service: .thrift, .proto, or an encoded FileDescriptorSet (default: ask the server by gRPC reflection)")
	f.StringArrayVarP(&c.IncludeDirs, "include", "i", nil, "look for includes and imports in `DIR`, too (default: what volo.yml has)")
	f.StringVar(&p.protocol, "protocol", "auto", "grpc, ttheader, ttheader-framed, framed, buffered; auto and thrift ask the server for its framing")
	f.StringArrayVarP(&p.headers, "header", "H", nil, "send metadata over gRPC, `'KEY: VALUE'`; in base64 if the key ends in -bin")
	f.StringArrayVar(&p.persistent, "persistent", nil, "send metadata to all services down the line, `KEY=VALUE`")
	f.StringArrayVar(&p.transient, "transient", nil, "send metadata to this service only, `KEY=VALUE`")
	f.DurationVar(&p.timeout, "timeout", 0, "give up a call after `DURATION`")
	f.DurationVar(&c.ConnectTimeout, "connect-timeout", 0, "give up a connection after `DURATION`")
	f.BoolVar(&p.tls, "tls", false, "encrypt; the flags below that begin with tls- imply it")
	f.StringVar(&p.trust.CA, "tls-ca", "", "trust the authorities in `FILE` (PEM) instead of the system's")
	f.StringVar(&p.trust.Cert, "tls-cert", "", "show the certificate in `FILE` (PEM)")
	f.StringVar(&p.trust.Key, "tls-key", "", "the key of the certificate is in `FILE` (PEM)")
	f.StringVar(&p.trust.ServerName, "tls-server-name", "", "expect a certificate for `NAME`")
	f.BoolVar(&p.trust.Insecure, "tls-insecure", false, "trust any certificate")
	f.StringVar(&c.Authority, "authority", "", "name the server so over gRPC (`HOST`)")
	f.StringVar(&c.Compression, "compress", "", "compress requests over gRPC: `gzip` or deflate")
	f.IntVar(&c.MaxSize, "max-size", 0, "accept messages up to so many `BYTES`")
	f.BoolVar(&c.Bare, "bare", false, "the JSON is the only argument of a Thrift method, not an object around it")
	f.BoolVar(&c.Mux, "mux", false, "let calls over TTHeader share connections, if the server answers them in any order")
	f.BoolVar(&c.IgnoreUnknown, "ignore-unknown", false, "skip what the JSON has and the IDL lacks")
}

// open prepares to call target, which may be "".
func (p *peerFlags) open(ctx context.Context, target string) (*invoke.Peer, error) {
	var err error
	if p.config.Protocol, err = invoke.ParseProtocol(p.protocol); err != nil {
		return nil, &usageError{err}
	}
	c := p.config
	switch {
	case p.timeout < 0 || c.ConnectTimeout < 0 || c.MaxSize < 0 || c.Connections < 0:
		return nil, usagef("--timeout, --connect-timeout, --max-size and --connections cannot be negative")
	case !slices.Contains([]string{"", "gzip", "deflate"}, c.Compression):
		return nil, usagef("--compress is gzip or deflate, not %q", c.Compression)
	}
	c.Target = target
	if len(c.IDLs) > 0 {
		c.IncludeDirs = p.env.includeDirs(c.IncludeDirs)
	}
	if c.Metadata, err = pairs("--header", p.headers, ":"); err != nil {
		return nil, err
	}
	c.ReadFile = func(name string) ([]byte, error) { return os.ReadFile(p.env.abs(filepath.FromSlash(name))) }
	if p.encrypted() {
		c.TLS = &p.trust
	}
	peer, err := invoke.Open(ctx, c)
	if wrong, ok := errors.AsType[*invoke.TargetError](err); ok {
		return nil, &usageError{wrong}
	}
	return peer, err
}

// encrypted reports whether the flags ask for TLS.
func (p *peerFlags) encrypted() bool { return p.tls || p.trust != (invoke.TLS{}) }

// call returns what the flags say about a call.
func (p *peerFlags) call() (c invoke.Call, err error) {
	c.Timeout = p.timeout
	if c.Metadata, err = pairs("--header", p.headers, ":"); err != nil {
		return c, err
	}
	if c.Persistent, err = pairs("--persistent", p.persistent, "="); err != nil {
		return c, err
	}
	c.Transient, err = pairs("--transient", p.transient, "=")
	return c, err
}

func pairs(flag string, texts []string, between string) (all []invoke.Pair, err error) {
	for _, text := range texts {
		key, value, ok := strings.Cut(text, between)
		if key = strings.TrimSpace(key); !ok || key == "" {
			return nil, usagef("%s %q: want KEY%sVALUE", flag, text, between)
		}
		all = append(all, invoke.Pair{Key: key, Value: strings.TrimSpace(value)})
	}
	return all, nil
}

// input returns the JSON of an argument: itself, @file, or - for the standard
// input.
func (e *Env) input(arg string) (func() ([]byte, error), error) {
	switch {
	case arg == "-":
		in := e.Stdin
		if in == nil {
			in = strings.NewReader("")
		}
		return invoke.Read(in), nil
	case strings.HasPrefix(arg, "@"):
		text, err := os.ReadFile(e.abs(arg[1:]))
		if err != nil {
			return nil, err
		}
		return invoke.Read(strings.NewReader(string(text))), nil
	}
	return invoke.Read(strings.NewReader(arg)), nil
}

// all returns everything that next does.
func all(next func() ([]byte, error)) (texts [][]byte, err error) {
	for {
		text, err := next()
		if err == io.EOF {
			return texts, nil
		}
		if err != nil {
			return nil, err
		}
		texts = append(texts, text)
	}
}

// said shows diagnostics, if err holds some.
func (e *Env) said(err error) error {
	var list report.List
	if errors.As(err, &list) {
		return e.diagnose(list)
	}
	return err
}

// complete completes METHOD, the second argument, and the words that may stand
// in its place.
func (p *peerFlags) complete(words ...string) cobra.CompletionFunc {
	return func(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
		if len(args) != 1 {
			return nil, cobra.ShellCompDirectiveDefault
		}
		ctx, cancel := context.WithTimeout(cmd.Context(), 2*time.Second)
		defer cancel()
		peer, err := p.open(ctx, args[0])
		if err != nil {
			return words, cobra.ShellCompDirectiveNoFileComp
		}
		defer peer.Close()
		found := words
		services, _ := peer.Services(ctx)
		for _, name := range services {
			if s, err := peer.Service(ctx, name); err == nil {
				for _, m := range s.Methods {
					found = append(found, fmt.Sprintf("%s\t%s", m.FullName(), m.Signature))
				}
			}
		}
		return found, cobra.ShellCompDirectiveNoFileComp
	}
}
