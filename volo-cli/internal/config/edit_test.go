package config_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/volo-go/volo/volo-cli/internal/config"
)

const (
	one = "1111111111111111111111111111111111111111"
	two = "2222222222222222222222222222222222222222"
)

const commented = `# kept
entries:
  default:
    protocol: thrift # kept, too
    repos:
      a:
        url: u
        ref: main # follow main

      b: {url: v, lock: ` + one + `}
    services:
    - idl:
        source: local
        path: a.thrift
    # the end of services

    touch_all: true
`

func parse(t *testing.T, text string) *config.File {
	t.Helper()
	f, err := config.Parse("volo.yml", text)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestEditsLeaveTheRestOfTheFileAlone(t *testing.T) {
	repo := &config.Repo{Name: "c", URL: "git@host:x/y.git", Ref: "v1"}
	service := &config.IDL{Source: config.Git, Repo: "a", Path: "dir/b: c.thrift", Includes: []string{"dir"}}
	for _, tt := range []struct {
		name     string
		edit     func(f *config.File) (string, error)
		old, new string // new in place of old, the rest as it was
	}{
		{"a lock that was not there", func(f *config.File) (string, error) { return f.SetLocks("default", map[string]string{"a": two}) },
			"        url: u\n", "        url: u\n        lock: " + two + "\n"},
		{"another lock, in braces", func(f *config.File) (string, error) { return f.SetLocks("default", map[string]string{"b": two}) },
			one, two},
		{"a repository", func(f *config.File) (string, error) { return f.AddRepo("default", repo) },
			one + "}\n", one + "}\n      c:\n        url: git@host:x/y.git\n        ref: v1\n"},
		{"a service", func(f *config.File) (string, error) { return f.AddService("default", service) },
			"path: a.thrift\n", "path: a.thrift\n    - idl:\n        source: git\n        repo: a\n        path: \"dir/b: c.thrift\"\n        includes:\n          - dir\n"},
		{"an entry", func(f *config.File) (string, error) {
			return f.AddEntry(&config.Entry{Name: "p", Protocol: config.Protobuf, Filename: "proto",
				Services: []*config.IDL{{Source: config.Local, Path: "a.proto"}}})
		},
			"touch_all: true\n", "touch_all: true\n  p:\n    protocol: protobuf\n    filename: proto\n    services:\n      - idl:\n          source: local\n          path: a.proto\n"},
	} {
		got, err := tt.edit(parse(t, commented))
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		if want := strings.Replace(commented, tt.old, tt.new, 1); got != want {
			t.Errorf("%s: got\n%s\nwant\n%s", tt.name, got, want)
		}
	}
}

func TestTheFirstRepositoryStandsAboveTheServices(t *testing.T) {
	got, err := parse(t, head+service).AddRepo("default", &config.Repo{Name: "idl", URL: "u", Ref: "HEAD"})
	want := head + "    repos:\n      idl:\n        url: u\n        ref: HEAD\n" + service
	if err != nil || got != want {
		t.Errorf("got %v and\n%s\nwant\n%s", err, got, want)
	}
}

func TestWhatIsInBracesIsLeftToPeople(t *testing.T) {
	const text = "entries: {default: {protocol: thrift, services: [{idl: {source: local, path: a.thrift}}]}}"
	f := parse(t, text)
	_, err := f.AddRepo("default", &config.Repo{Name: "idl", URL: "u", Ref: "main"})
	var edit *config.EditError
	if !errors.As(err, &edit) || !strings.Contains(edit.Error(), "  url: u\n") {
		t.Errorf("a repository: got %v, want an EditError with what to add", err)
	}
	if _, err = f.AddService("default", &config.IDL{Source: config.Local, Path: "b.thrift"}); !errors.As(err, &edit) {
		t.Errorf("a service: got %v, want an EditError", err)
	}
}
