// Package source holds the input of the compiler: files and places in them.
package source

import (
	"sort"
	"strconv"
	"unicode/utf8"
)

// A File is one IDL file, whole in memory. It is immutable.
type File struct {
	Name string // as shown in diagnostics, with forward slashes
	Text string

	lines []int // offset of the first byte of each line
}

// NewFile returns the file called name that holds text.
func NewFile(name, text string) *File {
	lines := []int{0}
	for i := 0; i < len(text); i++ {
		if text[i] == '\n' {
			lines = append(lines, i+1)
		}
	}
	return &File{Name: name, Text: text, lines: lines}
}

// A Span is a half-open range of bytes in a file. The zero Span is nowhere.
type Span struct {
	File       *File
	Start, End int // byte offsets, 0 ≤ Start ≤ End ≤ len(File.Text)
}

// IsZero reports whether s is nowhere.
func (s Span) IsZero() bool { return s.File == nil }

// Text returns the bytes that s covers.
func (s Span) Text() string {
	if s.File == nil {
		return ""
	}
	return s.File.Text[s.Start:s.End]
}

// Pos returns the position of the first byte of s.
func (s Span) Pos() Pos {
	if s.File == nil {
		return Pos{}
	}
	return s.File.Pos(s.Start)
}

// To returns the span from the start of s to the end of t, in the same file.
func (s Span) To(t Span) Span { return Span{s.File, s.Start, t.End} }

// A Pos is a place for people: lines and columns count from 1, columns in
// runes.
type Pos struct {
	Name      string
	Line, Col int
}

// String returns name:line:col.
func (p Pos) String() string {
	if p.Line == 0 {
		return p.Name
	}
	return p.Name + ":" + strconv.Itoa(p.Line) + ":" + strconv.Itoa(p.Col)
}

// Pos returns the position of the byte at offset.
func (f *File) Pos(offset int) Pos {
	line := sort.SearchInts(f.lines, offset+1) - 1
	return Pos{f.Name, line + 1, utf8.RuneCountInString(f.Text[f.lines[line]:offset]) + 1}
}

// Line returns the text of the line that counts from 1, without its end.
func (f *File) Line(n int) string {
	if n < 1 || n > len(f.lines) {
		return ""
	}
	end := len(f.Text)
	if n < len(f.lines) {
		end = f.lines[n] - 1
	}
	text := f.Text[f.lines[n-1]:end]
	if len(text) > 0 && text[len(text)-1] == '\r' {
		text = text[:len(text)-1]
	}
	return text
}
