package command

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/volo-go/volo/pilota/report"
)

// newRoot returns the tool without arguments.
func newRoot(env *Env) *cobra.Command {
	root := &cobra.Command{
		Use:   "volo",
		Short: "Volo for Go: projects and code from IDLs",
		Long: `volo makes projects from Thrift and Protobuf IDLs, keeps their generated code up to
date, keeps the IDLs in order, and calls any service of Thrift or gRPC.

Start with a project that builds and runs at once:

  volo init hello echo.thrift
  volo init hello echo.proto

See it all happen, from an IDL to answers over the network:

  volo demo

Call any service of Thrift or gRPC, and put load on it:

  volo call --idl echo.thrift 127.0.0.1:8888 list
  volo bench --idl echo.thrift 127.0.0.1:8888 Echo '{"text": "hi"}'

The same in a browser:

  volo console --idl echo.thrift 127.0.0.1:8888`,
		Args:                       group,
		RunE:                       func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
		SilenceErrors:              true,
		SilenceUsage:               true,
		SuggestionsMinimumDistance: 2,
	}
	root.SetOut(env.Stdout)
	root.SetErr(env.Stderr)
	root.SetGlobalNormalizationFunc(func(_ *pflag.FlagSet, name string) pflag.NormalizedName {
		if name == "includes" { // what the Rust Volo calls it
			name = "include"
		}
		return pflag.NormalizedName(name)
	})
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		var unknown *pflag.NotExistError
		if errors.As(err, &unknown) {
			if near := nearestFlag(cmd, unknown); near != "" {
				err = fmt.Errorf("%w; did you mean %s?", err, near)
			}
		}
		if strings.Contains(err.Error(), "missing unit in duration") {
			err = fmt.Errorf("%w; write 5s, or 300ms", err)
		}
		return &usageError{err}
	})
	root.SetHelpCommand(newHelp(root))
	root.AddCommand(newFmt(env), newLint(env), newBreaking(env))
	root.AddCommand(newInit(env), newGen(env), newRepo(env), newIDL(env), newMigrate(env), newDemo(env), newCall(env), newBench(env), newConsole(env), newVersion(env))
	root.InitDefaultCompletionCmd()
	for _, c := range root.Commands() {
		if c.Name() == "completion" { // without a check, it takes any shell, and shows its help
			c.Args, c.RunE = group, func(cmd *cobra.Command, _ []string) error { return cmd.Help() }
		}
	}
	return root
}

// nearestFlag returns the flag, or for --version the command, that somebody
// meant who wrote one that cmd does not have; "" if there is no telling.
func nearestFlag(cmd *cobra.Command, unknown *pflag.NotExistError) string {
	name, letters := unknown.GetSpecifiedName(), unknown.GetSpecifiedShortnames()
	if !cmd.HasParent() && (name == "version" || letters == "v" || letters == "V") {
		return "`volo version`"
	}
	var names []string
	same := ""
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		names = append(names, f.Name)
		if letters != "" && strings.EqualFold(f.Shorthand, name) {
			same = "-" + f.Shorthand
		}
	})
	if letters != "" {
		return same
	}
	if near := report.Nearest(name, names); near != "" {
		return "--" + near
	}
	return ""
}

// newHelp returns `volo help`, which says so if there is no such command.
func newHelp(root *cobra.Command) *cobra.Command {
	return &cobra.Command{
		Use:   "help [command...]",
		Short: "Show what a command does, with examples",
		Long: `Help shows what a command does, its flags and examples. It is the same as the flag
--help behind the command.`,
		Example: `  volo help call
  volo help idl add`,
		RunE: func(_ *cobra.Command, args []string) error {
			at := root
			for _, name := range args {
				next, _, err := at.Find([]string{name})
				if err != nil || next == at {
					return group(at, []string{name})
				}
				at = next
			}
			at.InitDefaultHelpFlag()
			return at.Help()
		},
		ValidArgsFunction: func(_ *cobra.Command, args []string, _ string) (names []string, _ cobra.ShellCompDirective) {
			at, _, err := root.Find(args)
			if err != nil {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			for _, c := range at.Commands() {
				if c.IsAvailableCommand() {
					names = append(names, c.Name()+"\t"+c.Short)
				}
			}
			return names, cobra.ShellCompDirectiveNoFileComp
		},
	}
}
