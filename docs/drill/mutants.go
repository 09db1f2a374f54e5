package main

import (
	"context"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
	"strings"
	"time"
)

// mutant is a solution with one thing broken in it.
type mutant struct {
	id     string // what was broken, in words that survive an edit elsewhere
	line   int
	source []byte
}

// swaps are operators, and names, that people confuse.
var (
	operators = map[token.Token][]token.Token{
		token.LSS: {token.LEQ}, token.LEQ: {token.LSS}, token.GTR: {token.GEQ}, token.GEQ: {token.GTR},
		token.EQL: {token.NEQ}, token.NEQ: {token.EQL}, token.LAND: {token.LOR}, token.LOR: {token.LAND},
		token.ADD: {token.SUB}, token.SUB: {token.ADD}, token.SHL: {token.SHR}, token.SHR: {token.SHL},
		token.ADD_ASSIGN: {token.ASSIGN}, token.SUB_ASSIGN: {token.ASSIGN},
	}
	names = map[string][]string{}
)

func init() {
	for pair := range strings.FieldsSeq(`CloseWrite=Close,CloseRead SetDeadline=SetReadDeadline,SetWriteDeadline SetReadDeadline=SetDeadline,SetWriteDeadline
		SetWriteDeadline=SetDeadline,SetReadDeadline BigEndian=LittleEndian LittleEndian=BigEndian EOF=ErrUnexpectedEOF
		ErrUnexpectedEOF=EOF ECONNREFUSED=ECONNRESET ECONNRESET=EPIPE EPIPE=ECONNRESET EADDRINUSE=EADDRNOTAVAIL Uint32=Uint16
		PutUint32=PutUint16 Lock=Unlock ErrClosed=ErrWriteToConnected WithTimeout=WithDeadline true=false false=true
		ErrNoProgress=ErrShortWrite ErrShortWrite=ErrNoProgress HasPrefix=HasSuffix,Contains HasSuffix=HasPrefix,Contains
		TrimSuffix=TrimPrefix TrimPrefix=TrimSuffix MaxUint32=MaxInt32 SO_REUSEADDR=SO_KEEPALIVE DeadlineExceeded=Canceled
		ErrDeadlineExceeded=ErrClosed`) {
		name, others, _ := strings.Cut(pair, "=")
		names[name] = strings.Split(others, ",")
	}
}

type mutator struct {
	fset *token.FileSet
	src  []byte
	in   string // the function at work
	out  []mutant
	seen map[string]int
}

// mutants breaks one thing after another in a solution.
func mutants(src []byte) ([]mutant, error) {
	m := &mutator{fset: token.NewFileSet(), src: src, seen: map[string]int{}}
	f, err := parser.ParseFile(m.fset, "", m.src, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	for _, d := range f.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			m.in = d.Name.Name
			if d.Body != nil {
				ast.Inspect(d.Body, m.node)
			}
		case *ast.GenDecl:
			if d.Tok != token.IMPORT {
				m.in = "declaration"
				ast.Inspect(d, m.node)
			}
		}
	}
	return m.out, nil
}

func (m *mutator) offset(p token.Pos) int { return m.fset.Position(p).Offset }

func (m *mutator) text(from, to token.Pos) string {
	return string(m.src[m.offset(from):m.offset(to)])
}

// add makes the mutant in which the text from from to to is now with.
func (m *mutator) add(what string, from, to token.Pos, with string) {
	old := m.text(from, to)
	if old == with {
		return
	}
	brief := func(s string) string {
		s = strings.Join(strings.Fields(s), " ")
		if r := []rune(s); len(r) > 60 {
			s = string(r[:59]) + "…"
		}
		return s
	}
	id := fmt.Sprintf("%s: %s: %s", m.in, what, brief(old))
	if with != "" {
		id += " -> " + brief(with)
	}
	if m.seen[id]++; m.seen[id] > 1 {
		id += fmt.Sprintf(" (%d)", m.seen[id])
	}
	source := slices.Concat(m.src[:m.offset(from)], []byte(with), m.src[m.offset(to):])
	m.out = append(m.out, mutant{id, m.fset.Position(from).Line, source})
}

func (m *mutator) source(n ast.Node) string { return m.text(n.Pos(), n.End()) }

// change is add for what n says.
func (m *mutator) change(what string, n ast.Node, with string) { m.add(what, n.Pos(), n.End(), with) }

func (m *mutator) operator(op token.Token, at token.Pos) {
	for _, other := range operators[op] {
		m.add("operator", at, at+token.Pos(len(op.String())), other.String())
	}
}

func (m *mutator) node(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.BlockStmt:
		m.statements(n.List)
	case *ast.CaseClause:
		m.statements(n.Body)
	case *ast.CommClause:
		m.statements(n.Body)
	case *ast.IfStmt:
		cond := "(" + m.source(n.Cond) + ")"
		m.change("negate", n.Cond, "!"+cond)
		m.change("never", n.Cond, "false && "+cond)
		m.change("always", n.Cond, "true || "+cond)
	case *ast.BinaryExpr:
		m.operator(n.Op, n.OpPos)
	case *ast.AssignStmt:
		m.operator(n.Tok, n.TokPos)
	case *ast.BasicLit:
		m.literal(n)
	case *ast.SliceExpr:
		for _, bound := range []ast.Expr{n.Low, n.High} {
			if bound != nil {
				m.change("bound", bound, "")
			}
		}
		m.change("slice", n, m.source(n.X))
	case *ast.Ident:
		for _, other := range names[n.Name] {
			m.change("name", n, other)
		}
	case *ast.CallExpr:
		m.call(n)
	case *ast.ReturnStmt:
		for _, r := range n.Results {
			text := m.source(r)
			_, isCall := r.(*ast.CallExpr)
			if id, ok := r.(*ast.Ident); ok && (id.Name == "err" || strings.HasPrefix(id.Name, "err") || strings.HasPrefix(id.Name, "Err")) || isCall && strings.Contains(text, "rr") || strings.Contains(text, ".Err") {
				m.change("return nil", r, "nil")
			}
			if text == "n" {
				m.change("return 0", r, "0")
			}
		}
	case *ast.BranchStmt:
		switch {
		case n.Label != nil:
		case n.Tok == token.CONTINUE:
			m.change("branch", n, "break")
		case n.Tok == token.BREAK:
			m.change("branch", n, "continue")
		}
	case *ast.ForStmt:
		if n.Cond != nil {
			m.change("no loop", n.Cond, "false && ("+m.source(n.Cond)+")")
		}
	}
	return true
}

func (m *mutator) literal(n *ast.BasicLit) {
	switch n.Kind {
	case token.INT:
		if v, err := strconv.ParseInt(n.Value, 0, 64); err == nil {
			m.change("off by one", n, fmt.Sprint(v+1))
			if v > 0 {
				m.change("off by one", n, fmt.Sprint(v-1))
			}
		}
	case token.CHAR:
		if v, _, _, err := strconv.UnquoteChar(strings.Trim(n.Value, "'"), '\''); err == nil && v < 127 {
			m.change("off by one", n, strconv.QuoteRune(v+1))
		}
	case token.STRING:
		if strings.Contains(n.Value, "%w") {
			m.change("wrap", n, strings.ReplaceAll(n.Value, "%w", "%v"))
		}
	}
}

// call confuses functions that look alike.
func (m *mutator) call(n *ast.CallExpr) {
	fun := m.source(n.Fun)
	arg := func(i int) string { return m.source(n.Args[i]) }
	switch {
	case fun == "io.ReadFull" && len(n.Args) == 2:
		m.change("Read for ReadFull", n, arg(0)+".Read("+arg(1)+")")
	case fun == "io.ReadAll" && len(n.Args) == 1:
		m.change("limit", n.Args[0], "io.LimitReader("+arg(0)+", 4096)")
	case fun == "errors.Is" && len(n.Args) == 2:
		m.change("== for errors.Is", n, arg(0)+" == "+arg(1))
	case fun == "io.CopyN" && len(n.Args) == 3:
		m.change("Copy for CopyN", n, "io.Copy("+arg(0)+", "+arg(1)+")")
	case strings.HasSuffix(fun, ".Go") && len(n.Args) == 1:
		m.change("no goroutine", n, "("+arg(0)+")()")
	case fun == "make" && len(n.Args) == 2:
		if _, ok := n.Args[1].(*ast.BasicLit); ok {
			return // told by literal
		}
		m.change("off by one", n.Args[1], "("+arg(1)+")+1")
	case (fun == "min" || fun == "max") && len(n.Args) == 2:
		m.change("one of two", n, arg(0))
		m.change("one of two", n, arg(1))
	}
}

// statements drops each and swaps neighbours.
func (m *mutator) statements(list []ast.Stmt) {
	simple := func(s ast.Stmt) bool {
		switch s := s.(type) {
		case *ast.ExprStmt, *ast.DeferStmt, *ast.IncDecStmt, *ast.SendStmt, *ast.GoStmt:
			return true
		case *ast.AssignStmt:
			return s.Tok != token.DEFINE
		}
		return false
	}
	for i, s := range list {
		if ifs, ok := s.(*ast.IfStmt); simple(s) || ok && (ifs.Init != nil || ifs.Else == nil) {
			m.change("drop", s, "")
		}
		if d, ok := s.(*ast.DeferStmt); ok {
			m.add("no defer", d.Pos(), d.Call.Pos(), "")
		}
		if i == 0 {
			continue
		}
		before := list[i-1]
		if _, ok := s.(*ast.CommClause); ok {
			continue // the order of a select means nothing
		}
		_, isReturn := s.(*ast.ReturnStmt)
		if _, branch := s.(*ast.BranchStmt); !isReturn && !branch {
			between := m.text(before.End(), s.Pos())
			if !strings.Contains(between, "//") {
				m.add("swap", before.Pos(), s.End(), m.source(s)+between+m.source(before))
			}
		}
	}
}

const strong = 95 // percent of the mutants that the tests have to reject

// mutate breaks the solutions mechanically and counts what the tests see.
func (d *drill) mutate(ctx context.Context, es []*exercise) error {
	es = without(es, "step", "hunt") // whose tests look for what a beginner gets wrong, and no more
	begin := time.Now()
	type count struct{ compiling, equivalent, rejected int }
	counts, total := map[*exercise]*count{}, count{}
	var plain, again []*variant
	var survivors, faults []string
	done := 0
	for _, e := range es {
		page, err := e.mistakes()
		if err != nil {
			return err
		}
		made, err := mutants(page.solution)
		if err != nil {
			return err
		}
		for id := range page.equivalent {
			if !slices.ContainsFunc(made, func(m mutant) bool { return m.id == id }) {
				faults = append(faults, fmt.Sprintf("%s: mistakes.md names a mutant that is not made: %s", e.short(), id))
			}
		}
		n := new(count)
		counts[e] = n
		for _, m := range made {
			_, excused := page.equivalent[m.id]
			plain = append(plain, &variant{of: e, source: m.source, flags: []string{"-test.failfast", "-test.timeout=20s"}, then: func(_ string, ok bool, built string) {
				if done++; d.terminal {
					fmt.Fprintf(d.err, "\r\x1b[K%d/%d", done, len(plain))
				}
				if built != "" {
					return
				}
				n.compiling++
				switch {
				case !ok:
					n.rejected++
					if excused {
						faults = append(faults, fmt.Sprintf("%s: rejected, although mistakes.md calls it no mistake: %s", e.short(), m.id))
					}
				case excused:
					n.equivalent++
				default:
					// A lock that is missing shows under the race
					// detector and nowhere else.
					again = append(again, &variant{of: e, source: m.source, flags: []string{"-test.count=3", "-test.failfast"}, then: func(_ string, ok bool, built string) {
						if ok || built != "" {
							survivors = append(survivors, fmt.Sprintf("%s: line %d: %s", e.lesson+"/"+e.name, m.line, m.id))
						} else {
							n.rejected++
						}
					}})
				}
			}})
		}
	}
	if err := d.course.try(ctx, plain); err != nil {
		return err
	}
	if err := d.course.try(ctx, again, d.raced()...); err != nil {
		return err
	}
	if d.terminal {
		fmt.Fprint(d.err, "\r\x1b[K")
	}

	fmt.Fprintln(d.out, bold(fmt.Sprintf("%-36s%9s%12s%10s%10s", "", "compiling", "equivalent", "rejected", "share")))
	line := func(name string, n count, took string) {
		fmt.Fprintf(d.out, "%-36s%9d%12d%10d%10s%s\n", name, n.compiling, n.equivalent, n.rejected, share(n.rejected, n.compiling-n.equivalent), took)
	}
	for _, e := range es {
		n := *counts[e]
		line(e.lesson+"/"+e.name, n, "")
		total = count{total.compiling + n.compiling, total.equivalent + n.equivalent, total.rejected + n.rejected}
	}
	line("all", total, fmt.Sprintf("   %.0f s", time.Since(begin).Seconds()))
	slices.Sort(survivors)
	for _, s := range survivors {
		fmt.Fprintf(d.out, "%s %s\n", bad("survived"), s)
	}
	for _, f := range faults {
		fmt.Fprintf(d.out, "%s %s\n", bad("✗"), f)
	}
	if len(faults) > 0 || total.rejected*100 < strong*(total.compiling-total.equivalent) {
		return errSilent
	}
	return nil
}

func share(part, whole int) string {
	if whole == 0 {
		return "-"
	}
	return fmt.Sprintf("%.1f %%", float64(part)*100/float64(whole))
}
