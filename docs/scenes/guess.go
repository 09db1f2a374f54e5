package scenes

import (
	"fmt"
	"slices"
	"strings"

	"example.com/dialtone/docs/internal/ask"
	"example.com/dialtone/docs/ladder"
)

// guesses are a learner's answers to the questions of a play.
type guesses struct {
	ask.Keyboard
	over         bool // the input has ended: nothing more is asked
	asked, right int
	missed       []Scene
}

// class is the guess of a class that looks at the projector: not counted.
const class = 0

// guess asks q and gives the number of the answer chosen, class, or -1
// where nothing was asked.
func (s *stage) guess(q *Question) (int, error) {
	g := s.guesses
	if q == nil || g == nil || g.over {
		return -1, nil
	}
	s.Say(q.En, q.Zh)
	for i, a := range q.Answers {
		s.Say(fmt.Sprintf("%d) %s", i+1, a.En), fmt.Sprintf("%d) %s", i+1, a.Zh))
	}
	prompt := fmt.Sprintf(s.lang.Pick("Your guess, 1 to %d (only Enter: a class votes) > ", "你猜哪个？输入 1 到 %d（直接回车：全班举手）> "), len(q.Answers))
	n, err := g.Number(s.ctx, prompt, len(q.Answers))
	if err == nil && n == class {
		vote := s.lang.Pick("Who is for 1? ", "选 1 的举手？")
		for i := range q.Answers[1:] {
			vote += fmt.Sprintf(s.lang.Pick("For %d? ", "选 %d 的呢？"), i+2)
		}
		_, err = g.Number(s.ctx, vote+s.lang.Pick("Enter plays the scene. > ", "按回车开演 > "), 0)
	}
	if err != nil && s.ctx.Err() == nil {
		g.over, n, err = true, -1, nil
		fmt.Fprintln(s.out)
		s.Say("The input has ended: no more questions.", "输入已经结束：后面不再提问。")
	}
	return n, err
}

// reveal says which answers the run makes right, and draws the lines of the
// picture where that is seen.
func (s *stage) reveal(sc Scene, guess int) {
	right, seen := sc.Ask.Judge(s.played())
	var names []string
	for _, i := range right {
		names = append(names, fmt.Sprintf(s.lang.Pick("%d (%s)", "%d（%s）"), i+1, sc.Ask.Answers[i].In(s.lang)))
	}
	answer := strings.Join(names, s.lang.Pick(" or ", " 或 "))
	said := s.lang.Pick("Right: ", "答案：")
	if guess != class {
		s.guesses.asked++
		if slices.Contains(right, guess-1) {
			s.guesses.right++
			said = s.lang.Pick("Yes: ", "猜对了：")
		} else {
			s.guesses.missed = append(s.guesses.missed, sc)
			said = s.lang.Pick("No. It is ", "没猜对。答案是 ")
		}
	}
	fmt.Fprintln(s.out)
	s.Say(said+answer+". "+"You see it here:", said+answer+"。看这里：")
	o := s.options()
	o.Only = seen
	ladder.Draw(s.paced(), s.played(), o) // the sink keeps its error
}

// score is what the guesses came to, and what to read again.
func (s *stage) score(l Lesson) {
	g := s.guesses
	if g == nil || g.asked == 0 {
		return
	}
	fmt.Fprintln(s.out)
	s.Say(fmt.Sprintf("You guessed %d of %d right.", g.right, g.asked), fmt.Sprintf("%[2]d 题猜对了 %[1]d 题。", g.right, g.asked))
	for _, sc := range g.missed {
		s.Say(fmt.Sprintf("To read again for %q: %s/README.md, %q", sc.Title.En, l.Dir, sc.Ask.Heading.En),
			fmt.Sprintf("“%s”没猜对，再读一遍：%s/README.zh-CN.md 的“%s”", sc.Title.Zh, l.Dir, sc.Ask.Heading.Zh))
	}
}
