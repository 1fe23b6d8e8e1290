package generic_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/volo-go/volo/pilota/thrift"
	"github.com/volo-go/volo/pilota/thrift/descriptor"
	"github.com/volo-go/volo/pilota/thrift/dynamic"
	volothrift "github.com/volo-go/volo/volo-thrift"
	"github.com/volo-go/volo/volo-thrift/generic"
	"github.com/volo-go/volo/volo-thrift/generic/internal/shop/gen/shop"
	"github.com/volo-go/volo/volo-thrift/generic/internal/shop/gen/shop/shopthrift"
	"github.com/volo-go/volo/volo-thrift/volothrifttest"
)

var desc = shopthrift.ShopDescriptor()

// A keeper is a Shop with generated code.
type keeper struct{ forgotten chan int64 }

func (keeper) Find(_ context.Context, id int64) (*shop.Item, error) {
	switch id {
	case 404:
		return nil, fmt.Errorf("wrapped: %w", &shop.NotFound{ID: id})
	case 500:
		return nil, errors.New("no light")
	case 4001:
		return nil, &volothrift.BizError{Status: 4001, Message: "sold"}
	}
	return &shop.Item{ID: id, Name: "lamp", Prices: []*shop.Price{{Currency: shop.CurrencyUsd, Cents: 5}}, Stock: map[string]int32{"a": 1}, Picture: []byte{1, 2}}, nil
}

func (keeper) Order(_ context.Context, item *shop.Item, count int32) (int64, error) {
	return item.ID * int64(count), nil
}

func (keeper) Total(_ context.Context, prices []*shop.Price) (map[shop.Currency]int64, error) {
	total := map[shop.Currency]int64{}
	for _, p := range prices {
		total[p.Currency] += p.Cents
	}
	return total, nil
}

func (keeper) Close_(context.Context) error               { return nil }
func (k keeper) Forget(_ context.Context, id int64) error { k.forgotten <- id; return nil }

// over returns a client of the services, by any protocol.
func over(t testing.TB, pair *volothrifttest.Pair, opts ...volothrift.ClientOption) *volothrift.Client {
	t.Helper()
	c, err := volothrift.NewClient(pair.Target(), pair.ClientOptions(opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// calls are JSON calls and what comes of them with a keeper.
var calls = []struct{ method, args, want string }{
	{"find", `{"id": 7}`, `{"id":7,"name":"lamp","prices":[{"currency":"USD","cents":5}],"stock":{"a":1},"picture":"AQI="}`},
	{"order", `{"item": {"id": 3, "name": "x"}, "count": 5}`, `15`},
	{"order", `{"item": {"id": 3}}`, `3`},
	{"total", `{"prices": [{"currency": 1, "cents": 2}, {"currency": "EUR", "cents": 3}]}`, `{"EUR":5}`},
	{"close", `{}`, `null`},
}

func TestJSONCallsReachGeneratedCode(t *testing.T) {
	for name, opts := range map[string][]volothrift.ClientOption{
		"multiplexed": nil,
		"ping-pong":   {volothrift.WithPingPong(volothrift.PoolConfig{})},
		"framed":      {volothrift.WithProtocol(volothrift.Framed)},
		"both":        {volothrift.WithProtocol(volothrift.TTHeaderFramed)},
		"unframed":    {volothrift.WithProtocol(volothrift.Unframed)},
	} {
		t.Run(name, func(t *testing.T) {
			forgotten := make(chan int64, 1)
			client := generic.NewClient(over(t, volothrifttest.New(t, shopthrift.NewShopService(keeper{forgotten})), opts...), desc, generic.Options{})
			for _, c := range calls {
				got, err := client.CallJSON(t.Context(), c.method, []byte(c.args))
				if err != nil || string(got) != c.want {
					t.Errorf("%s(%s): got  %s, %v\nwant %s", c.method, c.args, got, err, c.want)
				}
			}
			if got, err := client.CallJSON(t.Context(), "forget", []byte(`{"id": 9}`)); got != nil || err != nil {
				t.Errorf("forget: got %s, %v; want nothing", got, err)
			}
			if got := <-forgotten; got != 9 {
				t.Errorf("forgotten is %d, want 9", got)
			}
		})
	}
}

func TestErrorsOfGenericCalls(t *testing.T) {
	client := generic.NewClient(over(t, volothrifttest.New(t, shopthrift.NewShopService(keeper{}))), desc, generic.Options{})
	call := func(method, args string) error {
		_, err := client.CallJSON(t.Context(), method, []byte(args))
		return err
	}
	declared, ok := errors.AsType[*generic.Exception](call("find", `{"id": 404}`))
	if !ok || declared.Error() != `NotFound{"id":404}` || declared.Type != desc.File.Struct("NotFound") {
		t.Errorf("got %v, want the declared exception", declared)
	}
	if biz, ok := errors.AsType[*volothrift.BizError](call("find", `{"id": 4001}`)); !ok || biz.Status != 4001 {
		t.Errorf("got %v, want the business error", biz)
	}
	if e, ok := errors.AsType[*volothrift.Error](call("find", `{"id": 500}`)); !ok || e.Phase != volothrift.PhaseRemote {
		t.Errorf("got %v, want what the handler said", e)
	}
	for _, c := range []struct{ method, args, want string }{
		{"find", `{"id": "x"}`, `generic: Shop.find: arguments: dynamic: find_args.id at offset 7: unexpected value: "x" is no integer`},
		{"find", `{"id": 7`, `generic: Shop.find: arguments: dynamic: JSON at offset 8: the text ends, want ',' or '}'`},
		{"find", `{"ID": 7}`, `generic: Shop.find: arguments: dynamic: find_args at offset 1: unknown field "ID"`},
		{"order", `{"item": {"prices": [{"cents": 1}]}}`, `generic: Shop.order: arguments: dynamic: order_args.item.prices[0].currency at offset 21: required field is missing`},
		{"steal", `{}`, `generic: service Shop: no such method: "steal"`},
	} {
		if err := call(c.method, c.args); err == nil || err.Error() != c.want {
			t.Errorf("%s(%s): got  %v\nwant %s", c.method, c.args, err, c.want)
		}
	}
	if err := call("steal", `{}`); !errors.Is(err, generic.ErrNoMethod) {
		t.Errorf("got %v, want ErrNoMethod", err)
	}
}

func TestMapCallsReachGeneratedCode(t *testing.T) {
	client := generic.NewClient(over(t, volothrifttest.New(t, shopthrift.NewShopService(keeper{}))), desc, generic.Options{Bare: true})
	got, err := client.CallMap(t.Context(), "find", map[string]any{"id": 7})
	want := map[string]any{
		"id": int64(7), "name": "lamp", "prices": []any{map[string]any{"currency": "USD", "cents": int64(5)}},
		"stock": map[any]any{"a": int32(1)}, "picture": []byte{1, 2},
	}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got  %v, %v\nwant %v", got, err, want)
	}
	if got, err := client.CallMap(t.Context(), "close", nil); got != nil || err != nil {
		t.Errorf("close: got %v, %v; want nothing", got, err)
	}
}

func TestBareArgumentsStandAlone(t *testing.T) {
	client := generic.NewClient(over(t, volothrifttest.New(t, shopthrift.NewShopService(keeper{}))), desc, generic.Options{Bare: true})
	if got, err := client.CallJSON(t.Context(), "total", []byte(`[{"currency": 2, "cents": 4}]`)); string(got) != `{"USD":4}` || err != nil {
		t.Errorf("got %s, %v", got, err)
	}
	if got, err := client.CallJSON(t.Context(), "order", []byte(`{"item": {"id": 2}, "count": 2}`)); string(got) != `4` || err != nil {
		t.Errorf("two arguments: got %s, %v", got, err)
	}
}

// echoes handles JSON calls: it answers with what calls have.
func echoes(_ context.Context, method string, args []byte) ([]byte, error) {
	switch {
	case method == "find" && string(args) == `{"id":404}`:
		e, err := generic.NewException(desc.File.Struct("NotFound"), []byte(`{"id": 404}`), dynamic.Options{})
		return nil, errors.Join(err, e)
	case method == "find" && string(args) == `{"id":1}`:
		return []byte(`{"name": "no id"}`), nil
	case method == "find":
		return []byte(`{"id": 7, "name": "lamp"}`), nil
	case method == "order":
		var in struct {
			Item  shop.Item
			Count int64
		}
		err := json.Unmarshal(args, &in)
		return fmt.Append(nil, in.Item.ID*in.Count), err
	case method == "total":
		return []byte(`{"EUR": 5}`), nil
	}
	return nil, nil
}

func TestGeneratedCodeReachesJSONHandlers(t *testing.T) {
	pair := volothrifttest.New(t, generic.NewJSONService(desc, echoes, generic.Options{}))
	client := shopthrift.ShopOver(over(t, pair))
	item, err := client.Find(t.Context(), 7)
	if err != nil || item.ID != 7 || item.Name != "lamp" {
		t.Errorf("got %v, %v", item, err)
	}
	_, err = client.Find(t.Context(), 404)
	if e, ok := errors.AsType[*shop.NotFound](err); !ok || e.ID != 404 {
		t.Errorf("got %v, want the declared exception", err)
	}
	_, err = client.Find(t.Context(), 1)
	if err == nil || !strings.Contains(err.Error(), "does not suit the IDL") || !strings.Contains(err.Error(), "Item.id") {
		t.Errorf("got %v, want to know what is missing", err)
	}
	if n, err := client.Order(t.Context(), &shop.Item{ID: 3}, 5); n != 15 || err != nil {
		t.Errorf("got %d, %v; want 15", n, err)
	}
	if total, err := client.Total(t.Context(), nil); total[shop.CurrencyEur] != 5 || err != nil {
		t.Errorf("got %v, %v", total, err)
	}
	if err := client.Close_(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestGeneratedCodeReachesMapHandlers(t *testing.T) {
	seen := make(chan map[string]any, 3)
	pair := volothrifttest.New(t, generic.NewMapService(desc, func(_ context.Context, method string, args map[string]any) (any, error) {
		seen <- args
		if method == "order" {
			return args["count"], nil
		}
		return map[string]any{"id": args["id"]}, nil
	}, generic.Options{Bare: true}))
	client := shopthrift.ShopOver(over(t, pair))
	if item, err := client.Find(t.Context(), 8); err != nil || item.ID != 8 {
		t.Errorf("got %v, %v", item, err)
	}
	if n, err := client.Order(t.Context(), &shop.Item{ID: 3}, 5); n != 5 || err != nil {
		t.Errorf("got %d, %v; want 5", n, err)
	}
	if err := client.Forget(t.Context(), 6); err != nil {
		t.Error(err)
	}
	for _, want := range []int64{8, -1, 6} {
		if got := <-seen; want >= 0 && got["id"] != want {
			t.Errorf("the handler got %v, want id %d", got, want)
		}
	}
}

// A proxy passes bytes on: generated code on both ends does not notice.
func TestBytesPassThroughProxies(t *testing.T) {
	behind := volothrifttest.New(t, shopthrift.NewShopService(keeper{make(chan int64, 1)}))
	onward := generic.NewBinaryClient(over(t, behind), "Shop", generic.Methods(desc))
	proxy := volothrifttest.New(t, generic.NewBinaryService("Shop", generic.Methods(desc), onward.CallBinary))
	client := shopthrift.ShopOver(over(t, proxy))
	if item, err := client.Find(t.Context(), 7); err != nil || item.Name != "lamp" || !bytes.Equal(item.Picture, []byte{1, 2}) {
		t.Errorf("got %v, %v", item, err)
	}
	_, err := client.Find(t.Context(), 404)
	if e, ok := errors.AsType[*shop.NotFound](err); !ok || e.ID != 404 {
		t.Errorf("got %v, want the declared exception", err)
	}
	if err := client.Forget(t.Context(), 1); err != nil {
		t.Error(err)
	}
	if err := client.Close_(t.Context()); err != nil {
		t.Error(err)
	}
	if _, err := onward.CallJSON(t.Context(), "find", nil); err == nil || !strings.Contains(err.Error(), "bytes only") {
		t.Errorf("got %v, want that there is no descriptor", err)
	}
}

func TestHandlersOfBytesMustReturnAStruct(t *testing.T) {
	pair := volothrifttest.New(t, generic.NewBinaryService("Shop", generic.Methods(desc), func(context.Context, string, []byte) ([]byte, error) {
		return []byte{0, 0}, nil
	}))
	if _, err := shopthrift.ShopOver(over(t, pair)).Find(t.Context(), 7); err == nil || !strings.Contains(err.Error(), "not one encoded struct") {
		t.Errorf("got %v, want a complaint", err)
	}
}

func TestArgumentsThatDoNotSuitAreAnsweredWithAProtocolError(t *testing.T) {
	pair := volothrifttest.New(t, generic.NewJSONService(desc, echoes, generic.Options{}))
	bytes := generic.NewBinaryClient(over(t, pair), "Shop", generic.Methods(desc))
	// An item without its id.
	_, err := bytes.CallBinary(t.Context(), "order", []byte{12, 0, 1, 0, 0})
	if e, ok := errors.AsType[*thrift.ApplicationException](err); !ok || e.Type != thrift.ProtocolError || !strings.Contains(e.Message, "order_args.item.id") {
		t.Errorf("got %v, want a protocol error about the id", err)
	}
}

// Layers see arguments and results by their names, on both ends.
func TestLayersLookIntoGenericCalls(t *testing.T) {
	double := func(next volothrift.Handler) volothrift.Handler {
		return volothrift.HandlerFunc(func(ctx context.Context, req *volothrift.Request) (*volothrift.Response, error) {
			args := req.Args.(*dynamic.Struct)
			fields, err := args.Map(dynamic.Options{})
			if err != nil {
				return nil, err
			}
			fields["count"] = fields["count"].(int32) * 2
			if err := args.SetMap(fields, dynamic.Options{}); err != nil {
				return nil, err
			}
			resp, err := next.Call(ctx, req)
			if err != nil {
				return nil, err
			}
			text, err := resp.Result.Success().(generic.Value).JSON(dynamic.Options{})
			if string(text) != "12" {
				t.Errorf("the layer sees %s, %v; want 12", text, err)
			}
			own := req.NewResponse()
			return own, own.Result.SetSuccess(int64(100))
		})
	}
	client := generic.NewClient(over(t, volothrifttest.New(t, shopthrift.NewShopService(keeper{})), volothrift.WithOuter(double)), desc, generic.Options{})
	if got, err := client.CallJSON(t.Context(), "order", []byte(`{"item": {"id": 2}, "count": 3}`)); string(got) != "100" || err != nil {
		t.Errorf("got %s, %v; want what the layer says", got, err)
	}
}

func TestResultsRefuseWhatTheMethodDoesNotReturn(t *testing.T) {
	service := generic.NewJSONService(desc, echoes, generic.Options{})
	result := func(name string) volothrift.Result {
		for _, m := range service.Methods {
			if m.Name == name {
				_, r := m.New()
				return r
			}
		}
		t.Fatal(name)
		return nil
	}
	for _, c := range []struct {
		method string
		v      any
		ok     bool
	}{
		{"order", int64(1), true},
		{"order", "one", false},
		{"order", nil, false},
		{"close", nil, true},
		{"close", 1, false},
		{"find", map[string]any{"id": 1}, true},
		{"find", map[string]any{}, false},
		{"find", generic.Value{Type: &descriptor.Type{Kind: descriptor.I32}, Wire: []byte{0, 0, 0, 1}}, false},
	} {
		if err := result(c.method).SetSuccess(c.v); (err == nil) != c.ok {
			t.Errorf("%s takes %v with %v", c.method, c.v, err)
		}
	}
	denied, err := generic.NewException(desc.File.Struct("Denied"), []byte(`{"code": 3}`), dynamic.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if !result("order").SetErr(fmt.Errorf("so: %w", denied)) || result("close").SetErr(denied) || result("order").SetErr(errors.New("x")) {
		t.Error("an exception is stored where it is not declared, or not where it is")
	}
	if err := result("order").Err(); err == nil {
		t.Error("an empty result of a method that returns something is no error")
	}
}
