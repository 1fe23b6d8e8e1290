package command

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"go.yaml.in/yaml/v3"

	"github.com/volo-go/volo/pilota/lint"
	"github.com/volo-go/volo/pilota/lower"
	"github.com/volo-go/volo/pilota/protoidl"
	"github.com/volo-go/volo/pilota/report"
)

// lintConfig is the name of the file that turns rules on and off.
const lintConfig = ".volo-lint.yml"

// linting is `volo lint`.
type linting struct {
	env      *Env
	includes []string
	rules    lint.Options
	json     bool
	list     bool
}

func newLint(env *Env) *cobra.Command {
	l := &linting{env: env}
	cmd := &cobra.Command{
		Use:   "lint [path...]",
		Short: "Find what Thrift and Protobuf IDLs should not have",
		Long: `Lint shows what an IDL should not have although it compiles, each finding with
its place, the name of the rule and the reason, and fails if there is any.
--list shows the rules, and which of them are on.

Rules are turned on and off by flags, by .volo-lint.yml in the current folder or
one above,

  enable: [documented]
  disable: [required-field]

and by comments in the IDL, on the line of a finding, right above it, or for the
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
	f.StringSliceVarP(&l.includes, "include", "i", nil, "search `DIR` for included files")
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
	for i, dir := range l.includes {
		l.includes[i] = l.env.shown(l.env.abs(dir))
	}
	found, wrong := l.find(names)
	if wrong.HasErrors() {
		return l.env.diagnose(wrong)
	}
	return l.env.findings(found, l.json, nil)
}

// configure reads the file, whose rules the flags overrule.
func (l *linting) configure() error {
	dir, text, err := above(l.env.Dir, lintConfig)
	if err != nil {
		if _, broken := os.Stat(filepath.Join(l.env.Dir, lintConfig)); broken != nil && !errors.Is(broken, fs.ErrNotExist) {
			return err
		}
		return nil
	}
	var file lint.Options
	name := l.env.shown(filepath.Join(dir, lintConfig))
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	decoder.KnownFields(true)
	if err := decoder.Decode(&file); err != nil && !errors.Is(err, io.EOF) {
		text := strings.ReplaceAll(err.Error(), " in type lint.Options", "; the keys are enable and disable")
		return fmt.Errorf("%s: %s", name, strings.TrimPrefix(text, "yaml: unmarshal errors:\n  "))
	}
	if rule, meant := file.Unknown(); rule != "" {
		return fmt.Errorf("%s: %s", name, unknownRule(rule, meant))
	}
	for _, r := range file.Enable {
		if !slices.Contains(l.rules.Disable, r) {
			l.rules.Enable = append(l.rules.Enable, r)
		}
	}
	for _, r := range file.Disable {
		if !slices.Contains(l.rules.Enable, r) {
			l.rules.Disable = append(l.rules.Disable, r)
		}
	}
	return nil
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
