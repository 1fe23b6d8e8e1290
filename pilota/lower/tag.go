package lower

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/volo-go/volo/pilota/ir"
)

// WrongTag is the code of warnings about annotations go.tag that are no struct
// tags, with which no Go can be generated. Else nobody needs them.
const WrongTag = "struct-tag"

// tags reads the annotation go.tag of a field. If there are several, the last
// one counts, and each is checked.
func (r *run) tags(all ir.Annotations) (tags []ir.Tag) {
	for _, an := range all {
		if an.Key != "go.tag" {
			continue
		}
		var err error
		if tags, err = parseTag(an.Value); err != nil {
			r.list.Warnf(WrongTag, an.Span, "`go.tag` is no struct tag: %v", err).
				Hint("write pairs such as %s", "`json:\"id\" db:\"number\"`")
		}
	}
	return tags
}

// parseTag reads the pairs of a struct tag, in which quotes may be escaped as
// other generators want them: json:\"id\".
func parseTag(text string) (tags []ir.Tag, err error) {
	rest := strings.TrimSpace(strings.ReplaceAll(text, `\"`, `"`))
	for rest != "" {
		key, after, ok := strings.Cut(rest, ":")
		if !ok || key == "" || strings.ContainsAny(key, " \"`") {
			return nil, fmt.Errorf("no key and colon where `%s` begins", rest)
		}
		quoted, err := strconv.QuotedPrefix(after)
		if err != nil || quoted[0] != '"' {
			return nil, fmt.Errorf("the value of `%s` is not in quotes", key)
		}
		value, err := strconv.Unquote(quoted)
		if err != nil {
			return nil, fmt.Errorf("the value of `%s` is malformed", key)
		}
		tags = append(tags, ir.Tag{Key: key, Value: value})
		rest = strings.TrimSpace(after[len(quoted):])
	}
	return tags, nil
}
