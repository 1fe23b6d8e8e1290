package command

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/volo-go/volo/pilota/lint"
	"github.com/volo-go/volo/pilota/lower"
	"github.com/volo-go/volo/pilota/protoidl"
	"github.com/volo-go/volo/pilota/report"
	"github.com/volo-go/volo/volo-cli/internal/config"
)

// linting is `volo lint`.
type linting struct {
	env      *Env
	includes []string
	rules    lint.Options
	json     bool
	list     bool

	file *config.Lint // what a file says, nil if there is none
	root string       // its folder
}

func newLint(env *Env) *cobra.Command {
	l := &linting{env: env}
	cmd := &cobra.Command{
		Use:   "lint [path...]",
		Short: "Find what Thrift and Protobuf IDLs should not have",
		Long: `Lint shows what an IDL should not have although it compiles, each finding with
its place, the name of the rule and the reason, and fails if there is any.
--list shows the rules, and which of them are on.

Rules are turned on and off by flags, by volo.yml in the current folder or one
above, which also says what is passed over unless it is named,

  lint:
    enable: [documented]
    disable: [required-field]
    exclude: [idl/vendor]

where there is no volo.yml, by a .volo-lint.yml with these three keys, and by
comments in the IDL, on the line of a finding, right above it, or for the
file; without names, all rules:

  1: required string id // lint:off required-field
  # lint:file-off enum-zero

Paths are as those of volo fmt.`,
		Example: `  volo lint
  volo lint --enable documented idl/shop.thrift
  volo lint --json -i third_party proto
  volo lint --list`,
		ValidArgsFunction: completeIDLs,
		RunE:              func(_ *cobra.Command, args []string) error { return l.run(args) },
	}
	f := cmd.Flags()
	f.StringSliceVar(&l.rules.Enable, "enable", nil, "turn `RULES` on")
	f.StringSliceVar(&l.rules.Disable, "disable", nil, "turn `RULES` off")
	f.StringSliceVarP(&l.includes, "include", "i", nil, "search `DIR` for included files (default: what volo.yml has)")
	f.BoolVar(&l.json, "json", false, "print findings as JSON, one on a line")
	f.BoolVar(&l.list, "list", false, "show the rules")
	for _, name := range []string{"enable", "disable"} {
		_ = cmd.RegisterFlagCompletionFunc(name, completeRules)
	}
	return cmd
}

func completeRules(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	var names []string
	for _, r := range lint.Rules() {
		names = append(names, r.Name+"\t"+r.Why)
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}

func (l *linting) run(paths []string) error {
	if name, meant := l.rules.Unknown(); name != "" {
		return usagef("%s", unknownRule(name, meant))
	}
	if err := l.configure(); err != nil {
		return err
	}
	if l.list {
		return l.show()
	}
	names, err := l.env.idls(paths)
	if err != nil {
		return err
	}
	names = l.included(names, paths)
	l.includes = l.env.includeDirs(l.includes)
	found, wrong := l.find(names)
	if wrong.HasErrors() {
		return l.env.diagnose(wrong)
	}
	return l.env.findings(found, l.json, nil)
}

// configure reads the file, whose rules the flags overrule.
func (l *linting) configure() error {
	if err := l.settings(); err != nil || l.file == nil {
		return err
	}
	for _, r := range l.file.Enable {
		if !slices.Contains(l.rules.Disable, r) {
			l.rules.Enable = append(l.rules.Enable, r)
		}
	}
	for _, r := range l.file.Disable {
		if !slices.Contains(l.rules.Enable, r) {
			l.rules.Disable = append(l.rules.Disable, r)
		}
	}
	return nil
}

// settings finds the nearest file that says something about linting. What is
// wrong with it has been said.
func (l *linting) settings() error {
	var text []byte
	name := ""
	for _, candidate := range []string{config.Name, config.WorkspaceName, config.LintName} {
		root, found, err := above(l.env.Dir, candidate)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		if name == "" || len(root) > len(l.root) {
			l.root, name, text = root, candidate, found
		} else if root == l.root && candidate == config.LintName {
			return fmt.Errorf("%s has %s beside it; put its keys under lint in there and remove it", l.env.shown(filepath.Join(root, name)), candidate)
		}
	}
	var err error
	switch shown := l.env.shown(filepath.Join(l.root, name)); name {
	case "":
	case config.LintName:
		l.file, err = config.ParseLint(shown, string(text))
	default:
		var file *config.File
		if file, err = config.Parse(shown, string(text)); err == nil {
			l.file = file.Lint
		}
	}
	var list report.List
	if errors.As(err, &list) {
		return l.env.diagnose(list)
	}
	return err
}

// included leaves out what the file passes over and the command line does not
// name.
func (l *linting) included(names, named []string) []string {
	if l.file == nil {
		return names
	}
	return slices.DeleteFunc(names, func(name string) bool {
		at := l.env.abs(filepath.FromSlash(name))
		rel, err := filepath.Rel(l.root, at)
		return err == nil && l.file.Excludes(filepath.ToSlash(rel)) &&
			!slices.ContainsFunc(named, func(n string) bool { return l.env.abs(n) == at })
	})
}

func unknownRule(name, meant string) string {
	if meant != "" {
		return fmt.Sprintf("there is no rule %q; did you mean %q?", name, meant)
	}
	return fmt.Sprintf("there is no rule %q; `volo lint --list` shows them", name)
}

// show lists the rules.
func (l *linting) show() error {
	for _, r := range lint.Rules() {
		state := "on "
		if (r.Off || slices.Contains(l.rules.Disable, r.Name)) && !slices.Contains(l.rules.Enable, r.Name) {
			state = "off"
		}
		language := "both"
		switch {
		case r.Thrift && !r.Protobuf:
			language = "thrift"
		case r.Protobuf && !r.Thrift:
			language = "proto"
		}
		if _, err := fmt.Fprintf(l.env.Stdout, "%s  %-6s  %-22s %s\n", state, language, r.Name, r.Why); err != nil {
			return err
		}
	}
	return nil
}

// find compiles the files, each language for itself. With errors, there are no
// findings.
func (l *linting) find(names []string) (found, wrong report.List) {
	pick := func(of func(string) bool) []string {
		return slices.DeleteFunc(slices.Clone(names), func(n string) bool { return !of(n) })
	}
	if inputs := pick(isThrift); len(inputs) > 0 {
		p, list := lower.Lower(lower.Options{Inputs: inputs, IncludeDirs: l.includes, ReadFile: l.env.read, KeepAll: true})
		if p == nil {
			wrong = append(wrong, errorsOf(list)...)
		} else {
			found = append(found, lint.Thrift(p, list, l.rules)...)
		}
	}
	// One by one: files that have nothing to do with each other may declare the
	// same names.
	for _, input := range pick(isProto) {
		p, list := protoidl.Compile(protoidl.Options{Inputs: []string{input}, IncludeDirs: l.includes, ReadFile: l.env.read})
		if p == nil {
			wrong = append(wrong, errorsOf(list)...)
		} else {
			found = append(found, lint.Proto(p, list, l.rules)...)
		}
	}
	slices.SortStableFunc(found, func(a, b *report.Diagnostic) int {
		return strings.Compare(a.Primary.Span.Pos().Name, b.Primary.Span.Pos().Name)
	})
	return found, wrong
}
