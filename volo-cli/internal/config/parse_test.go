package config_test

import (
	"strings"
	"testing"

	"github.com/volo-go/volo/pilota/report"
	"github.com/volo-go/volo/volo-cli/internal/config"
)

// ok is a file that holds every key at least once.
const ok = `# a comment
entries:
  default:
    protocol: thrift
    filename: ./gen/
    repos:
      idl:
        url: git@host:team/idl.git
        ref: main
        lock: 4f1c0000000000000000000000000000000000aa
    services:
      - idl:
          source: local
          path: idl\echo.thrift
          includes: [idl, "other dir"]
        codegen_option:
          touch: [Audit, Log]
          keep_unknown_fields: true
          config:
            no_service: true
      - idl: {source: local, path: user.thrift}
    touch_all: true
    dedups: [Base, Page]
    special_namings: [IDs]
    split_generated_files: true
    with_descriptor: true
    with_field_mask: true
    with_comments: false
  second:
    protocol: thrift
    filename: gen2
    services: [{idl: {source: local, path: a.thrift}}]
  third:
    protocol: thrift
    filename: third/gen
    services: [{idl: {source: local, path: a.thrift}}]
`

func TestParseReadsEveryKey(t *testing.T) {
	f, err := config.Parse("volo.yml", ok)
	if err != nil {
		t.Fatal(err)
	}
	if len(f.Entries) != 3 || f.Entry("second") != f.Entries[1] || f.Entry("fourth") != nil {
		t.Fatalf("entries: got %v, want default, second and third", f.Entries)
	}
	e := f.Entries[0]
	type row struct {
		what      string
		got, want any
	}
	for _, r := range []row{
		{"name", e.Name, "default"},
		{"protocol", e.Protocol, config.Thrift},
		{"filename, cleaned", e.Filename, "gen"},
		{"repos", len(e.Repos), 1},
		{"repo name", e.Repos[0].Name, "idl"},
		{"repo url", e.Repos[0].URL, "git@host:team/idl.git"},
		{"repo ref", e.Repos[0].Ref, "main"},
		{"repo lock", e.Repos[0].Lock, "4f1c0000000000000000000000000000000000aa"},
		{"services", len(e.Services), 2},
		{"source", e.Services[0].Source, config.Local},
		{"path, with slashes", e.Services[0].Path, "idl/echo.thrift"},
		{"includes", strings.Join(e.Services[0].Includes, "|"), "idl|other dir"},
		{"touch", strings.Join(e.Services[0].Touch, "|"), "Audit|Log"},
		{"keep_unknown_fields", e.Services[0].KeepUnknownFields, true},
		{"no_service", e.Services[0].NoService, true},
		{"touch_all", e.TouchAll, true},
		{"touch_all, absent", f.Entries[1].TouchAll, false},
		{"dedups", strings.Join(e.Dedups, "|"), "Base|Page"},
		{"special_namings", strings.Join(e.SpecialNamings, "|"), "IDs"},
		{"split_generated_files", e.Split, true},
		{"with_descriptor", e.WithDescriptor, true},
		{"with_field_mask", e.WithFieldMask, true},
		{"with_comments", e.WithComments, false},
		{"with_comments, absent", f.Entries[1].WithComments, true},
		{"span of the path", e.Services[0].Span.Pos().String(), "volo.yml:14:17"},
		{"span of the entry", e.Span.Pos().String(), "volo.yml:3:3"},
	} {
		if r.got != r.want {
			t.Errorf("%s: got %v, want %v", r.what, r.got, r.want)
		}
	}
	if f, err = config.Parse("volo.yml", head+service); err != nil || f.Entries[0].Filename != "gen" {
		t.Errorf("a file without filename: got %v and %v, want gen and no error", f, err)
	}
}

// head is an entry that lacks nothing but its services.
const head = "entries:\n  default:\n    protocol: thrift\n"

// service is an element of services that lacks nothing; more keys may follow.
const service = "    services:\n      - idl: {source: local, path: a.thrift}\n"

func TestParseSaysWhatIsWrongWhereAndWhatToDo(t *testing.T) {
	for _, tt := range []struct{ name, text, want string }{
		{"an empty file", "", "volo.yml:1:1: the file is empty; 'volo init' writes one"},
		{"a comment only", "# nothing\n", "volo.yml:1:1: the file is empty; 'volo init' writes one"},
		{"a list at the top", "- a\n", "volo.yml:1:1: volo.yml must be a mapping, not a list"},
		{"a tab", "entries:\n\tdefault: {}\n", "volo.yml:2:1: found character that cannot start any token; indent with spaces: YAML knows no tabs"},
		{"an unclosed bracket", "entries: {\n", "volo.yml:2:1: did not find expected node content"},
		{"an unclosed bracket further down", head + "    services: [\n    touch_all: true\n", "volo.yml:4:1: did not find expected ',' or ']'"},
		{"a brace that is not expected", head + "    services: }\n", "volo.yml:4:1: did not find expected node content"},
		{"a mapping with a line too far to the left", head + "    services:\n      - a\n   b: c\n", "volo.yml:2:1: did not find expected key"},
		{"a colon too many", head + "    filename: a: b\n", "volo.yml:4:1: mapping values are not allowed in this context"},
		{"two documents", head + service + "---\nlint: {}\n", "volo.yml:7:1: the file has a second document; one document has everything; '---' begins another"},
		{"an absolute path", head + "    services:\n      - idl: {source: local, path: /idl/a.thrift}\n", "volo.yml:5:9: idl has an absolute path; paths begin at the folder of volo.yml"},
		{"no entries", "entries: {}\n", "volo.yml:1:1: entries has no entry; add one, usually called default"},
		{"a misspelt key", "entires: {}\n", `volo.yml:1:1: unknown key 'entires' in volo.yml; did you mean 'entries'?`},
		{"a key like no other", head + service + "    colour: red\n",
			`volo.yml:6:5: unknown key 'colour' in entry 'default'; known keys: protocol, filename, repos, services, touch_all, dedups, special_namings, split_generated_files, with_descriptor, with_field_mask, with_comments`},
		{"a key that is there twice", head + service + "    protocol: thrift\n",
			`volo.yml:6:5: key 'protocol' occurs twice in entry 'default'; first used here at volo.yml:3:5`},
		{"a key that is no word", "? [a]\n: b\n", "volo.yml:1:3: a key of volo.yml must be a word, not a list"},
		{"no protocol", "entries:\n  default:\n" + service,
			`volo.yml:2:3: entry 'default' has no protocol; add protocol: thrift, or protobuf`},
		{"another protocol", "entries:\n  default:\n    protocol: trift\n" + service,
			`volo.yml:3:15: protocol must be thrift or protobuf, not "trift"; did you mean 'thrift'?`},
		{"no services", head,
			`volo.yml:2:3: entry 'default' has no services; add one, for example - idl: { source: local, path: idl/echo.thrift }`},
		{"services that are no list", head + "    services: {}\n", "volo.yml:4:15: services must be a list, not a mapping"},
		{"a service without idl", head + "    services:\n      - codegen_option: {}\n",
			"volo.yml:5:9: a service has no idl; add idl: { source: local, path: … }"},
		{"an idl without source", head + "    services:\n      - idl: {path: a.thrift}\n",
			"volo.yml:5:9: idl has no source; add source: local"},
		{"an idl without path", head + "    services:\n      - idl: {source: local}\n",
			"volo.yml:5:9: idl has no path; add the path of the IDL file"},
		{"an empty path", head + "    services:\n      - idl: {source: local, path: \"\"}\n", "volo.yml:5:36: path is empty"},
		{"a path that is no string", head + "    services:\n      - idl: {source: local, path: [a]}\n",
			"volo.yml:5:36: path must be a string, not a list"},
		{"a path that is nothing", head + "    services:\n      - idl: {source: local, path: }\n",
			"volo.yml:5:36: path must be a string, not nothing"},
		{"git without repo", head + "    services:\n      - idl: {source: git, path: a.thrift}\n",
			"volo.yml:5:9: idl comes from git but names no repo; name one of the entry's repos"},
		{"local with repo", head + "    services:\n      - idl: {source: local, repo: x, path: a.thrift}\n",
			`volo.yml:5:9: idl is local but names repo 'x'; use source: git`},
		{"a repo that is not there", head + "    repos: {common: {url: u}}\n    services:\n      - idl: {source: git, repo: comon, path: a.thrift}\n",
			`volo.yml:6:34: idl comes from repo 'comon', which the entry does not have; did you mean 'common'?`},
		{"a repo without url", head + service + "    repos: {common: {ref: main}}\n",
			`volo.yml:6:13: repo 'common' has no url; add the address that 'git clone' would take`},
		{"a flag that is no flag", head + service + "    touch_all: sometimes\n",
			`volo.yml:6:16: touch_all must be true or false, not "sometimes"`},
		{"a list that holds nothing", head + "    services:\n      - idl: {source: local, path: a.thrift, includes: [~]}\n",
			"volo.yml:5:57: an element of includes must be a string, not nothing"},
		{"a protobuf file among Thrift", head + "    services:\n      - idl: {source: local, path: a.proto}\n",
			"volo.yml:5:36: a .proto file in entry 'default', whose protocol is thrift; give it an entry of its own with protocol: protobuf"},
		{"a Thrift file among protobuf", "entries:\n  default:\n    protocol: protobuf\n    services:\n      - idl: {source: local, path: a.thrift}\n",
			"volo.yml:5:36: entry 'default' has protocol protobuf, and this is no .proto file"},
		{"touch of protobuf", "entries:\n  default:\n    protocol: protobuf\n    services:\n      - idl: {source: local, path: a.proto}\n        codegen_option: {touch: [A]}\n",
			"volo.yml:5:36: touch is for Thrift; leave it out: all of a .proto file is generated"},
		{"unknown fields of protobuf", "entries:\n  default:\n    protocol: protobuf\n    services:\n      - idl: {source: local, path: a.proto}\n        codegen_option: {keep_unknown_fields: true}\n",
			"volo.yml:5:36: keep_unknown_fields is for Thrift; leave it out: messages of Protobuf keep them"},
		{"a lock that is no commit", head + service + "    repos: {idl: {url: u, lock: main}}\n",
			`volo.yml:6:13: the lock of repo 'idl' is no commit, but "main"; 'volo repo update idl' writes one`},
		{"a url that is an option", head + service + "    repos: {idl: {url: --upload-pack=x}}\n",
			`volo.yml:6:13: repo 'idl' has a url or a ref that git would not take for one`},
		{"a url that is a program", head + service + "    repos: {idl: {url: \"ext::sh -c x\"}}\n",
			`volo.yml:6:13: repo 'idl' has a url or a ref that git would not take for one`},
		{"a path out of the repository", head + "    repos: {idl: {url: u}}\n    services:\n      - idl: {source: git, repo: idl, path: a/../../b.thrift}\n",
			`volo.yml:6:9: idl leads out of repo 'idl'; path and includes begin at the top of the repository`},
		{"an include out of the repository", head + "    repos: {idl: {url: u}}\n    services:\n      - idl: {source: git, repo: idl, path: b.thrift, includes: [/x]}\n",
			`volo.yml:6:9: idl leads out of repo 'idl'; path and includes begin at the top of the repository`},
		{"what only Thrift has", "entries:\n  default:\n    with_field_mask: true\n    dedups: [A]\n    with_comments: false\n    split_generated_files: false\n    protocol: protobuf\n    services:\n      - idl: {source: local, path: a.proto}\n",
			"volo.yml:3:5: with_field_mask is for Thrift; leave it out: google.protobuf.FieldMask does that\n" +
				"volo.yml:4:5: dedups is for Thrift; leave it out: Protobuf has packages, and one file for each definition\n" +
				"volo.yml:5:5: with_comments is for Thrift; leave it out: code of Protobuf has the comments"},
		{"the old format", "entries:\n  default:\n    protocol: thrift\n    idls:\n      - {source: local, path: a.thrift}\n",
			"volo.yml:1:1: this is the format that Volo had before entries; 'volo migrate' rewrites it, and keeps the old one beside it"},
		{"two entries, one folder", head + service + "  b:\n    protocol: thrift\n    filename: gen/b\n" + service,
			"volo.yml:6:3: entries 'default' and 'b' generate into 'gen' and 'gen/b'; the other entry at volo.yml:2:3; set filename to a folder of its own"},
		{"a rule that is none", "lint: {enable: [documentd]}\n" + head + service,
			"volo.yml:1:17: there is no rule 'documentd'; did you mean 'documented'?"},
		{"a rule like no other", "lint: {disable: [nothing-like-it]}\n" + head + service,
			"volo.yml:1:18: there is no rule 'nothing-like-it'; 'volo lint --list' shows them"},
		{"a rule that is on and off", "lint: {enable: [package], disable: [package]}\n" + head + service,
			"volo.yml:1:37: rule 'package' is turned on and off; turned on here at volo.yml:1:17"},
		{"an excluded folder outside", "lint: {exclude: [../x]}\n" + head + service,
			"volo.yml:1:18: ../x is not below the folder of volo.yml; only what is there is looked at without being named"},
		{"a key of lint", "lint: {rules: [package]}\n" + head + service,
			"volo.yml:1:8: unknown key 'rules' in lint; known keys: enable, disable, exclude"},
		{"rules that are no list", "lint: {enable: package}\n" + head + service,
			"volo.yml:1:16: enable must be a list, not \"package\""},
		{"a Rust file name", head + service + "    filename: volo_gen.rs\n",
			"volo.yml:6:15: generated Go is a folder of packages, so filename must name a folder; write filename: gen"},
		{"a folder outside", head + service + "    filename: ../gen\n",
			"volo.yml:6:15: filename must name a folder below that of volo.yml; write filename: gen"},
		{"the folder itself", head + service + "    filename: .\n",
			"volo.yml:6:15: filename must name a folder below that of volo.yml; write filename: gen"},
		{"a folder that Go imports nothing of", head + service + "    filename: a/vendor/gen\n",
			"volo.yml:6:15: go imports nothing of a folder vendor, so filename must name another; write filename: gen"},
		{"an absolute folder", head + service + "    filename: /gen\n",
			"volo.yml:6:15: filename must name a folder below that of volo.yml; write filename: gen"},
		{"a crate name", head + "    services:\n      - idl: {source: local, path: a.thrift}\n        codegen_option: {config: {crate_name: x}}\n",
			`volo.yml:6:35: unknown key 'crate_name' in config; leave it out: Go packages are named by the namespaces of the IDL`},
		{"several faults, in order", "entries:\n  a:\n    protocol: x\n    file: y\n",
			"volo.yml:3:15: protocol must be thrift or protobuf, not \"x\"\n" +
				`volo.yml:4:5: unknown key 'file' in entry 'a'; did you mean 'filename'?`},
		{"an alias that holds itself", "entries: &a\n  default: *a\n",
			`volo.yml:2:3: unknown key 'default' in entry 'default'; known keys: protocol, filename, repos, services, touch_all, dedups, special_namings, split_generated_files, with_descriptor, with_field_mask, with_comments`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := config.Parse("volo.yml", tt.text)
			if err == nil {
				t.Fatalf("got no error, want %q", tt.want)
			}
			if got := lines(err); got != tt.want {
				t.Errorf("got  %q\nwant %q", got, tt.want)
			}
		})
	}
}

// lines writes each diagnostic of err on a line: position: message; help, with
// single quotes for backquotes.
func lines(err error) string {
	var out []string
	for _, d := range err.(report.List) {
		line := d.Primary.Span.Pos().String() + ": " + d.Message
		for _, r := range d.Related {
			line += "; " + r.Text + " at " + r.Span.Pos().String()
		}
		out = append(out, strings.Join(append([]string{line}, d.Help...), "; "))
	}
	return strings.ReplaceAll(strings.Join(out, "\n"), "`", "'")
}

func TestParseReadsAWorkspace(t *testing.T) {
	const text = "protocol: thrift\nservices:\n  - idl: {source: local, path: a.thrift}\n    codegen_option: {config: {crate_name: a}}\n"
	f, err := config.Parse("x/volo.workspace.yml", text)
	if err != nil || len(f.Entries) != 1 || f.Entries[0].Filename != "common" || len(f.Entries[0].Services) != 1 {
		t.Fatalf("got %+v and %v, want one entry with a service, generated into common", f, err)
	}
	f, err = config.Parse("volo.workspace.yml", text+"common_crate_name: shared\n")
	if err != nil || f.Entries[0].Filename != "shared" {
		t.Errorf("common_crate_name: got %+v and %v, want the folder shared", f, err)
	}
	_, err = config.Parse("volo.workspace.yml", text+"filename: gen\n")
	if got, want := lines(err), "volo.workspace.yml:5:1: unknown key 'filename' in volo.workspace.yml"; !strings.HasPrefix(got, want) {
		t.Errorf("filename: got %q, want %q", got, want)
	}
}

func TestSpansCoverWhatIsWrong(t *testing.T) {
	for _, tt := range []struct{ name, text, want string }{
		{"a plain word", "entires: {}", "entires"},
		{"a quoted word", `"entires": {}`, `"entires"`},
		{"after runes of several bytes", head + service + "    filename: ä/ö.rs # x", "ä/ö.rs"},
		{"a mapping", "entries: {default: {protocol: thrift, services: {}}}", "{"},
	} {
		_, err := config.Parse("volo.yml", tt.text)
		list, ok := err.(report.List)
		if !ok {
			t.Errorf("%s: got %v, want a report.List", tt.name, err)
			continue
		}
		if got := list[0].Primary.Span.Text(); got != tt.want {
			t.Errorf("%s: the span covers %q, want %q", tt.name, got, tt.want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(ok)
	f.Add(head + service)
	f.Add("entries: &a\n  default: *a\n")
	f.Add("entries:\n  - \xff\n")
	f.Fuzz(func(t *testing.T, text string) {
		file, err := config.Parse("volo.yml", text)
		if (file == nil) == (err == nil) {
			t.Fatalf("got file %v and error %v, want exactly one", file, err)
		}
		if err != nil {
			for _, d := range err.(report.List) {
				d.Render(report.Style{})
			}
		}
	})
}

func TestLintIsReadFromEitherFile(t *testing.T) {
	const keys = "enable: [documented]\ndisable: [package, syntax]\nexclude: [idl/vendor/, a\\b.thrift]\n"
	indented := "  " + strings.ReplaceAll(strings.TrimSpace(keys), "\n", "\n  ") + "\n"
	file, err := config.Parse("volo.yml", head+service+"lint:\n"+indented)
	if err != nil {
		t.Fatal(lines(err))
	}
	workspace, err := config.Parse(config.WorkspaceName, "protocol: thrift\nservices:\n  - idl: {source: local, path: a.thrift}\nlint:\n"+indented)
	if err != nil {
		t.Fatal(lines(err))
	}
	alone, err := config.ParseLint(config.LintName, keys)
	if err != nil {
		t.Fatal(lines(err))
	}
	for name, l := range map[string]*config.Lint{"volo.yml": file.Lint, "the workspace": workspace.Lint, "the file of its own": alone} {
		if got := strings.Join(l.Enable, " ") + "|" + strings.Join(l.Disable, " "); got != "documented|package syntax" {
			t.Errorf("%s: got %q", name, got)
		}
		for path, want := range map[string]bool{"idl/vendor/x.proto": true, "idl/vendored.proto": false, "a/b.thrift": true, "b.thrift": false} {
			if got := l.Excludes(path); got != want {
				t.Errorf("%s: %s is excluded: got %v, want %v", name, path, got, want)
			}
		}
	}
	if l, err := config.ParseLint(config.LintName, "# nothing\n"); err != nil || len(l.Enable)+len(l.Disable)+len(l.Exclude) > 0 {
		t.Errorf("a file that says nothing: got %v, %v", l, err)
	}
	if _, err := config.ParseLint(config.LintName, "enable: [\n"); err == nil {
		t.Error("a file that is no YAML: got no error")
	}
}
