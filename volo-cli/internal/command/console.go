package command

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"os/exec"
	"runtime"
	"slices"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/volo-go/volo/volo-cli/internal/console"
	"github.com/volo-go/volo/volo-cli/internal/invoke"
)

// consoleCommand is `volo console`.
type consoleCommand struct {
	env    *Env
	peer   peerFlags
	listen string
	show   bool // --open
}

func newConsole(env *Env) *cobra.Command {
	c := &consoleCommand{env: env, peer: peerFlags{env: env}}
	cmd := &cobra.Command{
		Use:   "console [<target>]",
		Short: "Look at any service of Thrift or gRPC, and call it, in a browser",
		Long: `Console serves a page for browsers, and prints where: on it one looks at services
and types, fills in a form or JSON, calls, and converses in streams. Target and
IDL are those of ` + "`volo call`" + `; without a target there is only to look.

The page is for whoever has its URL, on this machine: it is served on the
loopback interface unless --listen says otherwise, and wants the token in the
URL, which is new with each start. Everything in it is in this program; nothing
comes from elsewhere.

The page remembers calls in the browser, under its address: a fixed port with
--listen keeps them from one start to the next. Values of metadata that look
like secrets are not remembered.`,
		Example: `  volo console 127.0.0.1:9090
  volo console --idl shop.thrift 127.0.0.1:8888 --open
  volo console --tls shop.example:443 -H 'authorization: Bearer x'
  volo console --idl shop.proto --listen 127.0.0.1:7070`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 1 {
				return usagef("unexpected argument %q after <target>", args[1])
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			return c.run(cmd.Context(), append(args, "")[0], c.command(cmd.Flags(), args))
		},
		ValidArgsFunction: cobra.NoFileCompletions,
	}
	c.peer.register(cmd)
	f := cmd.Flags()
	f.Lookup("timeout").Usage += " (default 30s; none for streams), unless the page says otherwise"
	f.BoolVar(&c.peer.config.Defaults, "defaults", false, "show fields that are not set, too")
	f.StringVar(&c.listen, "listen", "127.0.0.1:0", "serve the page on `HOST:PORT`")
	f.BoolVar(&c.show, "open", false, "open the page in a browser")
	return cmd
}

// command returns the beginning of `volo call` for the same peer. What the page
// shows and lets its user change is left out.
func (c *consoleCommand) command(flags *pflag.FlagSet, args []string) []string {
	words := []string{"volo", "call"}
	changeable := []string{"listen", "open", "header", "persistent", "transient", "timeout"}
	flags.Visit(func(f *pflag.Flag) {
		if slices.Contains(changeable, f.Name) {
			return
		}
		if all, ok := f.Value.(pflag.SliceValue); ok {
			for _, value := range all.GetSlice() {
				words = append(words, "--"+f.Name, value)
			}
			return
		}
		if f.Value.Type() == "bool" && f.Value.String() == "true" {
			words = append(words, "--"+f.Name)
			return
		}
		words = append(words, "--"+f.Name+"="+f.Value.String())
	})
	return append(words, args...)
}

func (c *consoleCommand) run(ctx context.Context, target string, words []string) error {
	what, err := c.peer.call()
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", c.listen)
	if err != nil {
		return fmt.Errorf("--listen: %w", err)
	}
	page := console.New(console.Config{
		Open:   func(ctx context.Context) (*invoke.Peer, error) { return c.peer.open(ctx, target) },
		Target: target, Command: words, Call: what,
		MaxBody: int64(c.peer.config.MaxSize) * 2, // JSON is longer than what it stands for
	})
	// What is wrong with the IDL or the command line is told here, as others
	// tell it. A server that does not answer may do so later.
	ask, cancel := context.WithTimeout(ctx, cmp.Or(c.peer.timeout, patience))
	err = page.Open(ask)
	cancel()
	if err = c.env.said(err); err != nil {
		var usage *usageError
		var nobody *invoke.Peer
		if errors.As(err, &usage) || errors.Is(err, errSaid) || nobody.Explain(ctx, err).Kind == invoke.Local {
			return errors.Join(err, l.Close(), page.Close())
		}
		fmt.Fprintf(c.env.Stderr, "volo console: %v\n", err)
	}
	return c.serve(ctx, page, l)
}

func (c *consoleCommand) serve(ctx context.Context, page *console.Console, l net.Listener) error {
	if tcp, ok := l.Addr().(*net.TCPAddr); ok && !tcp.IP.IsLoopback() {
		fmt.Fprintf(c.env.Stderr, "volo console: %s can be reached from other machines; who has the URL can make calls from here, and nothing on the way is encrypted\n", l.Addr())
	}
	url := page.URL(l.Addr())
	fmt.Fprintln(c.env.Stdout, url)
	if c.show {
		if err := browse(url); err != nil {
			fmt.Fprintf(c.env.Stderr, "volo console: --open: %v\n", err)
		}
	}
	return page.Serve(ctx, l)
}

// browse opens a page in the user's browser.
func browse(url string) error {
	name, args := "xdg-open", []string{url}
	switch runtime.GOOS {
	case "darwin":
		name = "open"
	case "windows":
		name, args = "rundll32", []string{"url.dll,FileProtocolHandler", url}
	}
	cmd := exec.Command(name, args...) // which may go on for as long as the browser
	if err := cmd.Start(); err != nil {
		return err
	}
	return cmd.Process.Release()
}
