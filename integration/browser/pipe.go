package browser

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"testing"
	"time"
)

// A pipe carries messages of the DevTools protocol, each ended by a zero byte.
type pipe struct {
	out io.WriteCloser

	mu      sync.Mutex
	last    int
	waiting map[int]chan answer
	err     error // why there are no more answers
	event   func(method string, params json.RawMessage)
}

// An answer is a message from Chromium.
type answer struct {
	ID     int
	Method string // of an event
	Params json.RawMessage
	Result json.RawMessage
	Error  *struct{ Message string }
}

// launch starts a Chromium that ends with the test.
func launch(t *testing.T, event func(string, json.RawMessage)) *pipe {
	t.Helper()
	cmd := exec.Command(Find(t), append(Flags(t), "--remote-debugging-pipe", "--window-size=1440,900", "about:blank")...)
	fromUs, toIt, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	fromIt, toUs, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.ExtraFiles = []*os.File{fromUs, toUs} // 3 and 4
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	fromUs.Close()
	toUs.Close()
	p := &pipe{out: toIt, waiting: make(map[int]chan answer), event: event}
	read := make(chan struct{})
	go func() {
		defer close(read)
		p.read(fromIt)
	}()
	t.Cleanup(func() {
		// It goes when it is told to, and takes its children with it.
		_, _ = p.call("", "Browser.close", nil)
		end := time.AfterFunc(10*time.Second, func() { cmd.Process.Kill() })
		_ = cmd.Wait()
		end.Stop()
		toIt.Close()
		fromIt.Close()
		<-read
	})
	return p
}

func (p *pipe) read(from io.Reader) {
	r := bufio.NewReader(from)
	for {
		text, err := r.ReadBytes(0)
		var a answer
		if err == nil {
			err = json.Unmarshal(text[:len(text)-1], &a)
		}
		if err != nil {
			p.end(fmt.Errorf("browser: Chromium has gone: %w", err))
			return
		}
		if a.ID == 0 {
			p.event(a.Method, a.Params)
			continue
		}
		p.mu.Lock()
		c := p.waiting[a.ID]
		delete(p.waiting, a.ID)
		p.mu.Unlock()
		if c != nil {
			c <- a
		}
	}
}

// end tells everybody who waits that there will be no answer.
func (p *pipe) end(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.err = err
	for _, c := range p.waiting {
		close(c)
	}
	p.waiting = nil
}

// call sends a command to a session, "" for the browser, and returns its result.
func (p *pipe) call(session, method string, params any) (json.RawMessage, error) {
	c := make(chan answer, 1)
	p.mu.Lock()
	if p.err != nil {
		defer p.mu.Unlock()
		return nil, p.err
	}
	p.last++
	p.waiting[p.last] = c
	message := map[string]any{"id": p.last, "method": method}
	if params != nil {
		message["params"] = params
	}
	if session != "" {
		message["sessionId"] = session
	}
	text, err := json.Marshal(message)
	if err == nil {
		_, err = p.out.Write(append(text, 0))
	}
	p.mu.Unlock()
	if err != nil {
		return nil, fmt.Errorf("browser: %s: %w", method, err)
	}
	select {
	case a, ok := <-c:
		switch {
		case !ok:
			return nil, errors.New("browser: Chromium has gone")
		case a.Error != nil:
			return nil, fmt.Errorf("browser: %s: %s", method, a.Error.Message)
		}
		return a.Result, nil
	case <-time.After(patience):
		return nil, fmt.Errorf("browser: %s: no answer", method)
	}
}
