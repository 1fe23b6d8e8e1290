package command

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"

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
func explain(w io.Writer, command string, f *invoke.Failure) {
	switch f.Kind {
	case invoke.Exception:
		fmt.Fprintf(w, "exception %s\n", f.Name)
		indented(w, f.Value)
	case invoke.Business:
		fmt.Fprintf(w, "business error %d: %s\n", f.Code, f.Message)
		for k, v := range f.Extra {
			fmt.Fprintf(w, "  %s: %s\n", k, v)
		}
	case invoke.Status:
		fmt.Fprintf(w, "%s (%d): %s\n", f.Name, f.Code, f.Message)
		for _, d := range f.Details {
			indented(w, d)
		}
	default:
		fmt.Fprintf(w, "volo %s: %s\n", command, strings.TrimSpace(f.Message))
	}
	if f.Hint != "" {
		fmt.Fprintln(w, f.Hint)
	}
}

func indented(w io.Writer, text []byte) {
	var out bytes.Buffer
	if json.Indent(&out, text, "  ", "  ") == nil {
		fmt.Fprintf(w, "  %s\n", out.Bytes())
	}
}
