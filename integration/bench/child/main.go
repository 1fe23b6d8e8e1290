package child

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"regexp"
	"runtime/pprof"
	"slices"

	"github.com/volo-go/volo/integration/bench/codec"
	"github.com/volo-go/volo/integration/bench/load"
)

// A House is what a binary has to offer as a child.
type House struct {
	Peers  []load.Peer
	Codecs []codec.Codec
}

// Main is the child's side: it does what args, without the program's name, say
// and then what it reads from in, until in ends. A setup that fails is
// reported to the parent as well as returned.
func (h House) Main(args []string, in io.Reader, out io.Writer) error {
	c := &child{orders: json.NewDecoder(in), reports: json.NewEncoder(out)}
	if err := h.main(c, args); err != nil {
		return errors.Join(err, c.reports.Encode(Report{Error: err.Error()}))
	}
	return nil
}

func (h House) main(c *child, args []string) error {
	if len(args) < 2 {
		return errors.New("want serve PEER, load PEER or codec CODEC")
	}
	role, name := args[0], args[1]
	switch role {
	case "serve", "load":
		i := slices.IndexFunc(h.Peers, func(p load.Peer) bool { return p.Name == name })
		if i < 0 {
			return fmt.Errorf("there is no peer %q", name)
		}
		if role == "serve" {
			return c.serve(h.Peers[i], args[2:])
		}
		return c.load(h.Peers[i], args[2:])
	case "codec":
		i := slices.IndexFunc(h.Codecs, func(k codec.Codec) bool { return k.Name == name })
		if i < 0 {
			return fmt.Errorf("there is no codec %q", name)
		}
		return c.codec(h.Codecs[i])
	}
	return fmt.Errorf("a child does not know how to %q", role)
}

// A child reads orders and writes reports.
type child struct {
	orders  *json.Decoder
	reports *json.Encoder
	profile *os.File
}

func (c *child) serve(p load.Peer, args []string) error {
	flags := flag.NewFlagSet("serve", flag.ContinueOnError)
	addr := flags.String("addr", "127.0.0.1:0", "where to listen")
	if err := flags.Parse(args); err != nil {
		return err
	}
	server, err := p.Serve(*addr)
	if err != nil {
		return fmt.Errorf("serving %s: %w", p.Name, err)
	}
	defer server.Close()
	return c.obey(Report{Addr: server.Addr()}, nil)
}

func (c *child) load(p load.Peer, args []string) error {
	flags := flag.NewFlagSet("load", flag.ContinueOnError)
	var t load.Target
	flags.StringVar(&t.Addr, "addr", "", "address of the server")
	flags.IntVar(&t.Callers, "c", 1, "callers")
	flags.IntVar(&t.Size, "size", 1024, "bytes of a message")
	flags.IntVar(&t.Conns, "conns", 2, "connections of a multiplexing client")
	kind := flags.String("kind", "", "what a call is")
	idle := flags.Int("idle", 0, "connections on which nothing is sent, beside the client's")
	if err := flags.Parse(args); err != nil {
		return err
	}
	t.Kind = load.Kind(*kind)
	open, err := load.OpenIdle(t.Addr, *idle, p.Greeting)
	if err != nil {
		return err
	}
	defer open.Close()
	client, err := p.Dial(t)
	if err != nil {
		return fmt.Errorf("dialing %s at %s: %w", p.Name, t.Addr, err)
	}
	defer client.Close()
	run, err := load.Prepare(client, t)
	if err != nil {
		return fmt.Errorf("connecting to %s at %s: %w", p.Name, t.Addr, err)
	}
	return c.obey(Report{}, func(o Order) Report {
		before := load.ReadUsage()
		result, err := run(o.For)
		if err != nil {
			return Report{Error: err.Error()}
		}
		usage := load.ReadUsage().Since(before)
		return Report{Result: &result, Usage: &usage}
	})
}

func (c *child) codec(k codec.Codec) error {
	return c.obey(Report{}, func(o Order) Report {
		shapes, err := regexp.Compile(o.Shapes)
		if err != nil {
			return Report{Error: err.Error()}
		}
		timings, err := codec.Measure(k, shapes.MatchString, o.For)
		if err != nil {
			return Report{Error: err.Error()}
		}
		return Report{Timings: timings}
	})
}

// obey says that the child is ready and carries out orders until there are no
// more. A nil run means that this child has nothing to run.
func (c *child) obey(ready Report, run func(Order) Report) error {
	if err := c.reports.Encode(ready); err != nil {
		return fmt.Errorf("reporting to the parent: %w", err)
	}
	for {
		var o Order
		if err := c.orders.Decode(&o); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return fmt.Errorf("reading an order: %w", err)
		}
		var report Report
		switch {
		case o.Do == Run && run != nil:
			report = run(o)
		case o.Do == Usage:
			usage := load.ReadUsage()
			report.Usage = &usage
		case o.Do == StartProfile:
			report = failed(c.startProfile(o.File))
		case o.Do == StopProfile:
			report = failed(c.stopProfile())
		default:
			report.Error = fmt.Sprintf("this child cannot %q", o.Do)
		}
		if err := c.reports.Encode(report); err != nil {
			return fmt.Errorf("reporting to the parent: %w", err)
		}
	}
}

func (c *child) startProfile(file string) error {
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	if err := pprof.StartCPUProfile(f); err != nil {
		return errors.Join(err, f.Close())
	}
	c.profile = f
	return nil
}

func (c *child) stopProfile() error {
	if c.profile == nil {
		return errors.New("no profile was started")
	}
	pprof.StopCPUProfile()
	err := c.profile.Close()
	c.profile = nil
	return err
}

// failed makes a report of err, which may be nil.
func failed(err error) Report {
	if err == nil {
		return Report{}
	}
	return Report{Error: err.Error()}
}
