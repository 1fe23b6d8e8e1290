package protoidl

import (
	"errors"
	"strings"

	"github.com/bufbuild/protocompile/parser"
	"github.com/bufbuild/protocompile/reporter"

	"github.com/volo-go/volo/pilota/report"
	"github.com/volo-go/volo/pilota/source"
)

// Error makes a search a reporter of protocompile. It lets it go on after an
// error.
func (s *search) Error(err reporter.ErrorWithPos) error {
	s.add(report.Error, "invalid-proto", err)
	return nil
}

// Warning makes a search a reporter of protocompile.
func (s *search) Warning(err reporter.ErrorWithPos) {
	s.add(report.Warning, "doubtful-proto", err)
}

func (s *search) add(severity report.Severity, code string, err reporter.ErrorWithPos) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.files[err.Start().Filename] // files that come with protocompile have no text
	d := Diagnose(f, err)
	d.Severity, d.Code = severity, code
	if repeats(s.found, d) {
		return
	}
	s.hintType(d)
	s.found = append(s.found, d)
}

// Diagnose returns what protocompile finds wrong with f, which is nil if its
// text is not known.
func Diagnose(f *source.File, err reporter.ErrorWithPos) *report.Diagnostic {
	d := &report.Diagnostic{Severity: report.Error, Code: "invalid-proto", Message: tidy(err.Unwrap())}
	if f != nil {
		d.Primary.Span = span(f, err)
	}
	switch {
	case errors.Is(err, parser.ErrNoSyntax):
		// It is about all of the file, and missing at its head.
		if f != nil {
			d.Primary.Span = token(f, d.Primary.Span.Start)
		}
		d.Hint("begin the file with `syntax = \"proto3\";`")
	case strings.Contains(d.Message, "edition") && strings.Contains(d.Message, "not recognized"):
		d.Hint("compile the file with protoc or buf, and pass the FileDescriptorSet or use protoc-gen-volo")
	case f != nil && strings.HasPrefix(d.Message, "syntax error: unexpected identifier"):
		if meant := report.Nearest(d.Primary.Span.Text(), keywords); meant != "" {
			d.Hint("did you mean `%s`?", meant)
		}
	}
	return d
}

// keywords are the words that what stands in a .proto file can begin with.
var keywords = []string{
	"edition", "enum", "extend", "extensions", "import", "message", "oneof", "option", "optional", "package",
	"repeated", "required", "reserved", "returns", "rpc", "service", "stream", "syntax",
}

// repeats reports whether d is a syntax error where one was found already: the
// parser stumbles over what the scanner has complained about, and over what
// stands in the place of what is missing.
func repeats(found report.List, d *report.Diagnostic) bool {
	if d.Primary.Span.File == nil || !strings.HasPrefix(d.Message, "syntax error: ") {
		return false
	}
	for _, before := range found {
		if before.Severity == report.Error && before.Primary.Span.File == d.Primary.Span.File && before.Primary.Span.Start == d.Primary.Span.Start {
			return true
		}
	}
	return false
}

// tidy returns the message in the style of the house: small letter, no full
// stop.
func tidy(err error) string {
	text := strings.TrimSuffix(strings.TrimSpace(err.Error()), ".")
	if len(text) > 1 && text[0] >= 'A' && text[0] <= 'Z' && text[1] >= 'a' && text[1] <= 'z' {
		text = strings.ToLower(text[:1]) + text[1:]
	}
	return strings.Replace(text, "unexpected $end", "unexpected end of the file", 1)
}

// conclude adds what protocompile returned and did not report.
func (s *search) conclude(err error) {
	var placed reporter.ErrorWithPos
	switch {
	case err == nil, errors.Is(err, reporter.ErrInvalidSource) && s.found.HasErrors():
	case errors.As(err, &placed):
		s.add(report.Error, "invalid-proto", placed)
	default:
		s.found.Errorf("invalid-proto", source.Span{}, "%s", tidy(err))
	}
	s.found.Sort()
}
