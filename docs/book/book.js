'use strict'
const page = document.documentElement.dataset
const make = (name, text, more) => Object.assign(document.createElement(name), { textContent: text }, more)

// The contents fold on a narrow screen.
if (matchMedia('(max-width: 800px)').matches) document.querySelector('nav details').open = false

// The other language opens at the section that is on the screen: the headings
// of both come in the same order.
const twin = document.getElementById('twin')
if (twin) twin.addEventListener('click', () => {
  const all = [...document.querySelectorAll('article :is(h1,h2,h3,h4)[id]')]
  const at = all.findLastIndex(h => h.getBoundingClientRect().top < 150)
  const anchors = JSON.parse(twin.dataset.anchors || '[]')
  twin.hash = at > 0 && anchors[at] ? anchors[at] : ''
})

// Search: every word must occur, as a piece of any word, so Chinese is found.
const box = document.getElementById('search')
const found = document.getElementById('found')
let index
const load = () => index ||= new Promise((done, fail) => {
  document.head.append(Object.assign(document.createElement('script'), {
    src: page.home + 'search.' + page.lang + '.js', onload: () => done(window.bookIndex), onerror: fail }))
})
box.addEventListener('input', async () => {
  const asked = box.value.trim().toLowerCase()
  const all = asked && await load()
  if (box.value.trim().toLowerCase() !== asked) return
  const words = asked.split(/\s+/).filter(Boolean)
  found.replaceChildren()
  found.hidden = words.length === 0
  document.querySelector('article').hidden = words.length > 0
  if (!words.length) return
  const score = s => words.every(w => (s.Title + ' ' + s.Text).toLowerCase().includes(w)) ?
    1 + 9 * words.filter(w => s.Title.toLowerCase().includes(w)).length : 0
  const hits = all.map(s => [score(s), s]).filter(h => h[0]).sort((a, b) => b[0] - a[0]).slice(0, 40)
  const list = make('ul', '')
  for (const [, s] of hits) {
    const item = make('li', ''), link = make('a', s.Page + ' › ' + s.Title, { href: page.home + s.Href })
    link.addEventListener('click', () => { box.value = ''; box.dispatchEvent(new Event('input')) })
    const at = Math.max(0, s.Text.toLowerCase().indexOf(words[0]) - 40)
    const text = s.Text.slice(at, at + 160), k = text.toLowerCase().indexOf(words[0])
    item.append(link, make('br', ''), k < 0 ? text : text.slice(0, k), k < 0 ? '' : make('mark', text.slice(k, k + words[0].length)), k < 0 ? '' : text.slice(k + words[0].length))
    list.append(item)
  }
  found.append(hits.length ? list : make('p', page.nothing))
})

document.addEventListener('keydown', e => {
  if (e.target.matches('input, button') && e.key !== 'Escape' || e.ctrlKey || e.metaKey || e.altKey) return
  const turn = { ArrowLeft: 'prev', ArrowRight: 'next' }[e.key]
  if (e.key === '/') { e.preventDefault(); box.focus() }
  else if (e.key === 'Escape') { box.value = ''; box.dispatchEvent(new Event('input')); box.blur() }
  else if (turn) document.querySelector(`a[rel=${turn}]`)?.click()
})

// lines reads a stream of JSON, a line each.
async function lines (response, each) {
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader()
  for (let rest = ''; ;) {
    const { value, done } = await reader.read()
    if (done) return
    const all = (rest + value).split('\n')
    rest = all.pop()
    all.forEach(line => each(JSON.parse(line)))
  }
}

// A scene: the question first, then the play, and its pictures step by step.
let playing
for (const stage of document.querySelectorAll('.stage')) {
  const picture = stage.querySelector('img'), form = stage.querySelector('form'), button = form.querySelector('button')
  const question = JSON.parse(stage.dataset.question)
  let frames = [], answers = []
  const show = i => { picture.src = frames[i] }
  const draw = async mine => { // arrow by arrow, however fast they came
    for (let i = 0; frames === mine && i < mine.length; i++) {
      show(i)
      await new Promise(resolve => setTimeout(resolve, 50))
    }
  }
  const say = text => { stage.querySelector('output')?.remove(); form.append(make('output', text)) }
  async function run (guess) {
    playing?.abort()
    playing = new AbortController()
    button.disabled = true
    frames.forEach(URL.revokeObjectURL)
    frames = []
    stage.querySelector('.step')?.remove()
    let drawn, end
    try {
      const set = Object.fromEntries([...form.querySelectorAll('input')].map(i => [i.name, i.value.trim()]))
      const response = await fetch('/play', { method: 'POST', signal: playing.signal, headers: { 'X-Token': page.token },
        body: JSON.stringify({ Lesson: +stage.dataset.lesson, Slug: stage.dataset.slug, Lang: page.lang, Set: set }) })
      if (!response.ok) return say(await response.text())
      await lines(response, e => {
        if (e.svg) {
          frames.push(URL.createObjectURL(new Blob([e.svg], { type: 'image/svg+xml' })))
          if (frames.length === 1) drawn = draw(frames)
          return
        }
        end = e
      })
      await drawn
      if (end) {
        answers.forEach((b, i) => b.classList.add(end.right.includes(i) ? 'right' : 'wrong'))
        say(end.error || (guess === undefined ? '' : end.right.includes(guess) ? page.right : page.wrong))
      }
      const step = make('input', '', { type: 'range', min: 0, max: frames.length - 1, value: frames.length - 1, className: 'step', ariaLabel: page.step })
      step.addEventListener('input', () => show(step.value))
      if (frames.length > 1) form.append(step)
    } catch (e) {
      if (e.name !== 'AbortError') say(page.ended)
    } finally { button.disabled = false }
  }
  form.addEventListener('submit', e => {
    e.preventDefault()
    if (!question || answers.length) return run()
    const guess = make('div', '', { className: 'guess' })
    guess.append(make('strong', page.guess + ' ' + question.Text))
    answers = question.Answers.map((text, i) => make('button', text, { type: 'button', onclick: () => { answers.forEach(b => { b.disabled = true }); run(i) } }))
    guess.append(...answers)
    stage.querySelector('figcaption').prepend(guess)
    answers[0].focus()
  })
}

// A page that is saved comes anew. One that is hidden lets go of its
// connection: a browser has only six of them for all its tabs.
let watching
function watch () {
  watching?.abort()
  if (document.hidden) return
  watching = new AbortController()
  fetch('/changes?since=' + page.since + '&path=' + encodeURIComponent(page.path), { signal: watching.signal })
    .then(r => r.ok && lines(r, e => e === 'changed' && location.reload())).catch(() => {})
}
if (page.token) {
  document.addEventListener('visibilitychange', watch)
  watch()
}
