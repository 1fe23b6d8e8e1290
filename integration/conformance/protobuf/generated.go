package protobufsuite

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// checkGenerated compares the messages that are kept with what the generator
// writes for the schemas.
func checkGenerated(ctx context.Context, schemas string) error {
	return generate(ctx, "-check", schemas)
}

// buildTestee builds the testee in dir. An opaque one has messages of the opaque
// API, generated there, in the place of those that are kept.
func buildTestee(ctx context.Context, dir, schemas, api string) (string, error) {
	testee := filepath.Join(dir, "testee-"+api)
	args := []string{"build", "-tags", "protolegacy", "-o", testee}
	if api == opaque {
		messages := filepath.Join(dir, "messages")
		if err := generate(ctx, "-opaque", messages, schemas); err != nil {
			return "", err
		}
		args = append(args, "-overlay", filepath.Join(messages, "overlay.json"))
	}
	build := exec.CommandContext(ctx, "go", append(args, module+"/testee")...)
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build the testee, API %s: %w\n%s", api, err, out)
	}
	return testee, nil
}

// generate runs the generator of messages. It takes a process of its own, with
// the tag that message sets need.
func generate(ctx context.Context, args ...string) error {
	cmd := exec.CommandContext(ctx, "go", append([]string{"run", "-tags", "protolegacy", module + "/generate"}, args...)...)
	cmd.Stderr = os.Stderr
	if out, err := cmd.Output(); err != nil {
		return fmt.Errorf("generate %s: %w\n%s", args[0], err, out)
	}
	return nil
}
