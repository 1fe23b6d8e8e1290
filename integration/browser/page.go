package browser

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"
)

// A Page is a tab. Its methods fail the test if something does not work.
type Page struct {
	t *testing.T
	*tab
}

// A tab is what all that speak of one page share.
type tab struct {
	pipe    *pipe
	session string

	current string      // the document that is there, as the protocol numbers them
	loaded  chan string // documents that have been loaded

	mu     sync.Mutex
	faults []string
}

// Open opens a page in a browser of its own.
func Open(t *testing.T, url string) *Page {
	t.Helper()
	p := &Page{t, &tab{loaded: make(chan string, 64)}}
	p.pipe = launch(t, p.event)
	var target struct{ TargetID string }
	p.call("", "Target.createTarget", map[string]any{"url": "about:blank"}, &target)
	var attached struct{ SessionID string }
	p.call("", "Target.attachToTarget", map[string]any{"targetId": target.TargetID, "flatten": true}, &attached)
	p.session = attached.SessionID
	for _, domain := range []string{"Page.enable", "Runtime.enable", "Log.enable"} {
		p.call(p.session, domain, nil, nil)
	}
	p.call(p.session, "Page.setLifecycleEventsEnabled", map[string]any{"enabled": true}, nil)
	p.Go(url)
	t.Cleanup(func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		for _, fault := range p.faults {
			t.Errorf("the page says: %s", fault)
		}
	})
	return p
}

// In returns the page for a subtest, which fails instead.
func (p *Page) In(t *testing.T) *Page { return &Page{t, p.tab} }

// event notes that the page is there, and what it complains of.
func (p *tab) event(method string, params json.RawMessage) {
	switch method {
	case "Page.lifecycleEvent":
		var e struct{ Name, LoaderID string }
		if json.Unmarshal(params, &e) == nil && e.Name == "load" {
			select {
			case p.loaded <- e.LoaderID:
			default: // nobody is interested in so many
			}
		}
	case "Runtime.exceptionThrown":
		p.fault(string(params))
	case "Log.entryAdded":
		var e struct {
			Entry struct{ Level, Text, URL string }
		}
		// A status that is no success is the page's to handle.
		if json.Unmarshal(params, &e) == nil && e.Entry.Level == "error" && !strings.Contains(e.Entry.Text, "status of") {
			p.fault(e.Entry.Text + " " + e.Entry.URL)
		}
	}
}

func (p *tab) fault(text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.faults = append(p.faults, text)
}

func (p *Page) call(session, method string, params, result any) {
	p.t.Helper()
	text, err := p.pipe.call(session, method, params)
	if err == nil && result != nil {
		err = json.Unmarshal(text, result)
	}
	if err != nil {
		p.t.Fatal(err)
	}
}

// Go opens another address, and returns when it is loaded.
func (p *Page) Go(url string) {
	p.t.Helper()
	var r struct{ LoaderID string }
	p.call(p.session, "Page.navigate", map[string]any{"url": url}, &r)
	p.load(func(id string) bool { return id == r.LoaderID })
}

// Reload loads the page again.
func (p *Page) Reload() {
	p.t.Helper()
	before := p.current
	p.call(p.session, "Page.reload", nil, nil)
	p.load(func(id string) bool { return id != before })
}

// load waits until a document is there.
func (p *Page) load(is func(id string) bool) {
	p.t.Helper()
	for {
		select {
		case id := <-p.loaded:
			if is(id) {
				p.current = id
				return
			}
		case <-time.After(patience):
			p.t.Fatal("the page is not loaded")
		}
	}
}

// Eval returns the value of an expression, of what it promises, as JSON.
func (p *Page) Eval(expression string) string {
	p.t.Helper()
	value, err := p.eval(expression)
	if err != nil {
		p.t.Fatalf("%s: %v", expression, err)
	}
	return value
}

func (p *tab) eval(expression string) (string, error) {
	text, err := p.pipe.call(p.session, "Runtime.evaluate", map[string]any{"expression": expression, "awaitPromise": true, "returnByValue": true})
	if err != nil {
		return "", err
	}
	var r struct {
		Result           struct{ Value json.RawMessage }
		ExceptionDetails *struct {
			Text      string
			Exception struct{ Description string }
		}
	}
	if err := json.Unmarshal(text, &r); err != nil {
		return "", err
	}
	if e := r.ExceptionDetails; e != nil {
		return "", fmt.Errorf("%s %s", e.Text, e.Exception.Description)
	}
	return string(r.Result.Value), nil
}

// Wait waits until an expression is true. It looks again whenever the page has
// changed, and twenty times a second.
func (p *Page) Wait(expression string) {
	p.t.Helper()
	got, err := p.eval(fmt.Sprintf(`new Promise((resolve) => {
		const end = performance.now() + %d;
		const look = () => {
			let value;
			try { value = %s } catch (e) { value = false }
			if (value || performance.now() > end) { stop(); resolve(Boolean(value)); }
		};
		const watch = new MutationObserver(look);
		watch.observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
		const timer = setInterval(look, 50);
		const stop = () => { watch.disconnect(); clearInterval(timer); };
		look();
	})`, (patience - 10*time.Second).Milliseconds(), expression))
	if err != nil || got != "true" {
		p.t.Fatalf("never true: %s (%v)\nthe page reads:\n%s", expression, err, p.Text("body"))
	}
}

// Text returns the text of the first element that fits a selector.
func (p *Page) Text(selector string) string {
	p.t.Helper()
	var text string
	_ = json.Unmarshal([]byte(p.Eval(fmt.Sprintf("document.querySelector(%s)?.innerText ?? ''", quote(selector)))), &text)
	return text
}

// element is an expression for the first visible element that fits a selector,
// and, unless it is "", has a text.
func element(selector, text string) string {
	return fmt.Sprintf("[...document.querySelectorAll(%s)].find((e) => e.checkVisibility() && (%[2]s === '' || e.textContent.trim() === %[2]s || e.getAttribute('aria-label') === %[2]s))", quote(selector), quote(text))
}

// Click clicks, with the mouse, on the first element that fits a selector and
// has a text or a label; any text if it is "".
func (p *Page) Click(selector, text string) {
	p.t.Helper()
	e := element(selector, text)
	p.Wait(e + " && !" + e + ".disabled")
	var at struct{ X, Y float64 }
	box := p.Eval(fmt.Sprintf("(() => { const e = %s; e.scrollIntoView({ block: 'center', behavior: 'instant' }); const r = e.getBoundingClientRect(); return { x: r.x + Math.min(r.width / 2, 40), y: r.y + r.height / 2 }; })()", e))
	if err := json.Unmarshal([]byte(box), &at); err != nil {
		p.t.Fatal(err)
	}
	for _, kind := range []string{"mousePressed", "mouseReleased"} {
		p.call(p.session, "Input.dispatchMouseEvent", map[string]any{"type": kind, "x": at.X, "y": at.Y, "button": "left", "clickCount": 1}, nil)
	}
}

// Type puts the focus on the first element that fits a selector, replaces what
// is in it and types a text.
func (p *Page) Type(selector, text string) {
	p.t.Helper()
	e := element(selector, "")
	p.Wait(e)
	p.Eval(fmt.Sprintf("(() => { const e = %s; e.focus(); e.select?.(); })()", e))
	p.call(p.session, "Input.insertText", map[string]any{"text": text}, nil)
}

// Choose chooses an option of a select.
func (p *Page) Choose(selector, value string) {
	p.t.Helper()
	e := element(selector, "")
	p.Wait(e)
	p.Eval(fmt.Sprintf("(() => { const e = %s; e.focus(); e.value = %s; e.dispatchEvent(new Event('input', { bubbles: true })); e.dispatchEvent(new Event('change', { bubbles: true })); })()", e, quote(value)))
}

// Press presses a key, such as "Enter", with modifiers of the protocol: 1 Alt,
// 2 Ctrl, 4 Meta, 8 Shift.
func (p *Page) Press(key string, modifiers int) {
	p.t.Helper()
	for _, kind := range []string{"rawKeyDown", "keyUp"} {
		p.call(p.session, "Input.dispatchKeyEvent", map[string]any{"type": kind, "key": key, "code": key, "modifiers": modifiers}, nil)
	}
}

// Look writes a picture of the page to a file, for people, in a theme, light or
// dark, and of a size.
func (p *Page) Look(file, theme string, width, height int) {
	p.t.Helper()
	p.call(p.session, "Emulation.setEmulatedMedia", map[string]any{"features": []map[string]string{{"name": "prefers-color-scheme", "value": theme}}}, nil)
	p.call(p.session, "Emulation.setDeviceMetricsOverride", map[string]any{"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false}, nil)
	var shot struct{ Data string }
	p.call(p.session, "Page.captureScreenshot", map[string]any{"format": "png"}, &shot)
	data, err := base64.StdEncoding.DecodeString(shot.Data)
	if err == nil {
		err = os.WriteFile(file, data, 0o644)
	}
	if err != nil {
		p.t.Fatal(err)
	}
}

// quote writes a text as JavaScript does.
func quote(s string) string {
	b, _ := json.Marshal(s) // strings cannot fail
	return string(b)
}
