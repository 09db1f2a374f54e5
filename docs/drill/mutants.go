package main

import (
	"context"
	"fmt"
	"go/ast"
	"go/token"
	"regexp"
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

// swaps are words that people confuse, and what each is taken for.
var swaps = map[string][]string{}

func init() {
	for pair := range strings.FieldsSeq(`<:<= <=:< >:>= >=:> ==:!= !=:== &&:|| ||:&& +:- -:+ <<:>> >>:<< +=:= -=:=
		break:continue continue:break CloseWrite:Close,CloseRead SetDeadline:SetReadDeadline,SetWriteDeadline
		SetReadDeadline:SetDeadline,SetWriteDeadline SetWriteDeadline:SetDeadline,SetReadDeadline
		BigEndian:LittleEndian LittleEndian:BigEndian EOF:ErrUnexpectedEOF ErrUnexpectedEOF:EOF
		ECONNREFUSED:ECONNRESET ECONNRESET:EPIPE EPIPE:ECONNRESET EADDRINUSE:EADDRNOTAVAIL Uint32:Uint16
		PutUint32:PutUint16 Lock:Unlock ErrClosed:ErrWriteToConnected WithTimeout:WithDeadline true:false false:true
		ErrNoProgress:ErrShortWrite ErrShortWrite:ErrNoProgress HasPrefix:HasSuffix,Contains HasSuffix:HasPrefix,Contains
		TrimSuffix:TrimPrefix TrimPrefix:TrimSuffix MaxUint32:MaxInt32 SO_REUSEADDR:SO_KEEPALIVE DeadlineExceeded:Canceled
		ErrDeadlineExceeded:ErrClosed`) {
		word, others, _ := strings.Cut(pair, ":")
		swaps[word] = strings.Split(others, ",")
	}
}

// calls are functions that people confuse: by the name, and what the call of
// two arguments or of one is taken for.
var calls = map[string][]struct{ what, with string }{
	"io.ReadFull": {{"Read for ReadFull", "%[1]s.Read(%[2]s)"}},
	"io.ReadAll":  {{"limit", "io.ReadAll(io.LimitReader(%[1]s, 4096))"}},
	"io.CopyN":    {{"Copy for CopyN", "io.Copy(%[1]s, %[2]s)"}},
	"errors.Is":   {{"== for errors.Is", "%[1]s == %[2]s"}},
	"make":        {{"off by one", "make(%[1]s, (%[2]s)+1)"}},
	"min":         {{"one of two", "%[1]s"}, {"one of two", "%[2]s"}},
	"max":         {{"one of two", "%[1]s"}, {"one of two", "%[2]s"}},
	".Go":         {{"no goroutine", "(%[1]s)()"}}, // a method of whatever
}

var numeral = regexp.MustCompile(`\(\d+\)\+1`)

type mutator struct {
	text func(from, to token.Pos) string
	file *ast.File
	in   string // the function at work
	out  []mutant
	seen map[string]int
}

// mutants breaks one thing after another in a solution.
func mutants(src []byte) (_ []mutant, err error) {
	m := &mutator{in: "declaration", seen: map[string]int{}}
	if m.file, m.text, err = parse(src); err != nil {
		return nil, err
	}
	for _, d := range m.file.Decls {
		if fn, ok := d.(*ast.FuncDecl); ok {
			m.in = fn.Name.Name
			ast.Inspect(fn.Body, m.node)
			m.in = "declaration"
		} else if d.(*ast.GenDecl).Tok != token.IMPORT {
			ast.Inspect(d, m.node)
		}
	}
	return m.out, nil
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
	before := m.text(m.file.FileStart, from)
	source := before + with + m.text(to, m.file.FileEnd)
	m.out = append(m.out, mutant{id, 1 + strings.Count(before, "\n"), []byte(source)})
}

func (m *mutator) source(n ast.Node) string { return m.text(n.Pos(), n.End()) }

// change is add for what n says.
func (m *mutator) change(what string, n ast.Node, with string) { m.add(what, n.Pos(), n.End(), with) }

// swap is add for a word at a place.
func (m *mutator) swap(what, word string, at token.Pos) {
	for _, other := range swaps[word] {
		m.add(what, at, at+token.Pos(len(word)), other)
	}
}

// errorValue is what a return returns where something has failed.
var errorValue = regexp.MustCompile(`(?s)^[eE]rr\w*$|rr.*\)$|\.Err`)

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
	case *ast.ForStmt:
		if n.Cond != nil {
			m.change("no loop", n.Cond, "false && ("+m.source(n.Cond)+")")
		}
	case *ast.BinaryExpr:
		m.swap("operator", n.Op.String(), n.OpPos)
	case *ast.AssignStmt:
		m.swap("operator", n.Tok.String(), n.TokPos)
	case *ast.BranchStmt:
		if n.Label == nil {
			m.swap("branch", n.Tok.String(), n.TokPos)
		}
	case *ast.Ident:
		m.swap("name", n.Name, n.NamePos)
	case *ast.BasicLit:
		m.literal(n)
	case *ast.SliceExpr:
		for _, bound := range []ast.Expr{n.Low, n.High} {
			if bound != nil {
				m.change("bound", bound, "")
			}
		}
		m.change("slice", n, m.source(n.X))
	case *ast.CallExpr:
		m.call(n)
	case *ast.ReturnStmt:
		for _, r := range n.Results {
			if errorValue.MatchString(m.source(r)) {
				m.change("return nil", r, "nil")
			}
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
		m.change("off by one", n, "("+n.Value+"+1)")
	case token.STRING:
		m.change("wrap", n, strings.ReplaceAll(n.Value, "%w", "%v"))
	}
}

func (m *mutator) call(n *ast.CallExpr) {
	name := m.source(n.Fun)
	if strings.HasSuffix(name, ".Go") {
		name = ".Go"
	}
	var args []any
	for _, arg := range n.Args {
		args = append(args, m.source(arg))
	}
	for _, c := range calls[name] {
		with := fmt.Sprintf(c.with, args...)
		if strings.Contains(with, "%!") || numeral.MatchString(with) {
			continue // it has another number of arguments; literal tells it
		}
		m.change(c.what, n, with)
	}
}

// statements drops each and swaps neighbours.
func (m *mutator) statements(list []ast.Stmt) {
	for i, s := range list {
		drop, swap := true, i > 0
		switch s := s.(type) {
		case *ast.AssignStmt:
			drop = s.Tok != token.DEFINE
		case *ast.IfStmt:
			drop = s.Init != nil || s.Else == nil
		case *ast.ReturnStmt, *ast.BranchStmt, *ast.CommClause: // the order of a select means nothing
			drop, swap = false, false
		case *ast.ExprStmt, *ast.DeferStmt, *ast.IncDecStmt, *ast.SendStmt, *ast.GoStmt:
		default:
			drop = false
		}
		if drop {
			m.change("drop", s, "")
		}
		if d, ok := s.(*ast.DeferStmt); ok {
			m.add("no defer", d.Pos(), d.Call.Pos(), "")
		}
		if swap {
			before := list[i-1]
			if between := m.text(before.End(), s.Pos()); !strings.Contains(between, "//") {
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
	const compiling, equivalent, rejected = 0, 1, 2
	counts := map[string]*[3]int{"all": {}}
	var names []string
	done := 0
	var plain, again []*variant
	var survivors, faults []string
	for _, e := range es {
		name := e.lesson + "/" + e.name
		names = append(names, name)
		counts[name] = new([3]int)
		count := func(what int) { counts[name][what]++; counts["all"][what]++ }
		fault := func(words, id string) {
			faults = append(faults, fmt.Sprintf("%s %s: %s: %s", bad("✗"), e.short(), words, id))
		}
		page, err := e.mistakes()
		if err != nil {
			return err
		}
		made, err := mutants(page.solution)
		if err != nil {
			return err
		}
		for id, why := range page.equivalent {
			if why == "" || !slices.ContainsFunc(made, func(m mutant) bool { return m.id == id }) {
				fault("mistakes.md names a mutant that is not made, or gives no reason", id)
			}
		}
		for _, m := range made {
			_, excused := page.equivalent[m.id]
			plain = append(plain, &variant{of: e, source: m.source, flags: []string{"-test.failfast", "-test.timeout=20s"}, then: func(_ string, ok bool, built string) {
				if done++; d.terminal {
					fmt.Fprintf(d.err, "\r\x1b[K%d/%d", done, len(plain))
				}
				if built != "" {
					return
				}
				count(compiling)
				switch {
				case !ok && excused:
					fault("rejected, although mistakes.md calls it no mistake", m.id)
				case !ok:
					count(rejected)
				case excused:
					count(equivalent)
				default:
					// A lock that is missing shows under the race
					// detector and nowhere else.
					again = append(again, &variant{of: e, source: m.source, flags: []string{"-test.count=3", "-test.failfast"}, then: func(_ string, ok bool, built string) {
						if ok || built != "" {
							survivors = append(survivors, fmt.Sprintf("%s %s: line %d: %s", bad("survived"), name, m.line, m.id))
						} else {
							count(rejected)
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
	share := 0.0
	for _, name := range append(names, "all") {
		n := counts[name]
		share = 100 * float64(n[rejected]) / float64(max(1, n[compiling]-n[equivalent]))
		fmt.Fprintf(d.out, "%-36s%9d%12d%10d%8.1f %%\n", name, n[compiling], n[equivalent], n[rejected], share)
	}
	slices.Sort(survivors)
	for _, line := range append(survivors, faults...) {
		fmt.Fprintln(d.out, line)
	}
	fmt.Fprintf(d.out, "%.0f s\n", time.Since(begin).Seconds())
	if len(faults) > 0 || share < strong {
		return errSilent
	}
	return nil
}
