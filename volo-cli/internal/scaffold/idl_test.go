package scaffold

import (
	"maps"
	"slices"
	"strings"
	"testing"
)

func TestPlaceKeepsFilesRelativeToOneAnother(t *testing.T) {
	for _, tt := range []struct {
		name, root, files, includes string
		want, dirs                  string // "from→to", blank-separated
	}{
		{"one file", "/w/p", "/w/p/a.thrift", "", "/w/p/a.thrift→idl/a.thrift", ""},
		{"a file beside and one below", "/w/p", "/w/p/a.thrift /w/p/b.thrift /w/p/sub/c.thrift", "",
			"/w/p/a.thrift→idl/a.thrift /w/p/b.thrift→idl/b.thrift /w/p/sub/c.thrift→idl/sub/c.thrift", ""},
		{"a file in a sibling folder", "/w/p", "/w/p/a.thrift /w/common/b.thrift", "",
			"/w/common/b.thrift→idl/common/b.thrift /w/p/a.thrift→idl/p/a.thrift", ""},
		{"an include folder that is used", "/w/p", "/w/p/a.thrift /w/inc/x/b.thrift", "/w/inc /w/unused",
			"/w/inc/x/b.thrift→idl/inc/x/b.thrift /w/p/a.thrift→idl/p/a.thrift", "idl/inc"},
		{"the include folder above all", "/w", "/w/a.thrift /w/x/b.thrift", "/w",
			"/w/a.thrift→idl/a.thrift /w/x/b.thrift→idl/x/b.thrift", "idl"},
		{"far apart", "/home/me", "/home/me/a.thrift /srv/idl/b.thrift", "/srv/idl",
			"/home/me/a.thrift→idl/a.thrift /srv/idl/b.thrift→idl/idl/b.thrift", "idl/idl"},
		{"far apart, the file's folder an include folder", "/p", "/p/a.proto /q/idl/b.proto", "/p /q/idl",
			"/p/a.proto→idl/a.proto /q/idl/b.proto→idl/idl/b.proto", "idl idl/idl"},
		{"two far folders of one name", "/p", "/p/a.thrift /q/idl/b.thrift /r/idl/c.thrift", "/q/idl /r/idl",
			"/p/a.thrift→idl/a.thrift /q/idl/b.thrift→idl/idl/b.thrift /r/idl/c.thrift→idl/idl_/c.thrift", "idl/idl idl/idl_"},
	} {
		got, err := place(tt.root, strings.Fields(tt.files), strings.Fields(tt.includes))
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		var moves []string
		for _, from := range slices.Sorted(maps.Keys(got.files)) {
			moves = append(moves, from+"→"+got.files[from])
		}
		if got := strings.Join(moves, " "); got != tt.want {
			t.Errorf("%s: files\ngot  %s\nwant %s", tt.name, got, tt.want)
		}
		if got := strings.Join(got.dirs, " "); got != tt.dirs {
			t.Errorf("%s: include folders: got %q, want %q", tt.name, got, tt.dirs)
		}
	}
}

func TestPlaceSaysWhatItCannotPlace(t *testing.T) {
	_, err := place("/home/me", []string{"/home/me/a.thrift", "/srv/b.thrift"}, nil)
	want := "/srv/b.thrift is neither below /home/me nor below an include folder, so there is no place to copy it to; name its folder with --include"
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}
