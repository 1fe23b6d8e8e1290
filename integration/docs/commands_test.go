package docs

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// Commands stand in sh blocks, one on a line, or in the prose.
func TestCommandsAndFlagsExist(t *testing.T) {
	volo, helps := tool(t), map[string]string{}
	help := func(words ...string) string {
		key := strings.Join(words, " ")
		if _, ok := helps[key]; !ok {
			helps[key] = run(t, ".", volo, append(slices.Clone(words), "--help")...)
		}
		return helps[key]
	}
	for chapter, text := range chapters(t) {
		var lines []string
		for _, b := range blocks(chapter, text) {
			if b.language == "sh" {
				lines = append(lines, strings.Split(strings.TrimSpace(b.text), "\n")...)
			}
		}
		for _, m := range code.FindAllStringSubmatch(fence.ReplaceAllString(text, ""), -1) {
			if strings.HasPrefix(m[1], "volo ") || strings.HasPrefix(m[1], "go run ./") {
				lines = append(lines, m[1])
			}
		}
		for _, line := range lines {
			if err := check(t, line, help); err != nil {
				t.Errorf("%s: %s: %v", chapter, line, err)
			}
		}
	}
}

// check says what is wrong with a command line.
func check(t *testing.T, line string, help func(words ...string) string) error {
	// What is quoted is data.
	words := strings.Fields(regexp.MustCompile(`'[^']*'`).ReplaceAllString(line, "DATA"))
	switch {
	case words[0] == "cd":
		return nil
	case words[0] == "go" && len(words) > 2 && strings.HasPrefix(words[2], "./cmd/"):
		return nil // of the reader's project, which getting_started_test.go runs
	case words[0] == "go" && len(words) > 2 && words[1] != "test":
		if out := run(t, "../..", "go", "list", "-f", "{{.Name}}", words[2]); strings.TrimSpace(out) != "main" {
			return fmt.Errorf("%s is no command", words[2])
		}
		return nil
	case words[0] == "go" && len(words) > 2:
		run(t, "../..", "go", "list", words[2])
		return nil
	case words[0] != "volo":
		return fmt.Errorf("only volo, go and cd are tested")
	}
	command := []string{}
	for _, word := range words[1:] {
		if !regexp.MustCompile(`(?m)^  ` + regexp.QuoteMeta(word) + ` +[A-Z]`).MatchString(help(command...)) {
			break
		}
		command = append(command, word)
	}
	if len(command) == 0 {
		return fmt.Errorf("there is no such command")
	}
	for _, word := range words[1+len(command):] {
		flag, _, _ := strings.Cut(word, "=")
		if strings.HasPrefix(flag, "-") && flag != "-" &&
			!regexp.MustCompile(`(?m)^ +(-\w, +)?`+regexp.QuoteMeta(flag)+`[ ,]`).MatchString(help(command...)) {
			return fmt.Errorf("volo %s has no %s", strings.Join(command, " "), flag)
		}
	}
	return nil
}

// IDLs are compiled by a volo.yml that names them; a volo.yml finds an IDL
// wherever it names one.
func TestIDLsAndConfigurationsCompile(t *testing.T) {
	volo := tool(t)
	for chapter, text := range chapters(t) {
		for i, b := range blocks(chapter, text) {
			if b.path != "" {
				continue
			}
			dir := t.TempDir()
			write(t, filepath.Join(dir, "go.mod"), "module example.com/hello\n")
			switch b.language {
			case "thrift", "protobuf":
				name := "x." + strings.Replace(b.language, "protobuf", "proto", 1)
				write(t, filepath.Join(dir, name), b.text)
				write(t, filepath.Join(dir, "volo.yml"), "entries:\n  default:\n    protocol: "+b.language+
					"\n    filename: gen\n    services:\n      - idl: {source: local, path: "+name+"}\n")
			case "yaml":
				write(t, filepath.Join(dir, "volo.yml"), b.text)
				for _, m := range regexp.MustCompile(`path: (\S+)`).FindAllStringSubmatch(b.text, -1) {
					idl := "namespace go x\nstruct X {}\n"
					if filepath.Ext(m[1]) == ".proto" {
						idl = "syntax = \"proto3\";\npackage x;\noption go_package = \"example.com/hello/gen/x\";\nmessage X {}\n"
					}
					write(t, filepath.Join(dir, filepath.FromSlash(m[1])), idl)
				}
			default:
				continue
			}
			cmd := exec.Command(volo, "gen")
			cmd.Dir = dir
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("%s, block %d: %v\n%s", chapter, i+1, err, out)
			}
		}
	}
}
