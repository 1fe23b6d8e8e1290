package protobufsuite

import (
	"context"
	"fmt"
	"os"
	"os/exec"
)

// checkGenerated compares the messages that are kept with what the generator
// writes for the schemas. It takes a process of its own, with the tag that
// message sets need.
func checkGenerated(ctx context.Context, schemas string) error {
	cmd := exec.CommandContext(ctx, "go", "run", "-tags", "protolegacy", module+"/generate", "-check", schemas)
	cmd.Stderr = os.Stderr
	if out, err := cmd.Output(); err != nil {
		return fmt.Errorf("compare generated messages: %w\n%s", err, out)
	}
	return nil
}
