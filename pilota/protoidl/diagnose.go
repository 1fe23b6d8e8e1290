package protoidl

import (
	"errors"
	"strings"

	"github.com/bufbuild/protocompile/ast"
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
	d := &report.Diagnostic{Severity: severity, Code: code, Message: tidy(err.Unwrap())}
	d.Primary.Span = s.span(err)
	if strings.Contains(d.Message, "edition") && strings.Contains(d.Message, "not recognized") {
		d.Hint("compile the file with protoc or buf, and pass the FileDescriptorSet or use protoc-gen-volo")
	}
	s.found = append(s.found, d)
}

// tidy returns the message in the style of the house: small letter, no full
// stop.
func tidy(err error) string {
	text := strings.TrimSuffix(strings.TrimSpace(err.Error()), ".")
	if len(text) > 1 && text[0] >= 'A' && text[0] <= 'Z' && text[1] >= 'a' && text[1] <= 'z' {
		text = strings.ToLower(text[:1]) + text[1:]
	}
	return text
}

// span returns what an error is about, as far as the text is known: files
// that come with protocompile have none.
func (s *search) span(where ast.SourceSpan) source.Span {
	f := s.files[where.Start().Filename]
	if f == nil {
		return source.Span{}
	}
	start := min(max(where.Start().Offset, 0), len(f.Text))
	end := min(max(where.End().Offset, start), len(f.Text))
	return source.Span{File: f, Start: start, End: end}
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
