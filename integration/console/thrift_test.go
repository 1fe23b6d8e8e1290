package console_test

import (
	"strings"
	"testing"

	"github.com/volo-go/volo/integration/browser"
)

// choose shows a method.
func choose(p *browser.Page, name string) {
	p.Click("#tab-services", "")
	p.Click("nav .entry[data-name='"+name+"']", "")
	p.Wait(`document.querySelector("#main h2").firstChild.textContent === "` + name + `"`)
}

// outcome waits for the end of a call that is told in a word.
func outcome(p *browser.Page, want string) {
	p.Wait(`document.querySelector("#answer .badge")?.textContent === "` + want + `"`)
}

// request is what stands in the field for JSON.
const request = `document.querySelector(".editor textarea").value`

func TestThrift(t *testing.T) {
	p := open(t, "--idl", "testdata/shop.thrift", shop(t))
	if got := p.Text("#where"); !strings.Contains(got, "127.0.0.1:") || !strings.Contains(got, "ttheader") {
		t.Errorf("got %q, want target and protocol", got)
	}

	step(t, p, "numbers of 64 bits are whole", func(t *testing.T, p *browser.Page) {
		choose(p, "GetItem")
		p.Type("[data-path='/id'] input", "9007199254740993")
		p.Press("Enter", 2)
		outcome(p, "OK")
		if got := p.Text("#answer .messages"); !strings.Contains(got, `"id": 9007199254740993`) || !strings.Contains(got, `"weight": 7.5`) {
			t.Errorf("got %q", got)
		}
		if got := p.Text("#answer"); !strings.Contains(got, "SEEN_IN") || !strings.Contains(got, "decode") || !strings.Contains(got, "B sent") {
			t.Errorf("got %q, want backward metadata, times and sizes", got)
		}
		picture(p, "thrift-answer")
	})

	step(t, p, "a declared exception", func(t *testing.T, p *browser.Page) {
		choose(p, "GetItem")
		p.Type("[data-path='/id'] input", "3")
		p.Press("Enter", 2)
		outcome(p, "NoSuchItem")
		if got := p.Text("#answer .failure"); !strings.Contains(got, "shop.NoSuchItem") || !strings.Contains(got, "9007199254740993") {
			t.Errorf("got %q", got)
		}
		picture(p, "thrift-exception")
	})

	step(t, p, "metadata", func(t *testing.T, p *browser.Page) {
		choose(p, "GetItem")
		p.Click("summary", "Metadata and timeout")
		p.Click("button", "Add metadata")
		p.Type(".pair input[aria-label=key]", "ZONE")
		p.Type(".pair input[aria-label=value]", "north")
		p.Type("[data-path='/id'] input", "9007199254740993")
		p.Click(".send", "")
		p.Wait(`document.querySelector("#answer").textContent.includes("SEEN_INnorth")`)
	})

	step(t, p, "oneway", func(t *testing.T, p *browser.Page) {
		choose(p, "Forget")
		p.Click(".send", "")
		outcome(p, "sent")
	})

	step(t, p, "every kind of field", testEveryField)

	step(t, p, "what is wrong is told where it is", func(t *testing.T, p *browser.Page) {
		choose(p, "Put")
		p.Click(".tabs button", "JSON")
		p.Type(".editor textarea", "{\n  \"item\": {\n    \"id\": \"ä\",\n  }\n}")
		p.Click(".tabs button", "Form") // cannot be
		p.Wait(`document.querySelector(".editor .fault").textContent === "line 4: want a name in double quotes here"`)
		picture(p, "json-fault")
		p.Type(".editor textarea", "{\n  \"item\": {\n    \"id\": \"ä\"\n  }\n}")
		p.Click(".send", "")
		p.Wait(`document.querySelector(".editor .fault").textContent.startsWith("line 3: ")`)
		p.Click(".tabs button", "Form")
		p.Click(".send", "")
		p.Wait(`document.querySelector("[data-path='/item/id'] > .fault").textContent !== ""`)
		picture(p, "form-fault")
		p.Type("[data-path='/item/id'] input", "1")
		p.Wait(`!document.querySelector("#main .row.wrong")`)
	})

	step(t, p, "what is written outlives a reload of the IDL", func(t *testing.T, p *browser.Page) {
		choose(p, "Put")
		p.Type("[data-path='/item/id'] input", "4711")
		p.Eval("window.before = document.querySelector('.method')")
		p.Click("#reload", "")
		p.Wait(`document.querySelector(".method") !== window.before && document.querySelector("[data-path='/item/id'] input").value === "4711"`)
	})

	step(t, p, "what the IDL does not know stays", func(t *testing.T, p *browser.Page) {
		choose(p, "Put")
		p.Click(".tabs button", "JSON")
		const odd = `{"item":{"id":1,"nmae":[1e400,{"a":-0}],"name":5,"size":77},"item":null}`
		p.Type(".editor textarea", odd)
		p.Click(".tabs button", "Form")
		p.Wait(`document.querySelector("[data-path='/item/nmae']").textContent.includes("not in the IDL")`)
		picture(p, "odd")
		p.Click(".tabs button", "JSON")
		if got := p.Eval(request + `.replace(/\s/g, "") === ` + "`" + odd + "`"); got != "true" {
			t.Errorf("got %s, want %s", p.Eval(request), odd)
		}
	})

	step(t, p, "types", func(t *testing.T, p *browser.Page) {
		p.Click("#tab-types", "")
		p.Type("#filter", "item")
		p.Click("nav .entry[data-name='shop.Item']", "")
		p.Wait(`document.querySelector("#main h2").textContent === "shop.Item"`)
		for _, want := range []string{"Something to buy.", "The number on the label.", "map<Place, i32>", `= "nameless"`, `unit = "kg"`, "required", "Shop/Put", "testdata/shop.thrift"} {
			if got := p.Text("#main"); !strings.Contains(got, want) {
				t.Errorf("got %q, want %q in it", got, want)
			}
		}
		picture(p, "type")
		p.Click("#main .link", "Size")
		p.Wait(`document.querySelector("#main h2").textContent === "shop.Size"`)
		p.Eval("history.back()")
		p.Wait(`document.querySelector("#main h2").textContent === "shop.Item"`)
		p.Type("#filter", "")
	})

	step(t, p, "history", func(t *testing.T, p *browser.Page) {
		p.Reload()
		p.Wait(`document.querySelector("#main h2")`)
		choose(p, "Forget")
		p.Click("#tab-history", "")
		p.Type("#filter", "nowhere nosuch")
		p.Wait(`document.querySelectorAll("nav .past").length === 0`)
		p.Type("#filter", "nosuch")
		p.Click("nav .past .entry", "")
		p.Wait(`document.querySelector("#main h2").firstChild.textContent === "GetItem" && document.querySelector("[data-path='/id'] input").value === "3"`)
		outcome(p, "NoSuchItem")
		if got := p.Text("#answer"); !strings.Contains(got, "from the history") || !strings.Contains(got, "9007199254740993") {
			t.Errorf("got %q, want what came of the call then", got)
		}
		p.Type("#filter", "")
		picture(p, "history")
	})

	step(t, p, "the same in a shell", func(t *testing.T, p *browser.Page) {
		choose(p, "GetItem")
		p.Type("[data-path='/id'] input", "9007199254740993")
		if got, want := shell(t, p), `{ "id": 9007199254740993, "name": "chair",`; !strings.HasPrefix(got, want) {
			t.Errorf("got %s, want %s", got, want)
		}
	})
}

func testEveryField(t *testing.T, p *browser.Page) {
	choose(p, "Put")
	p.Type("[data-path='/item/id'] input", "-9223372036854775808")
	p.Type("[data-path='/item/name'] textarea", "chair\n\"four\" legs")
	p.Choose("[data-path='/item/size'] select", "LARGE")
	p.Click("[data-path='/item/parts'] .absent", "")
	p.Click("[data-path='/item/parts'] .add", "")
	p.Type("[data-path='/item/parts/0/id'] input", "2")
	p.Click("[data-path='/item/pictures'] .absent", "")
	p.Click("[data-path='/item/pictures'] .add", "")
	p.Type("[data-path='/item/pictures'] .key input", "7")
	p.Type("[data-path='/item/pictures'] .keyed > .control input", "AQI=")
	p.Click("[data-path='/item/price'] .absent", "")
	p.Choose("[data-path='/item/price'] select", "words")
	p.Type("[data-path='/item/price/words'] textarea", "cheap")
	p.Choose("[data-path='/item/price'] select", "cents")
	p.Type("[data-path='/item/price/cents'] input", "9007199254740993")
	p.Click("[data-path='/item/words'] .absent", "")
	p.Click("[data-path='/item/words'] .add", "")
	p.Type("[data-path='/item/words/0'] textarea", "wood")
	p.Click("[data-path='/item/stock'] .absent", "")
	p.Click("[data-path='/item/stock'] .add", "")
	p.Type("[data-path='/item/stock/0/key/hall'] textarea", "north")
	p.Type("[data-path='/item/stock/0/value'] input", "5")
	p.Type("[data-path='/item/serial'] input", "01234567-89ab-cdef-0123-456789abcdef")
	p.Click("[data-path='/item/fragile'] input", "")
	p.Type("[data-path='/item/weight'] input", "7.25")
	picture(p, "form")
	p.Click(".tabs button", "JSON")
	const want = `{"item":{"id":-9223372036854775808,"name":"chair\n\"four\" legs","size":"LARGE","parts":[{"id":2}],` +
		`"pictures":{"7":"AQI="},"price":{"cents":9007199254740993},"words":["wood"],` +
		`"stock":[{"key":{"hall":"north"},"value":5}],"serial":"01234567-89ab-cdef-0123-456789abcdef","fragile":true,"weight":7.25}}`
	compact := `import("/json.js").then(({ parse, print }) => print(parse(` + request + `), ""))`
	if got := p.Eval(compact + ".then((text) => text === String.raw`" + want + "`)"); got != "true" {
		t.Errorf("got %s\nwant %s", p.Eval(compact), want)
	}
	picture(p, "json")
	p.Click(".send", "")
	outcome(p, "OK")
	if got := p.Text("#answer .messages"); !strings.Contains(got, `"stock": [`) || !strings.Contains(got, `"cents": 9007199254740993`) {
		t.Errorf("got %s", got)
	}
	p.Click(".tabs button", "Form")
	p.Click("[data-path='/item/parts/0'] > .tool", "Remove item 0 of parts")
	p.Click("[data-path='/item/stock'] > .tool", "Remove stock")
	p.Choose("[data-path='/item/price'] select", "")
	p.Click(".tabs button", "JSON")
	p.Wait(`!` + request + `.includes("stock") && ` + request + `.includes('"parts": []') && ` + request + `.includes('"price": {}')`)
	p.Click("button", "All fields")
	p.Wait(request + `.includes('"name": "nameless"')`)
	p.Click(".tabs button", "Form")
	p.Wait(`document.querySelector("[data-path='/item/weight'] input").value === "0"`)
	p.Click("button", "Clear")
	p.Wait(`document.querySelector("[data-path='/item/weight'] input").value === ""`)
}
