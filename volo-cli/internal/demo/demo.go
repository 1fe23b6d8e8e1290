// Package demo holds what `volo demo` runs: for each protocol an IDL, and the
// handler and the client that are laid over the project that scaffolding makes
// of it. The clients make each kind of call once, print what went out and what
// came back, and fail if that is not what it should be.
package demo

import (
	"bytes"
	"embed"
	"go/format"
	"text/template"
)

// A Project is one project of the demo.
type Project struct {
	Title  string
	Name   string
	Module string
	IDL    string // file name

	folder  string            // of its files
	overlay map[string]string // template of each scaffolded file that is replaced
}

// Projects are the projects, in the order in which they are shown.
var Projects = []*Project{
	{
		Title: "Thrift", Name: "shop", Module: "example.com/shop", IDL: "shop.thrift", folder: "files/thrift/",
		overlay: map[string]string{"handler/shop.go": "handler.go.tmpl", "cmd/client/main.go": "client.go.tmpl"},
	},
	{
		Title: "gRPC", Name: "warehouse", Module: "example.com/warehouse", IDL: "warehouse.proto", folder: "files/grpc/",
		overlay: map[string]string{"handler/warehouse.go": "handler.go.tmpl", "cmd/client/main.go": "client.go.tmpl"},
	},
}

//go:embed files
var files embed.FS

// Text returns the IDL.
func (p *Project) Text() []byte {
	text, err := files.ReadFile(p.folder + p.IDL)
	if err != nil {
		panic(err) // it is part of the binary
	}
	return text
}

// Overlay returns the files that replace scaffolded ones.
func (p *Project) Overlay() (map[string][]byte, error) {
	out := make(map[string][]byte)
	for name, tmpl := range p.overlay {
		t, err := template.ParseFS(files, p.folder+tmpl)
		if err != nil {
			return nil, err
		}
		var b bytes.Buffer
		if err := t.Execute(&b, p.Module); err != nil {
			return nil, err
		}
		if out[name], err = format.Source(b.Bytes()); err != nil {
			return nil, err
		}
	}
	return out, nil
}
