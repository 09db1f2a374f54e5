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
let index, left = 0 // where the reader was
const load = () => index ||= new Promise((done, fail) => {
  document.head.append(Object.assign(document.createElement('script'), {
    src: page.home + 'search.' + page.lang + '.js', onload: () => done(window.bookIndex), onerror: fail }))
})
box.addEventListener('input', async () => {
  const asked = box.value.trim().toLowerCase()
  const all = asked && await load()
  if (box.value.trim().toLowerCase() !== asked) return
  const words = asked.split(/\s+/).filter(Boolean)
  if (found.hidden) left = scrollY
  found.replaceChildren()
  found.hidden = words.length === 0
  document.querySelector('article').hidden = words.length > 0
  scrollTo(0, words.length ? 0 : left)
  if (!words.length) return
  const score = s => words.every(w => (s.Title + ' ' + s.Text).toLowerCase().includes(w)) ?
    1 + 9 * words.filter(w => s.Title.toLowerCase().includes(w)).length : 0
  const hits = all.map(s => [score(s), s]).filter(h => h[0]).sort((a, b) => b[0] - a[0]).slice(0, 40)
  const any = new RegExp('(' + words.map(w => w.replace(/[^\p{L}\p{N}]/gu, '\\$&')).join('|') + ')', 'i')
  const list = make('ul', '')
  for (const [, s] of hits) {
    const item = make('li', ''), link = make('a', s.Page + ' › ' + s.Title, { href: page.home + s.Href })
    link.addEventListener('click', () => { box.value = ''; box.dispatchEvent(new Event('input')) })
    const at = Math.max(0, s.Text.toLowerCase().indexOf(words[0]) - 40)
    item.append(link, make('br', ''), ...s.Text.slice(at, at + 160).split(any).map((part, i) => i % 2 ? make('mark', part) : part))
    list.append(item)
  }
  found.append(hits.length ? list : make('p', page.nothing))
})

box.addEventListener('keydown', e => { if (e.key === 'Enter') found.querySelector('a')?.click() })
document.addEventListener('keydown', e => {
  if (e.target.matches('input, button, pre') && e.key !== 'Escape' || e.ctrlKey || e.metaKey || e.altKey) return
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
const me = Math.random().toString(36).slice(2)
const parser = new DOMParser()
let playing
for (const stage of document.querySelectorAll('.stage')) {
  const picture = stage.querySelector('.picture'), printed = picture.firstElementChild
  const form = stage.querySelector('form'), buttons = form.querySelectorAll('button')
  const caption = stage.querySelector('figcaption'), fields = [...form.querySelectorAll('input, select')]
  const question = JSON.parse(stage.dataset.question)
  const said = make('output', ''), waiting = make('output', ''), below = make('pre', '', { className: 'below', hidden: true, tabIndex: 0 })
  const detail = make('div', '', { className: 'call', hidden: true }), step = make('input', '', { type: 'range', className: 'step', hidden: true, min: 0, ariaLabel: page.step })
  const back = make('button', page.back, { type: 'button', hidden: true })
  form.append(back)
  form.after(step, said, below, waiting, detail)
  let frames = [], answers = [], calls = {}, asked, cell, walking, reveal
  const say = text => { said.textContent = text }
  const set = () => Object.fromEntries(fields.map(f => [f.name, f.value]))

  // A picture, and of it only the calls up to one of them.
  function show (i) {
    const { svg, upto } = frames[i]
    if (picture.drawn !== svg) {
      picture.replaceChildren(document.importNode(parser.parseFromString(svg, 'image/svg+xml').documentElement, true))
      picture.drawn = svg
    }
    picture.querySelectorAll('[data-seqs]').forEach((g, k) => g.classList.toggle('later', upto !== undefined && k > upto))
  }
  const draw = (mine, i) => { // arrow by arrow, however fast they came
    if (frames !== mine) return
    show(i)
    return new Promise(resolve => setTimeout(resolve, 50))
  }
  // The calls of a picture answer: what went over, and whose line it was.
  function explain (g, quietly) {
    const seqs = g.dataset.seqs.split(' '), call = calls[seqs.findLast(seq => calls[seq])]
    if (!call) return
    picture.querySelectorAll('.chosen').forEach(other => other.classList.remove('chosen'))
    g.classList.add('chosen')
    detail.hidden = false
    detail.replaceChildren(make('strong', call.Text + (seqs.length > 1 ? ' ×' + seqs.length : '')))
    if (call.Bytes) detail.append(make('pre', call.Bytes, { tabIndex: 0 }))
    if (call.Where) {
      const code = make('pre', '', { tabIndex: 0 })
      code.innerHTML = call.Code // made by the book itself, of the course's own files
      detail.append(make('a', call.Where.replace('.html#L', ':'), { href: page.home + call.Where }), code)
    }
    if (!quietly) detail.scrollIntoView({ block: 'nearest' })
  }
  function listen () {
    const all = [...picture.querySelectorAll('[data-seqs]')].filter(g => g.dataset.seqs.split(' ').some(seq => calls[seq]))
    all.forEach((g, i) => {
      g.setAttribute('tabindex', i ? -1 : 0)
      g.setAttribute('role', 'button')
      g.addEventListener('click', () => explain(g))
      g.addEventListener('keydown', e => {
        const next = all.at({ ArrowDown: (i + 1) % all.length, ArrowUp: i - 1, Home: 0, End: -1 }[e.key] ?? i)
        if (e.key === 'Enter' || e.key === ' ') explain(g)
        else if (next !== g) next.focus()
        else return
        e.preventDefault()
      })
    })
    if (all.length) say((said.textContent + ' ' + page.click).trim())
  }
  function walk (i) { // a step: the picture so far, and its last call
    show(i)
    if (i === frames.length - 1) return reveal()
    const drawn = [...picture.querySelectorAll('[data-seqs]:not(.later)')].findLast(g => g.dataset.seqs.split(' ').some(seq => calls[seq]))
    if (drawn) explain(drawn, true)
  }
  step.addEventListener('input', () => walk(+step.value))
  back.addEventListener('click', () => {
    picture.replaceChildren(printed)
    picture.drawn = undefined
    back.hidden = step.hidden = detail.hidden = below.hidden = true
    say('')
  })
  const ask = alone => fetch('/play', { method: 'POST', signal: playing.signal, headers: { 'X-Token': page.token },
    body: JSON.stringify({ Lesson: +stage.dataset.lesson, Slug: stage.dataset.slug, Lang: page.lang, Page: me, Ask: alone, Set: set() }) })
  // Without a server, the play is the one that was recorded.
  const kept = () => new Promise((resolve, reject) => document.head.append(Object.assign(document.createElement('script'), {
    src: `${page.home}plays/${stage.dataset.lesson}-${stage.dataset.slug}.${page.lang}.js`, onload: () => resolve(window.bookPlay), onerror: reject })))

  async function run (guess, stepwise) {
    playing?.abort()
    playing = new AbortController()
    walking = false
    buttons.forEach(b => { b.disabled = true })
    stage.classList.remove('asking')
    picture.style.minHeight = picture.offsetHeight + 'px' // nothing below it moves while it grows
    detail.hidden = step.hidden = below.hidden = true
    waiting.textContent = ''
    say('')
    const mine = frames = [], pressed = cell
    cell = undefined
    let drawn = Promise.resolve()
    const add = frame => {
      const i = mine.push(frame) - 1
      if (!stepwise) drawn = drawn.then(() => draw(mine, i))
      else if (!i) show(0)
    }
    const over = async end => {
      await drawn
      if (frames !== mine) return
      const last = frames.length - 1
      calls = end.calls
      let told = false
      reveal = () => { // once the last step is seen
        walking = false
        picture.style.minHeight = ''
        if (guess !== undefined) answers.forEach((b, i) => b.classList.add(end.right.includes(i) ? 'right' : 'wrong'))
        say(end.error || (guess === undefined ? '' : end.right.includes(guess) ? page.right : page.wrong))
        if (pressed) Object.assign(pressed, { textContent: end.bound ? '✓' : '✗', ariaLabel: pressed.dataset.set + ': ' + (end.bound ? page.got : page.taken) })
        below.textContent = end.below || ''
        below.hidden = !end.below
        if (!told) listen()
        told = true
      }
      back.hidden = false
      step.max = last
      step.value = stepwise ? 0 : last
      step.hidden = last < 1
      show(+step.value)
      walking = stepwise && last > 0
      if (!walking) reveal()
      if (walking || document.activeElement === document.body) step.focus({ preventScroll: !walking })
      buttons.forEach(b => { b.disabled = false })
    }
    try {
      if (!page.token) {
        const end = await kept()
        const all = parser.parseFromString(end.svg, 'image/svg+xml').querySelectorAll('[data-seqs]').length
        for (let i = 0; i < all; i++) add({ svg: end.svg, upto: i })
        return await over(end)
      }
      const response = await ask(false)
      if (!response.ok) return say(await response.text())
      await lines(response, async e => {
        if (e.svg) add({ svg: e.svg })
        else if (e.end) over(e)
        else {
          await drawn
          if (frames === mine) waiting.textContent = e.wait
        }
      })
    } catch (e) {
      if (e.name !== 'AbortError') say(page.ended)
    } finally { buttons.forEach(b => { b.disabled = false }) }
  }
  form.addEventListener('submit', async e => {
    e.preventDefault()
    const stepwise = e.submitter?.value === 'step', now = JSON.stringify(set())
    if (stepwise && walking && asked === now) {
      step.value = +step.value + 1
      return walk(+step.value)
    }
    if (asked === now || !question) return run(undefined, stepwise)
    caption.querySelector('.guess')?.remove()
    answers = []
    const again = asked
    asked = now
    if (cell && again) return run(undefined, stepwise) // one question is enough for twelve cells
    let put = question
    if (fields.length) {
      playing?.abort()
      playing = new AbortController()
      try {
        const response = await ask(true)
        if (!response.ok) return say(await response.text())
        put = await response.json()
      } catch { return say(page.ended) }
    }
    const guess = make('div', '', { className: 'guess' })
    guess.append(make('strong', page.guess + ' ' + put.text))
    answers = put.answers.map((text, i) => make('button', text, { type: 'button', onclick: e => {
      e.target.classList.add('mine')
      answers.forEach(b => { b.disabled = true })
      run(i, stepwise)
    } }))
    guess.append(...answers)
    caption.prepend(guess)
    stage.classList.add('asking') // the printed picture would tell
    answers[0].focus()
  })
  stage.querySelectorAll('.cells button').forEach(b => b.addEventListener('click', () => {
    b.dataset.set.split(' ').forEach((value, i) => { fields[i].value = value })
    cell = b
    form.requestSubmit()
  }))
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
