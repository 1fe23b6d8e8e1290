package command

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/volo-go/volo/volo-cli/internal/scaffold"
)

// version is `volo version`.
type version struct{ env *Env }

func newVersion(env *Env) *cobra.Command {
	v := version{env}
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version of the tool, of Go, and where new projects get Volo from",
		Long: `Version prints the version of the tool, that of Go which it was built with, and where
new projects get Volo from: a release, or the checkout that the tool was built in
or that is around the current folder.`,
		Example: `  volo version`,
		Args:    positional(),
		RunE:    func(*cobra.Command, []string) error { return v.run() },
	}
}

func (v version) run() error {
	number := "(devel)"
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		number = info.Main.Version
	}
	fmt.Fprintf(v.env.Stdout, "volo %s (%s %s/%s)\n", number, runtime.Version(), runtime.GOOS, runtime.GOARCH)
	origin, err := scaffold.FindOrigin(v.env.Dir)
	if err != nil {
		fmt.Fprintln(v.env.Stdout, "new projects: need --checkout DIR, because", err)
		return nil
	}
	fmt.Fprintln(v.env.Stdout, "new projects: use", origin)
	return nil
}
