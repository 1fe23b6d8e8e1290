package protobuf_test

import (
	"fmt"

	"google.golang.org/protobuf/proto"

	"github.com/volo-go/volo/pilota/protobuf"
	"github.com/volo-go/volo/pilota/testdata/proto/bench"
	"github.com/volo-go/volo/pilota/testdata/proto/opaque"
)

func ExampleUnmarshal() {
	wire, err := protobuf.Marshal(&bench.Echo{Id: 7, Message: "hello"})
	if err != nil {
		fmt.Println(err)
		return
	}
	var echo bench.Echo
	if err := protobuf.Unmarshal(wire, &echo, protobuf.DecodeOptions{}); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(echo.GetId(), echo.GetMessage())
	// Output: 7 hello
}

// Messages of the opaque API have the same codec.
func ExampleMarshal_opaque() {
	flat := opaque.Flat_builder{Text: proto.String("hello")}.Build()
	flat.SetN(-1)
	wire, err := protobuf.Marshal(flat)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%q\n", wire)

	var got opaque.Flat
	if err := proto.Unmarshal(wire, &got); err != nil { // finds it too
		fmt.Println(err)
		return
	}
	fmt.Println(got.GetText(), got.GetN(), got.HasYes())
	// Output:
	// "\n\x05hello \x01"
	// hello -1 false
}
