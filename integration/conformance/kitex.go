package main

import (
	"context"
	"fmt"
	"io"

	kitexsuite "github.com/volo-go/volo/integration/conformance/kitex"
)

// kitex runs our Thrift client and server with Kitex's. No failure is expected
// but those that a list explains. It is skipped where Kitex cannot be had, and
// counts as a suite that could not be run.
func kitex(ctx context.Context, w io.Writer) error {
	program, err := kitexsuite.Build(ctx, func(what string) { fmt.Fprintln(w, what) })
	if err != nil {
		return fmt.Errorf("skipped, Kitex %s cannot be had here: %w", kitexsuite.Version, err)
	}
	sum, err := kitexsuite.Run(ctx, program, w)
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "kitex: %s\n", sum)
	if sum.Failed > 0 {
		return errFailed
	}
	return nil
}
