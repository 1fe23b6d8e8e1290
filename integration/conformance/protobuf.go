package main

import (
	"context"
	"errors"
	"io"
	"os"

	protobufsuite "github.com/volo-go/volo/integration/conformance/protobuf"
)

// protobuf runs the conformance suite of Protobuf on our messages, with both
// codecs. No failure is expected but those that its lists explain.
func protobuf(ctx context.Context, w io.Writer) error {
	dir, err := os.MkdirTemp("", "protobuf")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	passed, failed, err := protobufsuite.Run(ctx, dir, w)
	switch {
	case err != nil:
		return err
	case failed > 0:
		return errFailed
	case passed == 0:
		return errors.New("no test has run")
	}
	return nil
}
