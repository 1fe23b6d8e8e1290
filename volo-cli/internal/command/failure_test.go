package command

import (
	"bytes"
	"testing"

	"github.com/volo-go/volo/volo-cli/internal/invoke"
)

func TestAServerCannotCommandTheTerminal(t *testing.T) {
	const said = "a\x1b[2Jb\r\u009bc\nd\té"
	for terminal, want := range map[bool]string{
		true:  "business error 1: a\\x1b[2Jb\\x0d\\x9bc\nd\té\n  k: a\\x1b[2Jb\\x0d\\x9bc\nd\té\n",
		false: "business error 1: " + said + "\n  k: " + said + "\n",
	} {
		var out bytes.Buffer
		env := &Env{Stderr: &out, Terminal: terminal}
		env.explain("call", &invoke.Failure{Kind: invoke.Business, Code: 1, Message: said, Extra: map[string]string{"k": said}})
		if got := out.String(); got != want {
			t.Errorf("on a terminal: %v: got %q, want %q", terminal, got, want)
		}
	}
}
