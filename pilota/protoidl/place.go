package protoidl

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/bufbuild/protocompile/ast"
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
	at := head(f)
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

// byteOrderMark may stand at the head of a file. protocompile counts from
// behind it.
const byteOrderMark = "\ufeff"

// head returns where the text of f begins.
func head(f *source.File) int {
	return len(f.Text) - len(strings.TrimPrefix(f.Text, byteOrderMark))
}

// span returns what protocompile means by a place in f.
func span(f *source.File, where ast.SourceSpan) source.Span {
	from, to := where.Start(), where.End()
	start := head(f) + max(from.Offset, 0)
	if from == to {
		return token(f, start) // errors of syntax only say where
	}
	// The column of the end is behind the last character, its offset is not.
	end := head(f) + max(to.Offset, 0)
	if end < len(f.Text) {
		_, n := utf8.DecodeRuneInString(f.Text[end:])
		end += n
	}
	start = min(start, len(f.Text))
	return source.Span{File: f, Start: start, End: min(max(end, start), len(f.Text))}
}

// token returns the word, the number, the string or the sign that begins at
// start.
func token(f *source.File, start int) source.Span {
	start = min(start, len(f.Text))
	rest := f.Text[start:]
	if rest == "" || rest[0] == '\n' || rest[0] == '\r' {
		return source.Span{File: f, Start: start, End: start}
	}
	word := func(r rune) bool {
		return r == '_' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
	}
	n := len(rest) - len(strings.TrimLeftFunc(rest, word))
	if n == 0 && (rest[0] == '"' || rest[0] == '\'') {
		line, _, _ := strings.Cut(rest, "\n")
		if end := strings.IndexByte(line[1:], rest[0]); end >= 0 {
			n = end + 2
		}
	}
	if n == 0 {
		_, n = utf8.DecodeRuneInString(rest)
	}
	return source.Span{File: f, Start: start, End: start + n}
}
