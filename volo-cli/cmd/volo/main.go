// Command volo makes projects from IDLs and keeps their generated code up to
// date. Run `volo --help`.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/volo-go/volo/volo-cli/internal/command"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := command.Main(ctx, command.System(), os.Args[1:])
	stop()
	os.Exit(code)
}
