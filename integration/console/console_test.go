package console_test

import (
	"bufio"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/volo-go/volo/integration/browser"
)

// look is where pictures go.
var look = flag.String("look", "", "write pictures of the page to `DIR`")

// tool is the program that is tested.
var tool string

func TestMain(m *testing.M) {
	flag.Parse()
	code, err := runWithTool(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func runWithTool(m *testing.M) (int, error) {
	dir, err := os.MkdirTemp("", "volo")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	tool = filepath.Join(dir, "volo")
	out, err := exec.Command("go", "build", "-o", tool, "github.com/volo-go/volo/volo-cli/cmd/volo").CombinedOutput()
	if err != nil {
		return 0, fmt.Errorf("go build: %w\n%s", err, out)
	}
	return m.Run(), nil
}

// console runs `volo console` until the test ends, and returns the URL that it
// prints. In the end it is interrupted, and must then end well.
func console(t *testing.T, args ...string) string {
	t.Helper()
	cmd := exec.Command(tool, append([]string{"console"}, args...)...)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var stderr strings.Builder
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	url, err := bufio.NewReader(out).ReadString('\n')
	t.Cleanup(func() {
		interrupted := cmd.Process.Signal(os.Interrupt)
		if err := errors.Join(interrupted, cmd.Wait()); err != nil || stderr.Len() > 0 {
			t.Errorf("after an interrupt volo console ends with %v, and has said %q; want a clean end", err, stderr.String())
		}
	})
	if err != nil || !strings.HasPrefix(url, "http://127.0.0.1:") {
		t.Fatalf("got %q, %v, want a URL of the loopback interface", url, err)
	}
	return strings.TrimSpace(url)
}

// open opens the page of a console.
func open(t *testing.T, args ...string) *browser.Page {
	t.Helper()
	browser.Find(t)
	p := browser.Open(t, console(t, args...))
	p.Wait(`document.querySelector("#main h2")`)
	return p
}

// step is a subtest on a page. After one that has failed the page is in no
// state for another.
func step(t *testing.T, p *browser.Page, says string, f func(t *testing.T, p *browser.Page)) {
	if !t.Failed() {
		t.Run(says, func(t *testing.T) { f(t, p.In(t)) })
	}
}

// shell runs the command that the page has for the method it shows, and returns
// what that prints, with single spaces.
func shell(t *testing.T, p *browser.Page) string {
	t.Helper()
	p.Click("summary", "In a shell")
	p.Wait(`document.querySelector(".shell").checkVisibility()`)
	command := p.Text(".shell")
	if !strings.Contains(command, "volo call ") {
		t.Fatalf("got %q, want volo call", command)
	}
	cmd := exec.CommandContext(t.Context(), "sh", "-c", command)
	cmd.Env = append(os.Environ(), "PATH="+filepath.Dir(tool)+string(os.PathListSeparator)+os.Getenv("PATH"))
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v", command, err)
	}
	return strings.Join(strings.Fields(string(out)), " ")
}

// picture writes what people want to see in both themes and at all widths.
func picture(p *browser.Page, name string) {
	if *look == "" {
		return
	}
	for _, theme := range []string{"light", "dark"} {
		p.Look(filepath.Join(*look, name+"-"+theme+".png"), theme, 1440, 900)
	}
	p.Look(filepath.Join(*look, name+"-narrow.png"), "light", 420, 1200)
	p.Look(filepath.Join(*look, name+"-middle.png"), "light", 1000, 900)
	p.Look(filepath.Join(*look, name+"-light.png"), "light", 1440, 900)
}
