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
	for _, t := range f.Tags {
		tags.set(t.Key, t.Value)
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
