// What the test does inside a page. It is there before the page's own script.
'use strict'
const frame = () => new Promise(requestAnimationFrame)
const seen = e => e.checkVisibility({ visibilityProperty: true }) && e.getClientRects().length > 0
const name = e => (e.id && '#' + e.id) || `${e.localName} ${JSON.stringify((e.textContent || e.name || '').trim().slice(0, 30))}`

const drive = {
  // What the server sends for a play is kept, to be compared with the page.
  said: '',
  lines: () => drive.said.split('\n').slice(0, -1).map(l => JSON.parse(l)),

  links: () => ({
    links: [...document.querySelectorAll('a[href]')].map(a => a.href),
    ids: [...document.querySelectorAll('[id]')].map(e => e.id)
  }),

  // play presses Run of the i-th scene, and the first answer if it is asked.
  // With change, the numbers to change are changed before that.
  async play (i, change) {
    const stage = document.querySelectorAll('.stage')[i], picture = stage.querySelector('.picture')
    const form = stage.querySelector('form'), run = form.querySelector('button')
    const still = picture.querySelector('img')
    const knobs = [...form.querySelectorAll('input:not([type=range]), select')]
    const mine = change?.[stage.dataset.slug]?.Set
    for (const k of change ? knobs : []) {
      if (mine) k.value = mine[k.name] ?? k.value
      else if (k.localName === 'select') k.selectedIndex = (k.selectedIndex + 1) % k.options.length
      else k.value = k.value.replace(/^\d+/, n => +n + 1)
    }
    stage.scrollIntoView()
    const recorded = location.protocol === 'file:' ? '' : await (await real(still.src)).text()
    await frame()
    let began, first, drawn = 0 // pictures
    const look = new MutationObserver(() => {
      drawn++
      const arrow = drive.lines().findIndex(l => l.svg?.includes('class="line '))
      if (first || arrow >= drawn || !picture.querySelector('.line')) return
      first = performance.now() - began
      drive.hurry = true
    })
    look.observe(picture, { childList: true })
    drive.hurry = false
    const press = button => { drive.said = ''; began = performance.now(); button.click() }
    press(run)
    let answers = []
    if (stage.dataset.question !== 'null') {
      while (!answers.length) {
        await frame()
        answers = stage.querySelectorAll('.guess button')
      }
      press(answers[0])
    }
    const late = began + 30_000
    while (!picture.querySelector('[role=button]') && performance.now() < late) await frame()
    look.disconnect()
    const lines = drive.lines(), shown = []
    for (const call of picture.querySelectorAll('[role=button]')) { // each says what it was
      call.dispatchEvent(new MouseEvent('click', { bubbles: true }))
      const detail = stage.querySelector('.call:not([hidden])')
      shown.push([detail.textContent, ...[...detail.querySelectorAll('a')].map(a => a.getAttribute('href'))].join(' '))
    }
    return {
      slug: stage.dataset.slug, still: recorded, knobs: knobs.length, asked: answers.length,
      judged: stage.querySelectorAll('.guess .right').length,
      first: Math.round(first), frames: drawn, svg: lines.flatMap(l => l.svg || []), shown, page: picture.innerHTML,
      error: lines.find(l => l.error)?.error || '', output: stage.querySelector('output').textContent
    }
  },

  // focus tells where the keyboard is among what it should reach.
  all: () => [...document.querySelectorAll('a[href], button, input, select, textarea, summary, pre, [tabindex="0"]')]
    .filter(e => seen(e) && !e.disabled && e.tabIndex >= 0),
  focus () {
    const e = document.activeElement, style = getComputedStyle(e), box = e.getClientRects()[0]
    const middle = box && (Math.max(box.top, 0) + Math.min(box.bottom, innerHeight)) / 2
    const top = box && document.elementFromPoint(box.left + Math.min(box.width, innerWidth) / 2, middle)
    const ring = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2
    return `${drive.all().indexOf(e)} ` + (!ring ? 'without a ring: ' + name(e) : !e.contains(top) ? 'covered: ' + name(e) : 'seen')
  },

  // wide lists what makes a page wider than the screen.
  wide: () => document.documentElement.scrollWidth <= innerWidth ? [] : [...document.querySelectorAll('body *')].filter(e => e.getBoundingClientRect().right > innerWidth).map(name).slice(0, 5),

  // contrast lists the words that are too pale for WCAG's AA.
  async contrast () {
    document.querySelectorAll('details').forEach(d => { d.open = true })
    for (const img of document.querySelectorAll('article img')) { // a picture's words are words too
      const box = document.createElement('div')
      box.innerHTML = await (await real(img.src)).text()
      img.replaceWith(box)
    }
    const rgba = s => { const n = s.match(/[\d.]+/g).map(Number); return s.startsWith('color(srgb') ? [...n.slice(0, 3).map(x => x * 255), n[3] ?? 1] : [n[0], n[1], n[2], n[3] ?? 1] }
    const over = (a, b) => a.slice(0, 3).map((x, i) => x * a[3] + b[i] * (1 - a[3])).concat(1)
    const light = c => c.slice(0, 3).map(x => (x /= 255) <= 0.04045 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4).reduce((sum, x, i) => sum + x * [0.2126, 0.7152, 0.0722][i], 0)
    const paper = e => { // what is behind an element
      const c = e ? rgba(getComputedStyle(e).backgroundColor) : [255, 255, 255, 1]
      return c[3] === 1 ? c : over(c, paper(e.parentElement))
    }
    const shape = (svg, e, box) => { // what is behind words of a picture
      const at = new DOMPoint(box.left + box.width / 2, box.top + box.height / 2)
      const under = [...svg.querySelectorAll('rect, circle, path')].filter(s => getComputedStyle(s).fill !== 'none' &&
        s.compareDocumentPosition(e) & Node.DOCUMENT_POSITION_FOLLOWING && s.isPointInFill(at.matrixTransform(s.getScreenCTM().inverse())))
      return under.length ? rgba(getComputedStyle(under.at(-1)).fill) : paper(svg)
    }
    const bad = new Map()
    const words = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
    const range = document.createRange()
    for (let t; (t = words.nextNode());) {
      const e = t.parentElement, style = getComputedStyle(e), svg = e.closest('svg')
      range.selectNodeContents(t)
      const box = range.getClientRects()[0]
      if (!t.data.trim() || !box || !seen(e) || e.closest(':disabled, title, desc, style, .skip')) continue
      const back = svg ? shape(svg, e, box) : paper(e)
      const [a, b] = [light(over(rgba(svg ? style.fill : style.color), back)), light(back)].sort((p, q) => q - p)
      const size = parseFloat(style.fontSize), large = size >= 24 || (size >= 18.66 && +style.fontWeight >= 700)
      const ratio = (a + 0.05) / (b + 0.05)
      if (ratio < (large ? 3 : 4.5)) bad.set(`${e.localName}.${e.getAttribute('class')} in ${e.parentElement.localName}: ${ratio.toFixed(2)}`, t.data.trim().slice(0, 30))
    }
    return [...bad].map(b => b.join(' '))
  }
}
const real = window.fetch.bind(window)
window.fetch = async (...a) => {
  const r = await real(...a)
  if (String(a[0]).endsWith('play')) listen(r.clone().body.pipeThrough(new TextDecoderStream())).catch(() => {})
  return r
}
const listen = async body => { for await (const text of body) drive.said += text }

// Once its first arrow is drawn, a scene takes no longer than its sockets.
const wait = window.setTimeout
window.setTimeout = (f, ms) => wait(f, drive.hurry ? 0 : ms)
