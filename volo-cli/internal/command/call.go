package command

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/volo-go/volo/volo-cli/internal/invoke"
)

// call is `volo call`.
type call struct {
	name    string // of the command
	env     *Env
	peer    peerFlags
	verbose bool
	machine bool // --json
}

// patience is how long a call may take, and asking what there is, if the user
// does not say.
const patience = 30 * time.Second

func newCall(env *Env) *cobra.Command {
	c := &call{name: "call", env: env, peer: peerFlags{env: env}}
	cmd := &cobra.Command{
		Use:   "call [<target>] list|describe|<service/method> [<json>|@<file>|-]",
		Short: "Call any service of Thrift or gRPC, JSON in and out",
		Long: `Call calls a method of any server of Thrift or gRPC, of whatever framework, and
prints what it answers as JSON. What the messages look like comes from IDL files
(--idl) or, over gRPC, from the server itself by reflection.

The target is host:port, unix:PATH, several addresses with commas between them,
dns:///name:port, or file:PATH#NAME, a file of instances.

  list [SERVICE]     shows services, or the methods of one
  describe [NAME]    shows a service, a method or a type, with JSON to begin with
  SERVICE/METHOD     calls; the service may be left away if the method is in one

Of the arguments of a Thrift method the JSON is an object, by their names. A
method that streams takes values one after the other, as they come, if they come
from the standard input. Answers are printed one by one as they arrive.

Exit codes: 0 it worked; 1 the request or the IDL is wrong; 2 the command line
is; 3 a declared exception; 4 a business error; 5 a gRPC status or an undeclared
exception; 6 no answer: not connected, lost, too late.`,
		Example: `  volo call --idl shop.thrift 127.0.0.1:8888 list
  volo call --idl shop.thrift 127.0.0.1:8888 describe Shop/GetItem
  volo call --idl shop.thrift 127.0.0.1:8888 Shop/GetItem '{"request": {"id": 7}}'
  volo call 127.0.0.1:9090 shop.v1.Items/GetItem '{"id": "7"}' -H 'authorization: Bearer x' -v
  printf '{"n": 1}\n{"n": 2}\n' | volo call --tls shop.example:443 Items/Upload -
  volo call --idl shop.proto describe shop.v1.Item`,
		Args: func(_ *cobra.Command, args []string) error {
			switch {
			case len(args) == 0:
				return usagef("missing <target> and <service/method>")
			case len(args) > 3:
				return usagef("unexpected argument %q", args[3])
			}
			return nil
		},
		RunE:              func(cmd *cobra.Command, args []string) error { return c.run(cmd.Context(), args) },
		ValidArgsFunction: c.peer.complete("list", "describe"),
	}
	f := cmd.Flags()
	c.peer.register(cmd)
	f.Lookup("timeout").Usage += " (default 30s; none for streams)"
	f.BoolVar(&c.peer.config.Defaults, "defaults", false, "print fields that are not set, too")
	f.BoolVarP(&c.verbose, "verbose", "v", false, "print metadata, trailers and times to the standard error")
	f.BoolVar(&c.machine, "json", false, "print everything as one object of JSON a line, for scripts")
	return cmd
}

func (c *call) run(ctx context.Context, args []string) error {
	target := args[0]
	if words := args[0] == "list" || args[0] == "describe"; words && len(c.peer.config.IDLs) > 0 {
		target = "" // to look at an IDL takes no server
	} else if args = args[1:]; len(args) == 0 {
		return usagef("missing <service/method>; `volo call %s list` shows what there is", target)
	}
	ask, cancel := context.WithTimeout(ctx, cmp.Or(c.peer.timeout, patience))
	defer cancel()
	peer, err := c.peer.open(ask, target)
	var usage *usageError
	if err = c.env.said(err); errors.As(err, &usage) || errors.Is(err, errSaid) {
		return err
	}
	if err != nil {
		return c.fail(ctx, nil, nil, err)
	}
	defer peer.Close()
	arg := append(args, "")[1]
	switch {
	case args[0] == "list":
		err = c.list(ask, peer, arg)
	case args[0] == "describe":
		err = c.describe(ask, peer, arg)
	case target == "":
		return usagef("unexpected argument %q", args[0])
	default:
		return c.call(ctx, peer, args)
	}
	return c.fail(ctx, peer, nil, err)
}

// list shows services, or the methods of one.
func (c *call) list(ctx context.Context, peer *invoke.Peer, service string) error {
	if service == "" {
		names, err := peer.Services(ctx)
		if err != nil {
			return err
		}
		if c.machine {
			return c.object(map[string][]string{"services": names})
		}
		for _, name := range names {
			fmt.Fprintln(c.env.Stdout, name)
		}
		return nil
	}
	s, err := peer.Service(ctx, service)
	if err != nil {
		return err
	}
	if c.machine {
		return c.object(s)
	}
	for _, m := range s.Methods {
		fmt.Fprintln(c.env.Stdout, m.FullName())
	}
	return nil
}

// describe shows what is known of a name, of all services without one.
func (c *call) describe(ctx context.Context, peer *invoke.Peer, name string) error {
	names := []string{name}
	if name == "" {
		var err error
		if names, err = peer.Services(ctx); err != nil {
			return err
		}
	}
	for i, name := range names {
		d, err := peer.Describe(ctx, name)
		if err != nil {
			return err
		}
		if c.machine {
			if err := c.object(d); err != nil {
				return err
			}
			continue
		}
		if i > 0 {
			fmt.Fprintln(c.env.Stdout)
		}
		fmt.Fprint(c.env.Stdout, d.Text)
		if d.Template != nil {
			fmt.Fprintf(c.env.Stdout, "\n%s\n", d.Template)
		}
	}
	return nil
}

// call makes the call.
func (c *call) call(ctx context.Context, peer *invoke.Peer, args []string) error {
	m, err := peer.Method(ctx, args[0])
	if err != nil {
		return c.fail(ctx, peer, nil, err)
	}
	what, err := c.peer.call()
	if err != nil {
		return err
	}
	if len(args) > 1 {
		if what.Next, err = c.env.input(args[1]); err != nil {
			return err
		}
	}
	if !m.ClientStreams && !m.ServerStreams {
		what.Timeout = cmp.Or(what.Timeout, patience)
	}
	what.Receive = c.show
	if c.verbose && !c.machine {
		fmt.Fprintf(c.env.Stderr, "> %s over %s\n", m.FullName(), peer.Protocol())
		what.Header = func(h []invoke.Pair) { c.pairs("< ", "", h) }
	}
	reply, err := peer.Call(ctx, m, what)
	if c.verbose && !c.machine {
		c.aside(reply)
	}
	if err == nil && c.machine {
		return c.object(map[string]any{"reply": reply})
	}
	return c.fail(ctx, peer, reply, err)
}

// show prints an answer.
func (c *call) show(text []byte) error {
	if c.machine {
		return c.object(map[string]json.RawMessage{"message": text})
	}
	var out bytes.Buffer
	if err := json.Indent(&out, text, "", "  "); err != nil {
		return err
	}
	out.WriteByte('\n')
	_, err := out.WriteTo(c.env.Stdout)
	return err
}

// object prints one line of JSON.
func (c *call) object(v any) error {
	e := json.NewEncoder(c.env.Stdout)
	e.SetEscapeHTML(false)
	return e.Encode(v)
}

// aside prints what came beside the answers.
func (c *call) aside(r *invoke.Reply) {
	c.pairs("< ", "trailer ", r.Trailer)
	c.pairs("< ", "backward ", r.Backward)
	t := &r.Timing
	fmt.Fprintf(c.env.Stderr, "< %s out, %s in", plural(r.Sent, "message"), plural(r.Received, "message"))
	if t.SentBytes > 0 && t.ReceivedBytes > 0 {
		fmt.Fprintf(c.env.Stderr, " (%d and %d bytes)", t.SentBytes, t.ReceivedBytes)
	}
	if r.Peer != "" {
		fmt.Fprintf(c.env.Stderr, ", from %s", r.Peer)
	}
	fmt.Fprintf(c.env.Stderr, "\n< %s in all", short(t.Total))
	for _, phase := range []struct {
		name string
		d    time.Duration
	}{{"to connect and encode", t.Encode}, {"to write", t.Write}, {"until the answer", t.Wait}, {"to decode", t.Decode}} {
		if phase.d > 0 {
			fmt.Fprintf(c.env.Stderr, ", %s %s", short(phase.d), phase.name)
		}
	}
	fmt.Fprintln(c.env.Stderr)
}

func (c *call) pairs(mark, what string, pairs []invoke.Pair) {
	for _, p := range pairs {
		fmt.Fprintf(c.env.Stderr, "%s%s%s: %s\n", mark, what, p.Key, c.env.harmless(p.Value))
	}
}

// short returns a duration with three digits or so.
func short(d time.Duration) string {
	for unit := time.Duration(1); unit < time.Hour; unit *= 10 {
		if d < 1000*unit {
			return d.Round(unit).String()
		}
	}
	return d.String()
}

// fail tells people or scripts why a call has failed, and returns the exit
// code that belongs to it.
func (c *call) fail(ctx context.Context, peer *invoke.Peer, reply *invoke.Reply, err error) error {
	if err == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
	defer cancel()
	f := peer.Explain(ctx, err)
	if f.Kind == invoke.Transport && f.Hint == "" && !c.peer.encrypted() {
		if f.Hint = invoke.Encrypted(ctx, err); f.Hint == "" {
			f.Hint = peer.Guessed(err)
		}
	}
	if c.machine {
		if err := c.object(struct {
			Reply *invoke.Reply   `json:"reply,omitempty"`
			Error *invoke.Failure `json:"error"`
		}{reply, f}); err != nil {
			return err
		}
	} else {
		c.env.explain(c.name, f)
	}
	return &codedError{exitCode(f.Kind)}
}
