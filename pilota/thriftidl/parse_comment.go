package thriftidl

// claim returns the comments of the node that consists of the tokens from the
// one at start to the last one, separator included, without those that its
// parts have claimed.
func (p *parser) claim(start int) Comments {
	if p.pos == start {
		return Comments{}
	}
	first, last := &p.tokens[start], &p.tokens[p.pos-1]
	c := Comments{Leading: take(&first.leading), Blank: first.blank}
	if last != first && (last.kind == ',' || last.kind == ';') {
		behindSeparator(&p.tokens[p.pos-2], last)
	}
	for t := first; ; {
		if t == last {
			break
		}
		c.Leading = append(c.Leading, take(&t.trailing)...)
		start++
		t = &p.tokens[start]
		c.Leading = append(c.Leading, take(&t.leading)...)
	}
	c.Trailing = take(&last.trailing)
	return c
}

// behindSeparator moves the comments between a node and its separator behind
// the separator, if they can share a line there.
func behindSeparator(t, sep *token) {
	n := len(t.trailing)
	if n == 0 || len(sep.leading) > 0 || t.trailing[n-1].isLine() && len(sep.trailing) > 0 {
		return
	}
	sep.trailing = append(take(&t.trailing), sep.trailing...)
}

func take(c *[]Comment) []Comment {
	taken := *c
	*c = nil
	return taken
}
