package main

import (
	"context"
	"encoding/xml"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
)

const h2specVersion = "v2.2.1+incompatible"

// h2spec runs all of h2spec against volo-grpc's HTTP/2. No failure is expected.
func h2spec(ctx context.Context, w io.Writer) error {
	dir, err := os.MkdirTemp("", "h2spec")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	tool, err := installTool(ctx, dir, "github.com/summerwind/h2spec/cmd/h2spec", h2specVersion)
	if err != nil {
		return err
	}
	program, err := buildOurs(ctx, dir, "volo-grpc", "internal/http2/h2peer")
	if err != nil {
		return err
	}
	server, err := startPeer(ctx, program)
	if err != nil {
		return err
	}
	defer server.stop()
	host, port, err := net.SplitHostPort(server.addr)
	if err != nil {
		return err
	}
	report := filepath.Join(dir, "report.xml")
	// Its exit code says no more than the report.
	out, _ := exec.CommandContext(ctx, tool, "-h", host, "-p", port, "-P", "/echo.Echo/Echo", "-j", report).CombinedOutput()
	written, err := os.ReadFile(report)
	if err != nil {
		return fmt.Errorf("no report: %w\n%s", err, out)
	}
	return h2specTotals(w, written)
}

// An h2specReport is what option -j writes.
type h2specReport struct {
	Sections []struct {
		Package string `xml:"package,attr"`
		ID      string `xml:"id,attr"`
		Cases   []struct {
			Name    string    `xml:"classname,attr"`
			Skipped *struct{} `xml:"skipped"`
			Failure *string   `xml:"failure"`
			Error   *string   `xml:"error"`
		} `xml:"testcase"`
	} `xml:"testsuite"`
}

// h2specTotals prints what a report says.
func h2specTotals(w io.Writer, written []byte) error {
	var r h2specReport
	if err := xml.Unmarshal(written, &r); err != nil {
		return fmt.Errorf("report: %w", err)
	}
	var all, skipped, failed int
	for _, s := range r.Sections {
		for _, c := range s.Cases {
			all++
			if c.Skipped != nil {
				skipped++
			}
			why := c.Failure
			if why == nil {
				why = c.Error
			}
			if why != nil {
				failed++
				fmt.Fprintf(w, "h2spec %s %s: %s\n%s\n", s.Package, s.ID, c.Name, *why)
			}
		}
	}
	fmt.Fprintf(w, "h2spec: %d tests, %d passed, %d skipped, %d failed\n", all, all-skipped-failed, skipped, failed)
	switch {
	case all == 0:
		return fmt.Errorf("the report has no tests")
	case failed > 0:
		return errFailed
	}
	return nil
}
