// Package docs keeps the chapters beside it true: every code block in them is
// compiled, run or found in a program that is, and what the prose names exists.
//
// What a fenced block is held to depends on its language and on the comment
// above it, a path from the folder integration:
//
//	with a path   the block occurs in that file, indentation aside; what is
//	              text may stand in a comment, as the output of an Example does
//	sh            each line is a command that exists, with flags that exist
//	thrift, protobuf, yaml   without a path: volo gen compiles it
//
// A path that begins with hello/ is a file of the project that the chapter
// makes the reader write; that is done, in getting_started_test.go. Other
// blocks are not allowed. The README of the repository is read likewise, in
// readme_test.go.
package docs

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// A block is a fenced block of a chapter.
type block struct {
	chapter  string
	language string
	path     string // in the comment above it, from the folder integration
	text     string
}

var fence = regexp.MustCompile("(?ms)(?:^<!-- (\\S+) -->\n+)?^```(\\w*)\n(.*?)^```$")

// chapters returns the text of each chapter by its file.
func chapters(t *testing.T) map[string]string {
	t.Helper()
	files, err := filepath.Glob("*.md")
	if err != nil || len(files) == 0 {
		t.Fatal("no chapters", err)
	}
	texts := map[string]string{}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		texts[name] = string(text)
	}
	return texts
}

// blocks returns the blocks of a chapter in their order.
func blocks(chapter, text string) []block {
	var found []block
	for _, m := range fence.FindAllStringSubmatch(text, -1) {
		found = append(found, block{chapter, m[2], m[1], m[3]})
	}
	return found
}

func TestEveryBlockIsHeldToSomething(t *testing.T) {
	for chapter, text := range chapters(t) {
		for _, b := range blocks(chapter, text) {
			if b.path == "" && !slices.Contains([]string{"sh", "thrift", "protobuf", "yaml"}, b.language) {
				t.Errorf("%s: a %q block without a path:\n%s", chapter, b.language, b.text)
			}
		}
		if n := strings.Count("\n"+text, "\n```"); n != 2*len(blocks(chapter, text)) {
			t.Errorf("%s: %d fences, but %d blocks", chapter, n, len(blocks(chapter, text)))
		}
		if regexp.MustCompile(`(?m)^(    |\t)`).MatchString(fence.ReplaceAllString(text, "")) {
			t.Errorf("%s: an indented block, which nothing tests", chapter)
		}
	}
}

func TestExcerptsAreOfTheirFiles(t *testing.T) {
	for chapter, text := range chapters(t) {
		for _, b := range blocks(chapter, text) {
			if b.path == "" || strings.HasPrefix(b.path, "hello/") {
				continue
			}
			file, err := os.ReadFile(filepath.Join("..", filepath.FromSlash(b.path)))
			if err != nil {
				t.Errorf("%s: %v", chapter, err)
				continue
			}
			held := flat(string(file))
			if b.language == "text" {
				held = flat(regexp.MustCompile(`(?m)^//`).ReplaceAllString(held, ""))
			}
			if !strings.Contains(held, flat(b.text)) {
				t.Errorf("%s: not in %s:\n%s", chapter, b.path, b.text)
			}
		}
	}
}

// flat returns text without the indentation of its lines.
func flat(text string) string {
	return "\n" + regexp.MustCompile(`(?m)^[ \t]+`).ReplaceAllString(text, "")
}

// What a chapter links to is there, every chapter is on the map, and the
// README shows the way to the map.
func TestLinksLeadSomewhere(t *testing.T) {
	all := chapters(t)
	for chapter, text := range all {
		for _, m := range regexp.MustCompile(`\]\(([^)#:]+)(?:#[^)]*)?\)`).FindAllStringSubmatch(fence.ReplaceAllString(text, ""), -1) {
			if _, err := os.Stat(m[1]); err != nil {
				t.Errorf("%s: a link: %v", chapter, err)
			}
		}
		if chapter != "README.md" && !strings.Contains(all["README.md"], "]("+chapter+")") {
			t.Errorf("README.md does not link to %s", chapter)
		}
	}
	if !strings.Contains(readme(t), "](integration/docs/README.md)") {
		t.Error("the README of the repository does not link to the documentation")
	}
}
