package command

import (
	"fmt"
	"io"
	"os"

	"github.com/rogpeppe/go-internal/diff"
	"github.com/spf13/cobra"

	"github.com/volo-go/volo/pilota/protoidl/protofmt"
	"github.com/volo-go/volo/pilota/report"
	"github.com/volo-go/volo/pilota/source"
	"github.com/volo-go/volo/pilota/thriftidl"
)

// format is `volo fmt`.
type format struct {
	env   *Env
	write bool
	diff  bool
	check bool
	name  string
}

func newFmt(env *Env) *cobra.Command {
	f := &format{env: env}
	cmd := &cobra.Command{
		Use:   "fmt [path...]",
		Short: "Write Thrift and Protobuf IDLs in canonical form",
		Long: `Fmt formats .thrift and .proto files, in one way for all. It changes white space,
and in Thrift the separators of fields and methods. Names, values, order and
comments stay as they are, empty lines stay as single ones, and so does what the
files mean. A formatted file stays as it is.

Paths are files, or folders with everything below, but for what is hidden,
vendored or test data; without any, the current folder; "-" is the standard
input, whose language --name tells. One file without a flag goes to the
standard output.

With --check, fmt lists the files that are not formatted and fails if there are
any; that is for CI. Files with errors are shown, and left alone.`,
		Example: `  volo fmt -w
  volo fmt -d idl/shop.thrift
  volo fmt --check idl proto
  volo fmt --name shop.proto - < shop.proto`,
		ValidArgsFunction: completeIDLs,
		RunE:              func(_ *cobra.Command, args []string) error { return f.run(args) },
	}
	flags := cmd.Flags()
	flags.BoolVarP(&f.write, "write", "w", false, "write the files, list those that change")
	flags.BoolVarP(&f.diff, "diff", "d", false, "show what would change")
	flags.BoolVar(&f.check, "check", false, "list the files that would change, fail if there are any")
	flags.StringVar(&f.name, "name", "", "the `NAME` of the standard input, .thrift or .proto")
	return cmd
}

func (f *format) run(paths []string) error {
	if len(paths) == 1 && paths[0] == "-" {
		return f.standard()
	}
	if f.name != "" {
		return usagef("--name is the name of the standard input, which is written as the path -")
	}
	names, err := f.env.idls(paths)
	if err != nil {
		return err
	}
	if len(names) > 1 && !f.write && !f.diff && !f.check {
		return usagef("%d files: say -w to write them, -d to see what would change, --check to list them", len(names))
	}
	var list report.List
	changed := 0
	for _, name := range names {
		file, err := f.env.source(name)
		if err != nil {
			return err
		}
		text, found := formatted(file)
		if text == nil {
			list = append(list, found...)
			continue
		}
		if err := f.file(file, string(text)); err != nil {
			return err
		}
		if string(text) != file.Text {
			changed++
		}
	}
	return f.end(changed, list)
}

// standard formats the standard input.
func (f *format) standard() error {
	if !isThrift(f.name) && !isProto(f.name) {
		return usagef("say what the standard input is: --name x.thrift or --name x.proto")
	}
	if f.write {
		return usagef("the standard input cannot be written")
	}
	var in []byte
	if f.env.Stdin != nil {
		var err error
		if in, err = io.ReadAll(f.env.Stdin); err != nil {
			return err
		}
	}
	file := source.NewFile(f.name, string(in))
	text, list := formatted(file)
	if text == nil {
		return f.env.diagnose(list)
	}
	if err := f.file(file, string(text)); err != nil {
		return err
	}
	changed := 0
	if string(text) != file.Text {
		changed++
	}
	return f.end(changed, nil)
}

// formatted returns the canonical form of a file, nil if it has errors. Text
// is never nil without them.
func formatted(file *source.File) ([]byte, report.List) {
	if isProto(file.Name) {
		text, list := protofmt.Format(file)
		if list.HasErrors() {
			return nil, list
		}
		return append([]byte{}, text...), nil
	}
	tree, list := thriftidl.Parse(file)
	if list.HasErrors() {
		return nil, list
	}
	return append([]byte{}, thriftidl.Print(tree)...), nil
}

// file does with one file what was asked for.
func (f *format) file(file *source.File, text string) error {
	same := text == file.Text
	if f.diff && !same {
		f.env.Stdout.Write(diff.Diff(file.Name+" (as it is)", []byte(file.Text), file.Name+" (formatted)", []byte(text)))
	}
	if (f.write || f.check) && !same && !f.diff {
		fmt.Fprintln(f.env.Stdout, file.Name)
	}
	switch {
	case f.write && !same:
		name := f.env.abs(file.Name)
		info, err := os.Stat(name)
		if err != nil {
			return err
		}
		return os.WriteFile(name, []byte(text), info.Mode().Perm())
	case !f.write && !f.diff && !f.check:
		_, err := io.WriteString(f.env.Stdout, text)
		return err
	}
	return nil
}

// end shows what is wrong and tells whether it worked.
func (f *format) end(changed int, list report.List) error {
	if err := f.env.diagnose(list); err != nil {
		return err
	}
	if f.check && changed > 0 && !f.write {
		fmt.Fprintf(f.env.Stderr, "%s not formatted; run `volo fmt -w`\n", plural(changed, "file"))
		return errSaid
	}
	return nil
}
