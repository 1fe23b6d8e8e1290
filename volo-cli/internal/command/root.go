package command

import (
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
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
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return nil
			}
			if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
				return usagef("unknown command %q; did you mean %q?", args[0], near[0])
			}
			return usagef("unknown command %q", args[0])
		},
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
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return &usageError{err} })
	root.AddCommand(newFmt(env), newLint(env), newBreaking(env))
	root.AddCommand(newInit(env), newGen(env), newRepo(env), newIDL(env), newMigrate(env), newDemo(env), newCall(env), newBench(env), newConsole(env), newVersion(env))
	return root
}
