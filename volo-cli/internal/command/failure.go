package command

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"unicode"

	"github.com/volo-go/volo/volo-cli/internal/invoke"
)

// exitCode returns the exit code of a call that has failed.
func exitCode(k invoke.Kind) int {
	switch k {
	case invoke.Exception:
		return exitException
	case invoke.Business:
		return exitBusiness
	case invoke.Status:
		return exitStatus
	case invoke.Transport:
		return exitTransport
	}
	return exitFailure
}

// explain prints a failure.
func (e *Env) explain(command string, f *invoke.Failure) {
	w := e.Stderr
	switch f.Kind {
	case invoke.Exception:
		fmt.Fprintf(w, "exception %s\n", f.Name)
		indented(w, f.Value)
	case invoke.Business:
		fmt.Fprintf(w, "business error %d: %s\n", f.Code, e.harmless(f.Message))
		for k, v := range f.Extra {
			fmt.Fprintf(w, "  %s: %s\n", e.harmless(k), e.harmless(v))
		}
	case invoke.Status:
		fmt.Fprintf(w, "%s (%d): %s\n", f.Name, f.Code, e.harmless(f.Message))
		for _, d := range f.Details {
			indented(w, d)
		}
	default:
		fmt.Fprintf(w, "volo %s: %s\n", command, e.harmless(strings.TrimSpace(f.Message)))
	}
	if f.Hint != "" {
		fmt.Fprintln(w, f.Hint)
	}
}

// harmless returns what a server says without what a terminal would obey.
func (e *Env) harmless(text string) string {
	if !e.Terminal {
		return text
	}
	var b strings.Builder
	for _, r := range text {
		if unicode.IsControl(r) && r != '\n' && r != '\t' {
			fmt.Fprintf(&b, "\\x%02x", r)
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

func indented(w io.Writer, text []byte) {
	var out bytes.Buffer
	if json.Indent(&out, text, "  ", "  ") == nil {
		fmt.Fprintf(w, "  %s\n", out.Bytes())
	}
}
