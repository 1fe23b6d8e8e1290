// Package demo holds what `volo demo` runs: an IDL, and the handler and the
// client that are laid over the project that scaffolding makes of it. The
// client makes each kind of call once, prints what went out and what came
// back, and fails if that is not what it should be.
package demo

import (
	"bytes"
	"embed"
	"go/format"
	"text/template"
)

// The project.
const (
	Name   = "shop"
	Module = "example.com/shop"
	IDL    = "shop.thrift"
)

//go:embed files
var files embed.FS

// Text returns the IDL.
func Text() []byte {
	text, err := files.ReadFile("files/" + IDL)
	if err != nil {
		panic(err) // it is part of the binary
	}
	return text
}

// Overlay returns the files that replace scaffolded ones in a project with a
// module path.
func Overlay(module string) (map[string][]byte, error) {
	out := make(map[string][]byte)
	for name, tmpl := range map[string]string{
		"handler/shop.go":    "handler.go.tmpl",
		"cmd/client/main.go": "client.go.tmpl",
	} {
		t, err := template.ParseFS(files, "files/"+tmpl)
		if err != nil {
			return nil, err
		}
		var b bytes.Buffer
		if err := t.Execute(&b, module); err != nil {
			return nil, err
		}
		if out[name], err = format.Source(b.Bytes()); err != nil {
			return nil, err
		}
	}
	return out, nil
}
