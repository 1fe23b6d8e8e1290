package protofmt

import "github.com/bufbuild/protocompile/ast"

// A list is something in brackets.
type list struct {
	open, close ast.Token
	starts      []ast.Token // of the elements
	body        bool        // every element is on a line of its own
	spaced      bool        // spaces stand within the brackets, on one line
	apart       bool        // it must not be written on one line
}

// An element of the file is a header or a definition.
type element struct {
	start ast.Token
	group int // what stands in groups
	body  bool
}

// The groups of elements of a file, between which there are empty lines.
const (
	syntaxGroup = iota
	packageGroup
	importGroup
	optionGroup
	definitionGroup
)

// A layout is what the syntax tree says about the tokens.
type layout struct {
	tokens   map[ast.Token]*token
	lists    map[ast.Token]*list // by the opening token
	elements []element
	eof      ast.Token
}

func (l *layout) file(f *ast.FileNode) {
	l.eof = f.EOF.Token()
	if f.Syntax != nil {
		l.elements = append(l.elements, element{f.Syntax.Start(), syntaxGroup, false})
	}
	if f.Edition != nil {
		l.elements = append(l.elements, element{f.Edition.Start(), syntaxGroup, false})
	}
	for _, d := range f.Decls {
		if _, empty := d.(*ast.EmptyDeclNode); empty && l.stray(d, len(l.elements) == 0) {
			continue
		}
		e := element{d.Start(), definitionGroup, true}
		switch d.(type) {
		case *ast.PackageNode:
			e.group, e.body = packageGroup, false
		case *ast.ImportNode:
			e.group, e.body = importGroup, false
		case *ast.OptionNode:
			e.group, e.body = optionGroup, false
		case *ast.EmptyDeclNode:
			e.body = false
		}
		l.elements = append(l.elements, e)
	}
	l.walk(f)
}

// stray drops a semicolon that stands for nothing, and reports whether it is
// no element: one with comments remains, on the line of what is before it if
// it can.
func (l *layout) stray(n ast.Node, first bool) bool {
	t := l.tokens[n.Start()]
	t.drop = t.bare()
	return t.drop || len(t.before) == 0 && !first
}

// walk marks the tokens of n and of what it consists of.
func (l *layout) walk(n ast.Node) {
	l.mark(n)
	if composite, ok := n.(ast.CompositeNode); ok {
		for _, c := range composite.Children() {
			l.walk(c)
		}
		l.settle(n)
	}
}

func (l *layout) mark(n ast.Node) {
	switch n := n.(type) {
	case *ast.RuneNode:
		if n.Rune == ';' || n.Rune == ',' || n.Rune == ':' {
			l.tokens[n.Token()].glued = true
		}
	case *ast.MessageNode:
		body(l, n.OpenBrace, n.CloseBrace, n.Decls)
	case *ast.GroupNode:
		body(l, n.OpenBrace, n.CloseBrace, n.Decls)
	case *ast.ExtendNode:
		body(l, n.OpenBrace, n.CloseBrace, n.Decls)
	case *ast.OneofNode:
		body(l, n.OpenBrace, n.CloseBrace, n.Decls)
	case *ast.EnumNode:
		body(l, n.OpenBrace, n.CloseBrace, n.Decls)
	case *ast.ServiceNode:
		body(l, n.OpenBrace, n.CloseBrace, n.Decls)
	case *ast.RPCNode:
		l.tokens[n.Input.Start()].glued = true
		if n.OpenBrace != nil {
			body(l, n.OpenBrace, n.CloseBrace, n.Decls)
		}
	case *ast.RPCTypeNode:
		l.tokens[n.MessageType.Start()].glued = n.Stream == nil
		if n.Stream != nil {
			l.tokens[n.Stream.Token()].glued = true
		}
		l.tokens[n.CloseParen.Token()].glued = true
	case *ast.MapTypeNode:
		for _, within := range []ast.Node{n.OpenAngle, n.KeyType, n.CloseAngle} {
			l.tokens[within.Start()].glued = true
		}
	case *ast.CompactOptionsNode:
		l.list(n.OpenBracket, n.CloseBracket, starts(n.Options), false)
	case *ast.ArrayLiteralNode:
		l.list(n.OpenBracket, n.CloseBracket, starts(n.Elements), false)
	case *ast.MessageLiteralNode:
		l.list(n.Open, n.Close, starts(n.Elements), true)
	case *ast.CompoundIdentNode, *ast.OptionNameNode, *ast.FieldReferenceNode, *ast.NegativeIntLiteralNode, *ast.SignedFloatLiteralNode:
		l.glue(n)
	case *ast.CompoundStringLiteralNode:
		for _, c := range n.Children()[1:] {
			t := l.tokens[c.Start()]
			t.force = t.first
		}
	case *ast.ReservedNode:
		l.fill(n)
	case *ast.ExtensionRangeNode:
		l.fill(n)
	}
}

// glue joins the tokens of n.
func (l *layout) glue(n ast.Node) {
	for t := n.Start() + 1; t <= n.End(); t++ {
		if tok := l.tokens[t]; tok != nil {
			tok.glued = true
		}
	}
}

// fill lets the ranges and names of n flow over several lines.
func (l *layout) fill(n ast.CompositeNode) {
	for _, c := range n.Children()[1:] {
		switch c.(type) {
		case *ast.RuneNode, *ast.CompactOptionsNode:
		default:
			l.tokens[c.Start()].fill = true
		}
	}
}

func starts[N ast.Node](nodes []N) []ast.Token {
	var list []ast.Token
	for _, n := range nodes {
		list = append(list, n.Start())
	}
	return list
}

// body notes a list of declarations.
func body[N ast.Node](l *layout, open, close *ast.RuneNode, decls []N) {
	b := &list{open: open.Token(), close: close.Token(), body: true}
	for _, d := range decls {
		if _, empty := any(d).(*ast.EmptyDeclNode); empty && l.stray(d, len(b.starts) == 0) {
			continue
		}
		b.starts = append(b.starts, d.Start())
	}
	l.lists[b.open] = b
}

// list notes a list of values; one of those with names is kept on several
// lines if it was.
func (l *layout) list(open, close *ast.RuneNode, starts []ast.Token, named bool) {
	b := &list{open: open.Token(), close: close.Token(), starts: starts, spaced: named}
	b.apart = named && len(starts) > 0 && l.tokens[starts[0]].first
	if !named {
		for _, s := range starts[:min(1, len(starts))] {
			l.tokens[s].glued = true
		}
		l.tokens[b.close].glued = true
	}
	l.lists[b.open] = b
}

// settle decides, when all is known of what n consists of, whether a list
// must not be written on one line: there are comments in it, or something
// else that cannot be.
func (l *layout) settle(n ast.Node) {
	b := l.lists[n.Start()]
	if b == nil || b.body || b.close != n.End() {
		return
	}
	for t := b.open; t <= b.close; t++ {
		tok := l.tokens[t]
		if tok == nil {
			continue
		}
		comments := t > b.open && len(tok.before) > 0 || t < b.close && len(tok.behind) > 0
		inner := l.lists[t]
		b.apart = b.apart || comments || t > b.open && (tok.force || inner != nil && inner.apart)
	}
}
