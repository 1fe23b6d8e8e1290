package gen

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/volo-go/volo/pilota/ir"
)

// tag returns the struct tag of a field as a Go literal: what the IDL says
// about it, the name for JSON, then what plugins and the annotation go.tag
// add or replace.
func (r *record) tag(f *ir.Field) (string, error) {
	id, json := fmt.Sprintf("%s,%d", f.Name, f.ID), f.Name
	switch f.Requiredness {
	case ir.Required:
		id += ",required"
	case ir.Optional:
		id, json = id+",optional", json+",omitempty"
	}
	tags := tagList{{"thrift", id}, {"json", json}}
	view := &Field{IR: f, GoName: r.g.names[f], GoType: r.fieldType(f), tags: &tags}
	for _, plugin := range r.g.opts.Plugins {
		if err := plugin.Field(view); err != nil {
			return "", fmt.Errorf("plugin %T: field %s.%s: %w", plugin, r.s.Name, f.Name, err)
		}
	}
	if text, ok := f.Annotations.Get("go.tag"); ok {
		if err := tags.parse(text); err != nil {
			return "", fmt.Errorf("field %s.%s: annotation go.tag: %w", r.s.Name, f.Name, err)
		}
	}
	return tags.String(), nil
}

// A tagList is an ordered struct tag.
type tagList []struct{ key, value string }

// set replaces the value of a key or adds it at the end. An empty value
// removes the key.
func (l *tagList) set(key, value string) {
	for i, t := range *l {
		if t.key != key {
			continue
		}
		if value == "" {
			*l = append((*l)[:i:i], (*l)[i+1:]...)
			return
		}
		(*l)[i].value = value
		return
	}
	if value != "" {
		*l = append(*l, struct{ key, value string }{key, value})
	}
}

// parse sets the pairs of a struct tag, in which quotes may be escaped as
// other generators want them: json:\"id\".
func (l *tagList) parse(text string) error {
	rest := strings.TrimSpace(strings.ReplaceAll(text, `\"`, `"`))
	for rest != "" {
		key, after, ok := strings.Cut(rest, ":")
		if !ok || key == "" || strings.ContainsAny(key, " \"`") {
			return fmt.Errorf("want key:\"value\" pairs, got %q", text)
		}
		quoted, err := strconv.QuotedPrefix(after)
		if err != nil || quoted[0] != '"' {
			return fmt.Errorf("the value of %s is not in quotes: %q", key, text)
		}
		value, err := strconv.Unquote(quoted)
		if err != nil {
			return fmt.Errorf("the value of %s: %w", key, err)
		}
		l.set(key, value)
		rest = strings.TrimSpace(after[len(quoted):])
	}
	return nil
}

// String returns the tag as a Go literal.
func (l tagList) String() string {
	parts := make([]string, len(l))
	for i, t := range l {
		parts[i] = t.key + ":" + strconv.Quote(t.value)
	}
	text := strings.Join(parts, " ")
	if text == "" {
		return ""
	}
	if strconv.CanBackquote(text) {
		return "`" + text + "`"
	}
	return strconv.Quote(text)
}
