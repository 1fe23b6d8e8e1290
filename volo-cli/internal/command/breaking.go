package command

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/volo-go/volo/pilota/breaking"
	"github.com/volo-go/volo/pilota/lower"
	"github.com/volo-go/volo/pilota/protoidl"
	"github.com/volo-go/volo/pilota/report"
)

// compatibility is `volo breaking`.
type compatibility struct {
	env      *Env
	against  string
	category string
	includes []string
	json     bool
}

func newBreaking(env *Env) *cobra.Command {
	c := &compatibility{env: env}
	cmd := &cobra.Command{
		Use:   "breaking --against <ref or folder> [path...]",
		Short: "Tell what a change of IDLs breaks, against a git ref or a folder",
		Long: `Breaking compares Thrift and Protobuf IDLs with what they were: at a commit, a
branch or a tag of the git repository, which is read without touching the work
tree, or in a folder that has the same files. It fails if something breaks.

Findings have a category:

  WIRE       programs of before and after misunderstand each other
  WIRE_JSON  they do if they talk JSON
  SOURCE     programs do not compile, or compile to something else

With --category WIRE only the first are shown, with WIRE_JSON the first two.

Paths are as those of volo fmt; files and folders that are gone may be named as
well. A folder whose name looks like a ref is written with a slash, as in ./main.`,
		Example: `  volo breaking --against main
  volo breaking --against v1.2.0 --category WIRE idl
  volo breaking --against ../released --json idl/shop.thrift`,
		ValidArgsFunction: completeIDLs,
		RunE:              func(cmd *cobra.Command, args []string) error { return c.run(cmd.Context(), args) },
	}
	f := cmd.Flags()
	f.StringVar(&c.against, "against", "", "a git `REF`, or a folder")
	f.StringVar(&c.category, "category", "SOURCE", "the last `CATEGORY` to care for: WIRE, WIRE_JSON or SOURCE")
	f.StringSliceVarP(&c.includes, "include", "i", nil, "search `DIR` for included files (default: what volo.yml has)")
	f.BoolVar(&c.json, "json", false, "print findings as JSON, one on a line")
	_ = cmd.RegisterFlagCompletionFunc("category", func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return []string{"WIRE", "WIRE_JSON", "SOURCE"}, cobra.ShellCompDirectiveNoFileComp
	})
	return cmd
}

func (c *compatibility) run(ctx context.Context, paths []string) error {
	category := breaking.Category(c.category)
	switch {
	case c.against == "":
		return usagef("missing --against: the git ref or the folder to compare with")
	case !slices.Contains([]breaking.Category{breaking.Wire, breaking.WireJSON, breaking.Source}, category):
		return usagef("--category is WIRE, WIRE_JSON or SOURCE, not %q", c.category)
	}
	before, err := c.before(ctx)
	if err != nil {
		return err
	}
	c.includes = c.env.includeDirs(c.includes)
	names, old, err := c.names(paths, before)
	if err != nil {
		return err
	}
	findings, list := c.compare(names, old, before)
	if list.HasErrors() {
		return c.env.diagnose(list)
	}
	var shown report.List
	categories := map[*report.Diagnostic]string{}
	for _, f := range findings {
		if category.Includes(f.Rule.Category) {
			shown = append(shown, f.Diagnostic)
			categories[f.Diagnostic] = string(f.Rule.Category)
		}
	}
	return c.env.findings(shown, c.json, categories)
}

// before opens the old state.
func (c *compatibility) before(ctx context.Context) (revision, error) {
	if info, err := os.Stat(c.env.abs(c.against)); err == nil && info.IsDir() {
		return folder{c.env.abs(c.against)}, nil
	}
	return openCommit(ctx, c.env, c.against)
}

// names returns the files to compile in both states: those that paths name
// now, and those that they named. What is gone may be named all the same.
func (c *compatibility) names(paths []string, before revision) (now, old []string, err error) {
	gone, err := before.names()
	if err != nil {
		return nil, nil, err
	}
	if len(paths) == 0 {
		paths = []string{"."}
	}
	for _, p := range paths {
		root := filepath.ToSlash(c.env.shown(c.env.abs(p)))
		had := slices.DeleteFunc(slices.Clone(gone), func(name string) bool { return name != root && !below(root, name) })
		has, err := c.env.idls([]string{p})
		// The current folder need not have any: then nothing breaks.
		if err != nil && (len(had) == 0 && root != "." || !errors.Is(err, fs.ErrNotExist)) {
			return nil, nil, err
		}
		now, old = append(now, has...), append(old, had...)
	}
	for _, name := range now {
		if slices.Contains(gone, name) {
			old = append(old, name)
		}
	}
	slices.Sort(now)
	slices.Sort(old)
	return slices.Compact(now), slices.Compact(old), nil
}

// below reports whether a file is in a folder, nowhere that is skipped.
func below(dir, name string) bool {
	if dir != "." {
		rest, ok := strings.CutPrefix(name, strings.TrimSuffix(dir, "/")+"/")
		if !ok {
			return false
		}
		name = rest
	} else if strings.HasPrefix(name, "../") {
		return false
	}
	parts := strings.Split(name, "/")
	return !slices.ContainsFunc(parts[:len(parts)-1], skipped)
}

// compare compiles both states and compares them, each language for itself.
func (c *compatibility) compare(now, old []string, before revision) ([]breaking.Finding, report.List) {
	pick := func(names []string, of func(string) bool) []string {
		return slices.DeleteFunc(slices.Clone(names), func(n string) bool { return !of(n) })
	}
	var found []breaking.Finding
	var list report.List
	if inputs := pick(old, isThrift); len(inputs) > 0 {
		a, wrong := lower.Lower(lower.Options{Inputs: inputs, IncludeDirs: c.includes, ReadFile: before.read, KeepAll: true})
		list = append(list, c.of(wrong)...)
		b, wrong := lower.Lower(lower.Options{Inputs: pick(now, isThrift), IncludeDirs: c.includes, ReadFile: c.env.read, KeepAll: true})
		list = append(list, errorsOf(wrong)...)
		if a != nil && b != nil {
			found = append(found, breaking.Thrift(a, b, c.against)...)
		}
	}
	inputs := pick(old, isProto)
	protos, wrong := c.protos(inputs, pick(now, isProto), before)
	if wrong.HasErrors() {
		// Files that have nothing to do with each other may declare the same
		// names: then each is compared for itself.
		protos, wrong = nil, nil
		for _, name := range inputs {
			same := pick(now, func(n string) bool { return n == name })
			f, errors := c.protos([]string{name}, same, before)
			protos, wrong = append(protos, f...), append(wrong, errors...)
		}
	}
	return append(found, protos...), append(list, wrong...)
}

// protos compares .proto files that are compiled together.
func (c *compatibility) protos(old, now []string, before revision) ([]breaking.Finding, report.List) {
	if len(old) == 0 {
		return nil, nil
	}
	a, wrong := protoidl.Compile(protoidl.Options{Inputs: old, IncludeDirs: c.includes, ReadFile: before.read})
	list := c.of(wrong)
	b, wrong := protoidl.Compile(protoidl.Options{Inputs: now, IncludeDirs: c.includes, ReadFile: c.env.read})
	list = append(list, errorsOf(wrong)...)
	if a == nil || b == nil {
		return nil, list
	}
	return breaking.Proto(a, b, c.against), list
}

// of tells in errors of the old state that they are.
func (c *compatibility) of(list report.List) report.List {
	list = errorsOf(list)
	for _, d := range list {
		d.Hint("this is the state of %s, which is compared with", c.against)
	}
	return list
}

// errorsOf drops the warnings.
func errorsOf(list report.List) report.List {
	return slices.DeleteFunc(slices.Clone(list), func(d *report.Diagnostic) bool { return d.Severity != report.Error })
}

// A revision is a state of the files, by their paths as shown now.
type revision interface {
	names() ([]string, error) // of the IDLs
	read(name string) ([]byte, error)
}

// folder is a revision beside this one.
type folder struct{ dir string }

func (f folder) names() ([]string, error) {
	found, err := (&Env{Dir: f.dir}).idls(nil)
	if err != nil {
		return nil, fmt.Errorf("--against: %w", err)
	}
	return found, nil
}

func (f folder) read(name string) ([]byte, error) { return (&Env{Dir: f.dir}).read(name) }
