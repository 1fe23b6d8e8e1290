package generated_test

import (
	"reflect"
	"testing"

	"github.com/volo-go/volo/pilota"
	"github.com/volo-go/volo/pilota/gen/testdata/full/go/demo/full"
	"github.com/volo-go/volo/pilota/gen/testdata/full/go/demo/full/fullthrift"
	"github.com/volo-go/volo/pilota/gen/testdata/full/go/demo/other"
	_ "github.com/volo-go/volo/pilota/gen/testdata/kinds/go/demo/kinds"
	_ "github.com/volo-go/volo/pilota/gen/testdata/split/go/demo/split"
	"github.com/volo-go/volo/pilota/thrift/dynamic"
	"github.com/volo-go/volo/pilota/thrift/fieldmask"
)

func TestGeneratedCodeCarriesTheDescriptorsThatTheCompilerMakes(t *testing.T) {
	files, diagnostics := pilota.Describe(pilota.Options{Inputs: []string{"../../testdata/full/idl/full.thrift"}})
	if files == nil {
		t.Fatal(diagnostics)
	}
	shape := (*full.Shape)(nil).Descriptor()
	for what, c := range map[string][2]string{
		"comments":            {shape.Doc, files[0].Struct("Shape").Doc},
		"types":               {shape.FieldByName("corners").Type.String(), "map<string, other.Point>"},
		"defaults":            {shape.FieldByName("verdict").Default.String(), "Verdict.GOOD"},
		"enums":               {full.Verdict(0).Descriptor().Values[1].Name, "BAD"},
		"inherited methods":   {fullthrift.ShapesDescriptor().Method("judge").Success().Type.String(), "full.Verdict"},
		"paths without roots": {shape.File.Path, "full.thrift"},
	} {
		if c[0] != c[1] || c[0] == "" {
			t.Errorf("%s: got %q, want %q", what, c[0], c[1])
		}
	}
	if (*other.Point)(nil).Descriptor() != shape.FieldByName("corners").Type.Elem.Struct {
		t.Error("two packages have two descriptors of one struct")
	}
	if f := shape.FieldByName("Descriptor"); f == nil || f.Default.Int != 4 {
		t.Error("a field that is named like the method has got lost")
	}
}

func TestMasksApplyToGeneratedStructs(t *testing.T) {
	shape := full.NewShape()
	shape.Name, shape.Path = "house", []*other.Point{{X: 1, Y: 2}, {X: 3, Y: 4}}
	shape.Corners = map[string]*other.Point{"a": {X: 5}, "b": {X: 6}}
	typ := shape.Descriptor().Type()
	mask, err := fieldmask.Allow(typ, "$.path[1].x", `$.corners{"a"}`)
	if err != nil {
		t.Fatal(err)
	}
	wire, err := mask.Marshal(typ, shape)
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"name":"house","path":[{"x":3}],"corners":{"a":{"x":5,"y":0}}}`
	if got, err := dynamic.ToJSON(nil, typ, wire, dynamic.Options{}); string(got) != want || err != nil {
		t.Errorf("got  %s, %v\nwant %s", got, err, want)
	}
	whole := encode(t, shape)
	got := new(full.Shape)
	if err := mask.Unmarshal(typ, whole, got); err != nil {
		t.Fatal(err)
	}
	masked := &full.Shape{Name: "house", Path: []*other.Point{{X: 3}}, Corners: map[string]*other.Point{"a": {X: 5}}}
	if !reflect.DeepEqual(got, masked) {
		t.Errorf("got  %v\nwant %v", got, masked)
	}
	var everything *fieldmask.Mask
	if again, err := everything.Marshal(typ, masked); err != nil || len(again) != masked.BinarySize() {
		t.Errorf("without a mask, %d bytes are %d: %v", masked.BinarySize(), len(again), err)
	}
}
