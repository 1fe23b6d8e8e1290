package stub_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/volo-go/volo/volo-cli/internal/stub"
)

// generated is what a generator would write for two services, one of which
// extends the other.
var generated = map[string][]byte{
	"other/shop/types.go": []byte(`package shop
type Rest struct{}
type Loop struct {
	Loop *Loop ` + "`thrift:\"loop,1,required\"`" + `
}
`),
	"shop/types.go": []byte(`package shop
import other "example.com/x/gen/other/shop"
type Item struct{}
func NewItem() *Item { return &Item{} }
type Plain struct{}
type Names []string
type Stock map[string]int32
type Colour int32
type Note = string
type Shade = Colour
type Thing = Plain
type Choice struct {
	A *int64 ` + "`thrift:\"a,1,optional\"`" + `
	B *Item ` + "`thrift:\"b,2,optional\"`" + `
}
func NewChoice() *Choice { return nil }
func (c *Choice) AppendBinary() error { return thrift.ErrInvalidUnion }
type Whole struct {
	Part *Item ` + "`thrift:\"part,1,required\"`" + `
	Choice *Choice ` + "`thrift:\"choice,2,required\"`" + `
	Rest *other.Rest ` + "`thrift:\"rest,3,required\"`" + `
	Text string ` + "`thrift:\"text,4,required\"`" + `
	More *Whole ` + "`thrift:\"more,5,optional\"`" + `
}
func NewWhole() *Whole { return nil }
`),
	"base/basethrift/base.go": []byte(`package basethrift
import "context"
// Pinger answers pings.
type Pinger interface {
	// Ping says
	// nothing.
	Ping(ctx context.Context) error
}
func NewPingerService(h Pinger) any { return nil }
func NewPingerClient() any { return nil }
`),
	"shop/shopthrift/shop.go": []byte(`package shopthrift
import (
	"context"
	"example.com/x/gen/base/basethrift"
	things "example.com/x/gen/shop"
)
type Shop interface {
	basethrift.Pinger
	Find(ctx context.Context, id int64, names []string) (*things.Item, error)
	Unmade(context.Context, bool) (*things.Plain, error)
	Names(ctx context.Context, m map[string]*things.Item) (things.Names, error)
	Stock(ctx context.Context, c things.Colour) (things.Stock, error)
	Paint(ctx context.Context, a, b string) (things.Colour, error)
	Note(ctx context.Context) (things.Note, error)
	ID(ctx context.Context, f float64) ([16]byte, error)
	Maybe(ctx context.Context, s *string, c *things.Shade, n *things.Thing) error
	Whole(ctx context.Context, w *things.Whole) (*things.Choice, error)
	Hides(ctx context.Context, shop *things.Item) (things.Shade, error)
}
func NewShopService(h Shop) any { return nil }
func NewShopClient() any { return nil }
// Other is an interface that is no service.
type Other interface { X() }
`),
	"shop/shopthrift/shop_test.go": []byte(`this is not read`),
	"README.md":                    []byte(`nor this`),
}

func TestReadFindsServicesAndTheirMethods(t *testing.T) {
	services, err := stub.Read("example.com/x/gen", generated)
	if err != nil {
		t.Fatal(err)
	}
	var got strings.Builder
	for _, s := range services {
		fmt.Fprintf(&got, "%s of %s in %s (%s) %q\n", s.Name, s.File, s.Import, s.Package, s.Doc)
		for _, m := range s.Methods {
			fmt.Fprintf(&got, "  %s %v (%s = %s) %v %q\n", m.Name, m.Params, m.Result, m.Zero, m.Imports, m.Doc)
		}
	}
	want := `Pinger of base/basethrift/base.go in example.com/x/gen/base/basethrift (basethrift) "Pinger answers pings."
  Ping [] ( = ) [] "Ping says\nnothing."
Shop of shop/shopthrift/shop.go in example.com/x/gen/shop/shopthrift (shopthrift) ""
  Ping [] ( = ) [] "Ping says\nnothing."
  Find [{id int64 0} {names []string []string{}}] (*shop.Item = shop.NewItem()) [{ example.com/x/gen/shop}] ""
  Unmade [{arg1 bool false}] (*shop.Plain = &shop.Plain{}) [{ example.com/x/gen/shop}] ""
  Names [{m map[string]*shop.Item map[string]*shop.Item{}}] (shop.Names = shop.Names{}) [{ example.com/x/gen/shop}] ""
  Stock [{c shop.Colour 0}] (shop.Stock = shop.Stock{}) [{ example.com/x/gen/shop}] ""
  Paint [{a string ""} {b string ""}] (shop.Colour = 0) [{ example.com/x/gen/shop}] ""
  Note [] (shop.Note = "") [{ example.com/x/gen/shop}] ""
  ID [{f float64 0}] ([16]byte = [16]byte{}) [] ""
  Maybe [{s *string nil} {c *shop.Shade nil} {n *shop.Thing &shop.Plain{}}] ( = ) [{ example.com/x/gen/shop}] ""
  Whole [{w *shop.Whole &shop.Whole{Part: shop.NewItem(), Choice: &shop.Choice{A: new(int64)}, Rest: &shop2.Rest{}}}] (*shop.Choice = &shop.Choice{A: new(int64)}) [{ example.com/x/gen/shop} {shop2 example.com/x/gen/other/shop}] ""
  Hides [{shopArg *shop.Item shop.NewItem()}] (shop.Shade = 0) [{ example.com/x/gen/shop}] ""
`
	if got.String() != want {
		t.Errorf("got\n%s\nwant\n%s", got.String(), want)
	}
}

func TestReadNamesTheFileThatDoesNotParse(t *testing.T) {
	_, err := stub.Read("x", map[string][]byte{"a/b.go": []byte("package b\nfunc")})
	if err == nil || !strings.Contains(err.Error(), "a/b.go:2:5") {
		t.Errorf("got %v, want an error at a/b.go:2:5", err)
	}
}
