package console_test

import (
	"strings"
	"testing"

	"github.com/volo-go/volo/integration/browser"
)

// The tree that forms edit loses nothing of a text.
func TestJSONIsKept(t *testing.T) {
	p := open(t, "--idl", "testdata/shop.thrift")
	if got := p.Text("#main .bar"); !strings.Contains(got, "no target") {
		t.Errorf("got %q, want that there is nothing to call", got)
	}
	got := p.Eval(`import("/json.js").then(({ parse, print, pathAt, pathText, indexOf, tokens }) => {
		const wrong = [];
		const same = (what, got, want) => got === want || wrong.push(what + ": got " + got + ", want " + want);
		for (const text of ["{}", "[]", '""', "0", "-0", "-0.0", "1e400", "123456789012345678901234567890", "0.1000", "true", "null",
			'{"a":1,"a":2}', '{"b":{"a":[1,[],{}]},"":null}', '"\\u0000\\ud800\\"\\\\ü😀"', "[" .repeat(300) + "]".repeat(300)]) {
			same("print", print(parse(text), ""), text);
			same("print twice", print(parse(print(parse(text))), ""), text);
			same("tokens", tokens(text).map(([, part]) => part).join(""), text);
		}
		for (const [text, index] of [["", 0], ["{", 1], ["[1,]", 3], ["{\"a\" 1}", 5], ["{a:1}", 1], ["01", 0], ["1.", 0], ["+1", 0], ["tru", 0], ["truer", 0], ["1 2", 2],
			['"a', 0], ['"\n"', 1], ['"\\x"', 0], ["'a'", 0], ["[1 2]", 3], ["[".repeat(600), 501]]) {
			try {
				parse(text);
				wrong.push(text + " is taken for JSON");
			} catch (e) {
				same(JSON.stringify(text.slice(0, 20)), e.index, index);
			}
		}
		const text = '{"a": [10, {"b/c": "😀x"}],\n "d": 1}';
		const path = (index) => pathText(pathAt(parse(text), index));
		same("an element", path(text.indexOf("10")), "/a/0");
		same("a name", path(text.indexOf('"b')), "/a/1/b~1c");
		same("a place by line and column", path(indexOf(text, 2, 7)), "/d");
		same("characters, not halves of them", text[indexOf(text, 1, 22)], "x");
		same("behind the end", indexOf(text, 9, 9), text.length);
		return wrong;
	})`)
	if got != "[]" {
		t.Error(got)
	}
}

// Who has no token sees why; who has only to look has no answer to look at.
func TestThePageIsForWhoHasItsToken(t *testing.T) {
	browser.Find(t)
	url := console(t, "--idl", "testdata/shop.thrift")
	bare, _, _ := strings.Cut(url, "#")
	p := browser.Open(t, bare)
	p.Wait(`document.querySelector("#main").textContent.includes("open the URL that volo console has printed")`)
	p.Go("about:blank")
	p.Go(url)
	p.Wait(`document.querySelector("#main h2") && location.hash === ""`)
	p.Reload()
	p.Wait(`document.querySelector("#main h2")`)
}
