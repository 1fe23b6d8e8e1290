package console_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/volo-go/volo/integration/browser"
)

func TestGRPC(t *testing.T) {
	addr, begun, canceled := desk(t)
	p := open(t, addr, "-H", "who: me", "-H", "authorization: Bearer secret")

	step(t, p, "a call", func(t *testing.T, p *browser.Page) {
		choose(p, "Ask")
		p.Type("[data-path='/text'] textarea", "hello")
		p.Type("[data-path='/number'] input", "9007199254740993")
		p.Choose("[data-path='/mood'] select", "MOOD_MERRY")
		p.Choose("#main .choice select", "maybe")
		p.Type("[data-path='/maybe'] textarea", "later")
		p.Click("[data-path='/counts'] .absent", "")
		p.Click("[data-path='/counts'] .add", "")
		p.Type("[data-path='/counts'] .key textarea", "a/b~c")
		p.Type("[data-path='/counts'] .keyed > .control input", "5")
		p.Click("[data-path='/at'] button", "Now")
		p.Type("[data-path='/took'] input", "1.5s")
		p.Click("[data-path='/more'] .absent", "")
		p.Type("[data-path='/more/@type'] input", "shop.v1.Note")
		p.Press("Tab", 0)
		p.Type("[data-path='/more/text'] textarea", "inner")
		p.Type("[data-path='/wrapped'] textarea", "w")
		p.Type("[data-path='/raw'] input", "AQID")
		picture(p, "grpc-form")
		p.Press("Enter", 2)
		outcome(p, "OK")
		got := p.Text("#answer")
		for _, want := range []string{`"number": "9007199254740993"`, `"maybe": "later"`, `"a/b~c": 5`, `"took": "1.500s"`, `"@type": "type.googleapis.com/shop.v1.Note"`, `"text": "inner"`, `"wrapped": "w"`, `"raw": "AQID"`, "asked-by", "the desk"} {
			if !strings.Contains(got, want) {
				t.Errorf("got %s, want %s in it", got, want)
			}
		}
		picture(p, "grpc-answer")
	})

	step(t, p, "a status with details", func(t *testing.T, p *browser.Page) {
		choose(p, "Ask")
		p.Type("[data-path='/text'] textarea", "no")
		p.Click(".send", "")
		outcome(p, "NOT_FOUND")
		if got := p.Text("#answer .failure"); !strings.Contains(got, "NOT_FOUND (5): nobody says no") || !strings.Contains(got, `"@type": "type.googleapis.com/shop.v1.Note"`) {
			t.Errorf("got %q", got)
		}
		picture(p, "grpc-status")
	})

	step(t, p, "a value that is wrong", func(t *testing.T, p *browser.Page) {
		choose(p, "Ask")
		p.Type("[data-path='/counts'] .keyed > .control input", "99999999999")
		p.Wait(`document.querySelector("[data-path='/counts'] .keyed > .control .hint").textContent.startsWith("not between")`)
		p.Click(".send", "")
		p.Wait(`document.querySelector("[data-path='/counts/a~1b~0c'] > .fault").textContent.includes("99999999999")`)
		p.Click("[data-path='/counts'] > .tool", "Remove counts")
	})

	step(t, p, "the server streams", func(t *testing.T, p *browser.Page) {
		choose(p, "Repeat")
		p.Type("[data-path='/text'] textarea", "again")
		p.Press("Enter", 2)
		outcome(p, "OK")
		p.Wait(`document.querySelectorAll("#answer .received").length === 3`)
		if got := p.Text("#answer .outcome"); !strings.Contains(got, "first message") || !strings.Contains(got, "messages") {
			t.Errorf("got %q, want the time until the first message, and how many", got)
		}
		picture(p, "grpc-server-stream")
	})

	step(t, p, "both sides stream", func(t *testing.T, p *browser.Page) {
		choose(p, "Talk")
		for i := 1; i <= 2; i++ {
			p.Type("[data-path='/text'] textarea", fmt.Sprint("note ", i))
			p.Press("Enter", 2)
			p.Wait(fmt.Sprintf(`document.querySelectorAll("#answer .received").length === %d`, i))
			p.Wait(fmt.Sprintf(`document.querySelectorAll("#answer .sent").length === %d`, i))
			outcome(p, "running")
		}
		if got := p.Eval(`[...document.querySelectorAll("#answer article")].map((e) => e.classList[0])`); got != `["sent","received","sent","received"]` {
			t.Errorf("got messages in the order %s", got)
		}
		p.Type("[data-path='/number'] input", "x")
		p.Press("Enter", 2)
		p.Wait(`document.querySelector("[data-path='/number'] > .fault").textContent !== ""`) // and goes on
		outcome(p, "running")
		picture(p, "grpc-bidi")
		choose(p, "Ask") // the call goes on meanwhile
		p.Wait(`document.querySelector("nav .live")`)
		choose(p, "Talk")
		p.Click("button", "End of messages")
		outcome(p, "OK")
		if got := p.Text("#answer .outcome"); !strings.Contains(got, "2 out, 2 in") {
			t.Errorf("got %q, want how many there were", got)
		}
		if got, want := shell(t, p), `{ "text": "note 1" } { "text": "note 2" }`; got != want {
			t.Errorf("in a shell: got %s, want %s", got, want)
		}
	})

	step(t, p, "the client streams", func(t *testing.T, p *browser.Page) {
		choose(p, "Listen")
		p.Click("button", "Start")
		outcome(p, "running")
		for i := 1; i <= 3; i++ {
			p.Press("Enter", 2)
			p.Wait(fmt.Sprintf(`document.querySelectorAll("#answer .sent").length === %d`, i))
		}
		p.Click("button", "End of messages")
		outcome(p, "OK")
		if got := p.Text("#answer .received"); !strings.Contains(got, `"text": "3 notes"`) {
			t.Errorf("got %q", got)
		}
	})

	step(t, p, "a call is canceled", func(t *testing.T, p *browser.Page) {
		choose(p, "Wait")
		p.Click(".send", "")
		outcome(p, "running")
		begun.wait(t)
		p.Click(".cancel", "")
		outcome(p, "canceled")
		canceled.wait(t)
	})

	step(t, p, "secrets are not remembered", func(t *testing.T, p *browser.Page) {
		if kept := p.Eval("JSON.stringify(localStorage)"); strings.Contains(kept, "secret") || !strings.Contains(kept, "authorization") || !strings.Contains(kept, "shop.v1.Desk/Ask") {
			t.Errorf("got %s, want calls without the value of authorization", kept)
		}
	})

	step(t, p, "a type's page", func(t *testing.T, p *browser.Page) {
		p.Click("#tab-types", "")
		p.Click("nav .entry[data-name='shop.v1.Note']", "")
		p.Wait(`document.querySelector("#main h2").textContent === "shop.v1.Note"`)
		if got := p.Text("#main"); !strings.Contains(got, "oneof reply") || !strings.Contains(got, "repeated Note") || !strings.Contains(got, "shop.v1.Desk/Ask") {
			t.Errorf("got %q", got)
		}
		picture(p, "grpc-type")
	})

	step(t, p, "who closes the page cancels", func(t *testing.T, p *browser.Page) {
		choose(p, "Wait")
		p.Click(".send", "")
		begun.wait(t)
		p.Go("about:blank")
		canceled.wait(t)
	})
}
