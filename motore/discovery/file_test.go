package discovery_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/volo-go/volo/motore/discovery"
	"github.com/volo-go/volo/motore/discovery/discoverytest"
)

// write puts text where path is, in one step.
func write(t testing.TB, path, text string) {
	t.Helper()
	fresh := path + ".new"
	if err := os.WriteFile(fresh, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(fresh, path); err != nil {
		t.Fatal(err)
	}
}

// overwrite puts text into the file at path, which readers may see half done.
func overwrite(t testing.TB, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// fileOf returns what is to be in a file for shop.item to have instances.
func fileOf(instances []discovery.Instance) string {
	type entry struct {
		Address string            `json:"address"`
		Weight  int               `json:"weight"`
		Tags    map[string]string `json:"tags,omitempty"`
	}
	entries := []entry{}
	for _, in := range instances {
		entries = append(entries, entry{in.Address.String(), in.Weight, in.Tags})
	}
	text, err := json.Marshal(map[string][]entry{"shop.item": entries})
	if err != nil {
		panic(err)
	}
	return string(text)
}

func TestFileConforms(t *testing.T) {
	for what, put := range map[string]func(testing.TB, string, string){
		"replaced":  write,
		"rewritten": overwrite,
		"behind a link": func(t testing.TB, path, text string) {
			target := filepath.Join(t.TempDir(), "target") // a new one each time
			overwrite(t, target, text)
			os.Remove(path + ".link")
			if err := os.Symlink(target, path+".link"); err != nil {
				t.Fatal(err)
			}
			if err := os.Rename(path+".link", path); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(what, func(t *testing.T) {
			discoverytest.Run(t, func(t *testing.T) discoverytest.Subject {
				path := filepath.Join(t.TempDir(), "instances.json")
				put(t, path, "{}")
				return discoverytest.Subject{
					Discoverer: discovery.File(discovery.FileConfig{Path: path, Interval: time.Millisecond}),
					Service:    "shop.item",
					Set: func(t *testing.T, instances []discovery.Instance) {
						put(t, path, fileOf(instances))
					},
				}
			})
		})
	}
}

func TestFileContents(t *testing.T) {
	path := filepath.Join(t.TempDir(), "instances.json")
	for _, c := range []struct {
		what, text, want, err string
	}{
		{"one", `{"shop.item": [{"address": "a:1"}]}`, "a:1", ""},
		{"all that there can be", `{"shop.item": [{"address": "tcp://a:1", "weight": -3, "tags": {"zone": "x"}}, {"address": "unix:/run/b", "weight": 7}]}`,
			"a:1*-3 unix:/run/b*7", ""},
		{"none", `{"shop.item": []}`, "", ""},
		{"null is none", `{"shop.item": null}`, "", ""},
		{"others only", `{"shop.user": [{"address": "a:1"}]}`, "", ""},
		{"no services", "{}\n", "", ""},

		{"empty", ``, "", "before byte 0: not an object of services\nEOF"},
		{"null", `null`, "", `before byte 4: not an object of services`},
		{"a list", `[]`, "", `before byte 1: not an object of services`},
		{"cut off", `{"shop.item": [{"address"`, "", `before byte 13: service "shop.item": unexpected EOF`},
		{"cut off between services", `{"shop.item": []`, "", `before byte 16: EOF`},
		{"two objects", `{} {}`, "", `there is more after byte 4`},
		{"an unknown key", `{"shop.item": [{"adress": "a:1"}]}`, "", `before byte 33: service "shop.item": json: unknown field "adress"`},
		{"an address that is none", `{"shop.item": [{"address": "a:1"}, {"address": "b"}]}`, "",
			`before byte 52: service "shop.item": instance 2: rpc: address "b": address b: missing port in address`},
		{"no address", `{"shop.item": [{"weight": 1}]}`, "",
			`before byte 29: service "shop.item": instance 1: rpc: address "": missing port in address`},
		{"an address twice", `{"shop.item": [{"address": "a:1"}, {"address": "tcp://a:1"}]}`, "",
			`before byte 60: service "shop.item": instance 2: address "tcp://a:1" is there twice`},
		{"a service twice", `{"shop.item": [], "shop.item": []}`, "", `before byte 29: service "shop.item" is there twice`},
		{"a weight that is none", `{"shop.item": [{"address": "a:1", "weight": "much"}]}`, "",
			`before byte 52: service "shop.item": json: cannot unmarshal string into Go struct field fileInstance.weight of type int`},
		{"another service is broken", `{"shop.item": [{"address": "a:1"}], "shop.user": [{"address": "b"}]}`, "",
			`before byte 67: service "shop.user": instance 1: rpc: address "b": address b: missing port in address`},
	} {
		write(t, path, c.text)
		got, err := discovery.Resolve(t.Context(), discovery.File(discovery.FileConfig{Path: path}), "shop.item")
		if show(got) != c.want {
			t.Errorf("%s: got %s, want %s", c.what, show(got), c.want)
		}
		want := ""
		if c.err != "" {
			want = `discovery: service "shop.item": discovery: file ` + path + ": " + c.err
		}
		if text := fmt.Sprint(err); err != nil && text != want || err == nil && want != "" {
			t.Errorf("%s: got error %s\nwant %s", c.what, text, want)
		}
	}
}

func TestFileKeepsTags(t *testing.T) {
	path := filepath.Join(t.TempDir(), "instances.json")
	write(t, path, `{"s": [{"address": "a:1", "tags": {"zone": "x"}}]}`)
	got, err := discovery.Resolve(t.Context(), discovery.File(discovery.FileConfig{Path: path}), "s")
	if err != nil || got[0].Tags["zone"] != "x" {
		t.Errorf("got %v, %v, want zone x", got, err)
	}
}

func TestFileSizeIsBounded(t *testing.T) {
	path := filepath.Join(t.TempDir(), "instances.json")
	const most = 16 << 20
	for size, fits := range map[int]bool{most - 1: true, most: true, most + 1: false} {
		overwrite(t, path, "{}"+strings.Repeat(" ", size-2))
		_, err := discovery.Resolve(t.Context(), discovery.File(discovery.FileConfig{Path: path}), "s")
		if (err == nil) != fits {
			t.Errorf("%d bytes: got %v, want it to fit: %v", size, err, fits)
		}
		if want := "it is larger than 16777216 bytes"; err != nil && !strings.HasSuffix(err.Error(), want) {
			t.Errorf("%d bytes: got error %v, want %s", size, err, want)
		}
	}
}

func TestFileThatIsMissing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "instances.json")
	_, err := discovery.Resolve(t.Context(), discovery.File(discovery.FileConfig{Path: path}), "s")
	if !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), path) {
		t.Errorf("got %v, want an error that names %s and is fs.ErrNotExist", err, path)
	}
}

// TestFileLife follows a file through what may happen to it.
func TestFileLife(t *testing.T) {
	path := filepath.Join(t.TempDir(), "instances.json")
	write(t, path, `{"s": [{"address": "a:1"}]}`)
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex // guards what Watch has said
		var got, failed []string
		d := discovery.File(discovery.FileConfig{Path: path, OnError: func(service string, err error) {
			mu.Lock()
			defer mu.Unlock()
			_, text, _ := strings.Cut(err.Error(), path)
			failed = append(failed, service+text)
		}})
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() {
			ended <- d.Watch(ctx, "s", func(instances []discovery.Instance) {
				mu.Lock()
				defer mu.Unlock()
				got = append(got, "["+show(instances)+"]")
			})
		}()
		synctest.Wait()
		for _, c := range []struct {
			what   string
			change func()
			want   string
			failed string
		}{
			{"it is there", func() {}, "[a:1]", ""},
			{"nothing happens", func() {}, "", ""},
			{"another instance", func() { write(t, path, `{"s": [{"address": "b:1"}]}`) }, "[b:1]", ""},
			{"the same with more blanks", func() { write(t, path, `{"s":   [{"address":  "b:1"}]}`) }, "", ""},
			{"another of the same size, at the same time", func() {
				info, _ := os.Stat(path)
				overwrite(t, path, `{"s":   [{"address":  "c:1"}]}`)
				os.Chtimes(path, info.ModTime(), info.ModTime())
			}, "[c:1]", ""},
			{"half a file: what is known is kept", func() { overwrite(t, path, `{"s":   [{"addr`) }, "",
				`s: before byte 5: service "s": unexpected EOF`},
			{"it stays like that, and is reported once", func() { time.Sleep(time.Hour) }, "", ""},
			{"it is deleted", func() { os.Remove(path) }, "", "s: no such file or directory"},
			{"it is back as it was", func() { write(t, path, `{"s": [{"address": "c:1"}]}`) }, "", ""},
			{"it is deleted again", func() { os.Remove(path) }, "", "s: no such file or directory"},
			{"the service is not in it", func() { write(t, path, `{}`) }, "[]", ""},
		} {
			c.change()
			time.Sleep(discovery.DefaultFileInterval)
			synctest.Wait()
			mu.Lock()
			if g, f := strings.Join(got, " "), strings.Join(failed, " "); g != c.want || f != c.failed {
				t.Errorf("%s: got %s and failures %q, want %s and %q", c.what, g, f, c.want, c.failed)
			}
			got, failed = nil, nil
			mu.Unlock()
		}
		stop()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("got %v from Watch, want context.Canceled", err)
		}
	})
}

func FuzzFile(f *testing.F) {
	for _, text := range []string{`{"s": [{"address": "a:1", "weight": 1, "tags": {"k": "v"}}]}`, `{"s": null}`, `{`, `[]`, `{"s": [{}]}`} {
		f.Add(text)
	}
	path := filepath.Join(f.TempDir(), "instances.json")
	d := discovery.File(discovery.FileConfig{Path: path})
	f.Fuzz(func(t *testing.T, text string) {
		overwrite(t, path, text)
		got, err := discovery.Resolve(t.Context(), d, "shop.item")
		if err != nil {
			return
		}
		// What is read and written again is the same.
		overwrite(t, path, fileOf(got))
		again, err := discovery.Resolve(t.Context(), d, "shop.item")
		if err != nil || !discovery.Diff(got, again).IsZero() || len(got) != len(again) {
			t.Errorf("got %v, %v from what was written of %v", again, err, got)
		}
	})
}

func ExampleFile() {
	dir, err := os.MkdirTemp("", "")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "instances.json")
	os.WriteFile(path, []byte(`{"shop.item": [{"address": "192.0.2.1:8888", "weight": 20}]}`), 0o600)

	d := discovery.File(discovery.FileConfig{Path: path})
	instances, err := discovery.Resolve(context.Background(), d, "shop.item")
	fmt.Println(instances[0].Address, instances[0].Weight, err)
	// Output: 192.0.2.1:8888 20 <nil>
}
