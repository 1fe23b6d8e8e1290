package protoidl

import (
	"slices"
	"unicode/utf8"

	"google.golang.org/protobuf/types/descriptorpb"

	"github.com/volo-go/volo/pilota/source"
)

// Location returns what the source information of a file says about a path,
// as SourceCodeInfo describes them; nil if nothing.
func (f *Files) Location(file *descriptorpb.FileDescriptorProto, path ...int32) *descriptorpb.SourceCodeInfo_Location {
	for _, l := range file.GetSourceCodeInfo().GetLocation() {
		if slices.Equal(l.Path, path) {
			return l
		}
	}
	return nil
}

// Span returns where the declaration at a path stands; without a path, the
// head of the file. It is nowhere if the text is not known.
func (f *Files) Span(file *descriptorpb.FileDescriptorProto, path ...int32) source.Span {
	text := f.Sources[file.GetName()]
	if text == nil {
		return source.Span{}
	}
	if len(path) == 0 {
		return source.Span{File: text}
	}
	l := f.Location(file, path...)
	if l == nil || len(l.Span) < 3 {
		return source.Span{File: text}
	}
	end := l.Span[len(l.Span)-2:]
	if len(l.Span) == 3 {
		end = []int32{l.Span[0], l.Span[2]}
	}
	from := offset(text, l.Span[0], l.Span[1])
	return source.Span{File: text, Start: from, End: max(from, offset(text, end[0], end[1]))}
}

// offset returns where a line and a column of source information are; both
// count from 0, columns in runes, with tabs to the next multiple of 8.
func offset(f *source.File, line, col int32) int {
	at := 0
	for range line {
		for at < len(f.Text) && f.Text[at] != '\n' {
			at++
		}
		at = min(at+1, len(f.Text))
	}
	for c := int32(0); c < col && at < len(f.Text); {
		r, n := utf8.DecodeRuneInString(f.Text[at:])
		if r == '\t' {
			c += 8 - c%8
		} else {
			c++
		}
		at += n
	}
	return at
}
