package command

import (
	"github.com/spf13/cobra"

	"github.com/volo-go/volo/volo-cli/internal/config"
)

// quietly returns the project that completions are about, nil if there is none.
// Completions say nothing of what is wrong.
func (e *Env) quietly() *config.File {
	f, _ := e.configured()
	return f
}

// configured returns what the nearest volo.yml says, and the folder it is in; nil
// if there is none that is right.
func (e *Env) configured() (f *config.File, root string) {
	for _, name := range []string{config.Name, config.WorkspaceName} {
		if root, text, err := above(e.Dir, name); err == nil {
			if f, err := config.Parse(name, string(text)); err == nil {
				return f, root
			}
		}
	}
	return nil, ""
}

// completeEntry completes --entry-name.
func (e *Env) completeEntry(cmd *cobra.Command) {
	cmd.RegisterFlagCompletionFunc("entry-name", func(*cobra.Command, []string, string) (names []string, _ cobra.ShellCompDirective) {
		if f := e.quietly(); f != nil {
			for _, entry := range f.Entries {
				names = append(names, entry.Name+"\t"+entry.Protocol)
			}
		}
		return names, cobra.ShellCompDirectiveNoFileComp
	})
}

// repoNames completes the names of repositories.
func (e *Env) repoNames(*cobra.Command, []string, string) (names []string, _ cobra.ShellCompDirective) {
	if f := e.quietly(); f != nil {
		for _, entry := range f.Entries {
			for _, r := range entry.Repos {
				names = append(names, r.Name+"\t"+r.URL)
			}
		}
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}
