package vologrpc

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Map of this file: ParseServiceConfig; the readers of its objects, one each;
// then those of scalars; at the end the tree that they read, which knows where
// in the text everything is.

// ParseServiceConfig reads a service config from JSON. Fields that it does not
// know, it passes over; a value that cannot be is a [*ServiceConfigError], the
// first there is. What [ServiceConfig] and its parts say in their own words is
// called there:
//
//	{
//	  "methodConfig": [{
//	    "name": [{"service": "shop.v1.Items", "method": "GetItem"}],
//	    "timeout": "1.5s",
//	    "waitForReady": true,
//	    "maxRequestMessageBytes": 1024,
//	    "maxResponseMessageBytes": 1024,
//	    "retryPolicy": {
//	      "maxAttempts": 3, "initialBackoff": "0.1s", "maxBackoff": "1s", "backoffMultiplier": 2,
//	      "retryableStatusCodes": ["UNAVAILABLE"]
//	    },
//	    "hedgingPolicy": {"maxAttempts": 3, "hedgingDelay": "0.5s", "nonFatalStatusCodes": ["UNAVAILABLE"]}
//	  }],
//	  "retryThrottling": {"maxTokens": 10, "tokenRatio": 0.1},
//	  "loadBalancingConfig": [{"round_robin": {}}],
//	  "healthCheckConfig": {"serviceName": "shop.v1.Items"}
//	}
func ParseServiceConfig(text string) (*ServiceConfig, error) {
	p := &configParser{text: text, places: map[string]int{}}
	c := p.config(p.parse())
	if p.err == nil {
		p.err = c.check()
	}
	if p.err != nil {
		p.locate(p.err)
		return nil, p.err
	}
	return c, nil
}

func (p *configParser) config(v value) *ServiceConfig {
	top := p.object(v)
	c := &ServiceConfig{}
	for _, m := range p.list(top["methodConfig"]) {
		c.Methods = append(c.Methods, p.method(m))
	}
	if v := top["retryThrottling"]; v.is() {
		t := p.object(v)
		c.Throttle = NewThrottle(float64(p.integer(t["maxTokens"])), p.number(t["tokenRatio"]))
	}
	if v := top["loadBalancingConfig"]; v.is() {
		p.balancing(c, v)
	} else if old := strings.ToLower(p.string(top["loadBalancingPolicy"])); slices.Contains(balancings, old) {
		c.Balancing = old // what is unknown here has never been an error
	}
	if v := top["healthCheckConfig"]; v.is() {
		name := p.string(p.object(v)["serviceName"])
		c.Health = &name
	}
	return c
}

func (p *configParser) method(v value) (m MethodConfig) {
	fields := p.object(v)
	for _, v := range p.list(fields["name"]) {
		name := p.object(v)
		m.Names = append(m.Names, MethodName{p.string(name["service"]), p.string(name["method"])})
	}
	m.Timeout = p.duration(fields["timeout"])
	m.WaitForReady = p.bool(fields["waitForReady"])
	m.MaxSendSize = p.size(fields["maxRequestMessageBytes"])
	m.MaxReceiveSize = p.size(fields["maxResponseMessageBytes"])
	if v := fields["retryPolicy"]; v.is() {
		policy := p.object(v)
		m.Retry = &RetryPolicy{
			Attempts: p.integer(policy["maxAttempts"]),
			Codes:    p.codes(policy["retryableStatusCodes"]),
			Backoff: Backoff{
				Base:       p.duration(policy["initialBackoff"]),
				Max:        p.duration(policy["maxBackoff"]),
				Multiplier: p.number(policy["backoffMultiplier"]),
			},
		}
	}
	if v := fields["hedgingPolicy"]; v.is() {
		policy := p.object(v)
		m.Hedge = &HedgePolicy{
			Attempts: p.integer(policy["maxAttempts"]),
			Delay:    p.duration(policy["hedgingDelay"]),
			NonFatal: p.codes(policy["nonFatalStatusCodes"]),
		}
	}
	return m
}

// balancings are the names of ways to balance that are known.
var balancings = []string{"pick_first", "round_robin"}

// balancing takes the first policy that is known; there must be one.
func (p *configParser) balancing(c *ServiceConfig, v value) {
	var unknown []string
	for _, entry := range p.list(v) {
		policy := p.object(entry)
		if len(policy) != 1 {
			p.fail(entry, "%d policies where one is due", len(policy))
			return
		}
		for name, v := range policy {
			if !slices.Contains(balancings, name) {
				unknown = append(unknown, strconv.Quote(name))
				continue
			}
			fields := p.object(v)
			c.Balancing, c.Shuffle = name, name == "pick_first" && p.bool(fields["shuffleAddressList"])
			return
		}
	}
	p.fail(v, "none of its policies is known: %s", strings.Join(unknown, ", "))
}

func (p *configParser) fail(v value, format string, args ...any) {
	if p.err == nil {
		p.err = &ServiceConfigError{Path: v.path, Err: fmt.Errorf(format, args...)}
	}
}

func (p *configParser) object(v value) map[string]value {
	fields, ok := v.v.(map[string]value)
	if v.is() && !ok {
		p.fail(v, "want an object")
	}
	return fields
}

func (p *configParser) list(v value) []value {
	elements, ok := v.v.([]value)
	if v.is() && !ok {
		p.fail(v, "want a list")
	}
	return elements
}

func (p *configParser) string(v value) string {
	s, ok := v.v.(string)
	if v.is() && !ok {
		p.fail(v, "want a string")
	}
	return s
}

func (p *configParser) bool(v value) bool {
	b, ok := v.v.(bool)
	if v.is() && !ok {
		p.fail(v, "want true or false")
	}
	return b
}

// number reads a number, which JSON of Protobuf may have as a string, too.
func (p *configParser) number(v value) float64 {
	if !v.is() {
		return 0
	}
	var digits string
	switch v := v.v.(type) {
	case json.Number:
		digits = string(v)
	case string:
		digits = v
	}
	n, err := strconv.ParseFloat(digits, 64)
	if err != nil || !json.Valid([]byte(digits)) {
		p.fail(v, "want a number")
		return 0
	}
	return n
}

func (p *configParser) integer(v value) int {
	n := p.number(v)
	if n != math.Trunc(n) || n < 0 || n > math.MaxUint32 {
		p.fail(v, "want an integer from 0 to %d", uint32(math.MaxUint32))
		return 0
	}
	return int(n)
}

func (p *configParser) size(v value) *int {
	if !v.is() {
		return nil
	}
	n := p.integer(v)
	return &n
}

// maxSeconds is the longest duration of Protobuf; what is more than ours is
// ours.
const maxSeconds = 315_576_000_000

// duration reads a duration as JSON of Protobuf has it: seconds, with up to
// nine decimals and an "s".
func (p *configParser) duration(v value) time.Duration {
	if !v.is() {
		return 0
	}
	text, _ := v.v.(string)
	number, ok := strings.CutSuffix(text, "s")
	whole, fraction, _ := strings.Cut(number, ".")
	seconds, bad := strconv.ParseUint("0"+whole, 10, 63)
	nanos, worse := strconv.ParseUint((fraction + "000000000")[:max(9, len(fraction))], 10, 63)
	switch {
	case !ok || bad != nil || worse != nil || len(fraction) > 9 || whole+fraction == "":
		p.fail(v, `want a duration like "1.5s"`)
		return 0
	case seconds > maxSeconds:
		p.fail(v, "%ss is longer than %ds", number, int64(maxSeconds))
		return 0
	case seconds >= math.MaxInt64/uint64(time.Second):
		return math.MaxInt64
	}
	return time.Duration(seconds)*time.Second + time.Duration(nanos)
}

// codes reads a list of codes: names in any case, or numbers.
func (p *configParser) codes(v value) (codes []Code) {
	for _, v := range p.list(v) {
		switch code := v.v.(type) {
		case string:
			i := slices.Index(codeNames[:], strings.ToUpper(code))
			if i < 0 {
				p.fail(v, "there is no code %q", code)
				return nil
			}
			codes = append(codes, Code(i))
		default:
			n := p.integer(v)
			if n >= len(codeNames) {
				p.fail(v, "there is no code %d", n)
				return nil
			}
			codes = append(codes, Code(n))
		}
	}
	return codes
}

// A configParser makes a tree of JSON.
type configParser struct {
	text   string
	places map[string]int // path → offset
	err    *ServiceConfigError
}

// A value of JSON: nil, bool, json.Number, string, []value, map[string]value.
type value struct {
	path string
	v    any
}

// is reports whether the value is there; null is nothing, as in JSON of
// Protobuf.
func (v value) is() bool { return v.v != nil }

// maxDepth bounds the nesting of a config, those parts included that nobody
// reads.
const maxDepth = 100

func (p *configParser) parse() value {
	d := json.NewDecoder(strings.NewReader(p.text))
	d.UseNumber()
	v := p.value(d, "", 0)
	if p.err == nil {
		end := p.next(d)
		if v.v == nil {
			p.fail(v, "want an object")
		} else if _, err := d.Token(); err != io.EOF {
			p.broken(end, errors.New("more than one value"))
		}
	}
	return v
}

func (p *configParser) value(d *json.Decoder, path string, depth int) value {
	at := p.next(d)
	t, err := d.Token()
	if err == nil && depth > maxDepth {
		err = fmt.Errorf("nested more than %d deep", maxDepth)
	}
	if err != nil {
		p.broken(p.next(d), err)
		return value{}
	}
	p.places[path] = at
	switch t {
	case json.Delim('{'):
		fields := map[string]value{}
		for p.err == nil && d.More() {
			at := p.next(d)
			t, err := d.Token()
			name, ok := t.(string)
			if err != nil || !ok {
				p.broken(p.next(d), err)
				break
			}
			if _, twice := fields[name]; twice {
				p.places[path] = at
				p.fail(value{path: path}, "field %q comes twice", name)
				break
			}
			fields[name] = p.value(d, strings.TrimPrefix(path+"."+name, "."), depth+1)
		}
		p.end(d)
		return value{path, fields}
	case json.Delim('['):
		elements := []value{}
		for p.err == nil && d.More() {
			elements = append(elements, p.value(d, path+"["+strconv.Itoa(len(elements))+"]", depth+1))
		}
		p.end(d)
		return value{path, elements}
	}
	return value{path, t}
}

// end reads the end of a list or an object.
func (p *configParser) end(d *json.Decoder) {
	if p.err != nil {
		return
	}
	if _, err := d.Token(); err != nil {
		p.broken(p.next(d), err)
	}
}

// broken says that the text is no JSON from there on, or a little further.
func (p *configParser) broken(at int, err error) {
	if p.err != nil {
		return
	}
	if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
		at = max(at, int(syntax.Offset)-1)
	} else if err == io.EOF || err == io.ErrUnexpectedEOF || err == nil {
		err = errors.New("the text ends too soon")
	}
	p.err = &ServiceConfigError{Err: err}
	p.err.Line, p.err.Column = p.position(at)
}

// next returns where the token begins that comes next.
func (p *configParser) next(d *json.Decoder) int {
	at := int(d.InputOffset())
	for at < len(p.text) && strings.IndexByte(" \t\r\n,:", p.text[at]) >= 0 {
		at++
	}
	return at
}

// locate finds the place of an error: that of its path, or of as much of it as
// there is in the text.
func (p *configParser) locate(e *ServiceConfigError) {
	if e.Line > 0 {
		return
	}
	path := e.Path
	for {
		if at, ok := p.places[path]; ok {
			e.Line, e.Column = p.position(at)
			return
		}
		if path == "" {
			return
		}
		path = path[:max(strings.LastIndexAny(path, ".["), 0)]
	}
}

func (p *configParser) position(at int) (line, column int) {
	before := p.text[:min(at, len(p.text))]
	return 1 + strings.Count(before, "\n"), at - strings.LastIndexByte(before, '\n')
}
