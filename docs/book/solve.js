'use strict'
// The exercises of a chapter: how they do, and again whenever one is saved.
// It begins when the reader comes near.
const place = document.querySelector('.exercises')
let asking
async function solve () {
  asking?.abort()
  if (document.hidden) return
  asking = new AbortController()
  const [list, said] = place.children
  let first = true
  try {
    const response = await fetch('/solve', { method: 'POST', signal: asking.signal, headers: { 'X-Token': page.token },
      body: JSON.stringify({ Lesson: place.dataset.lesson, Lang: page.lang }) })
    if (!response.ok) { said.textContent = await response.text(); return }
    await lines(response, e => {
      if (e.tasks && !list.firstChild) list.innerHTML = e.tasks
      if (e === 'waiting') first = false
      if (e.say) said.textContent = e.say
      const one = e.name && list.querySelector(`[data-name="${e.name}"]`)
      if (!one) return
      const below = one.querySelector('.result')
      one.dataset.state = e.state
      one.querySelector('summary span').textContent = e.head
      if (below.drawn !== e.result) below.innerHTML = below.drawn = e.result
      if (!first) one.open = true
      const next = list.querySelector('.exercise:not([data-state=done]) code')
      if (!first && e.state === 'done' && next) below.append(page.next + ' → ', next.textContent)
    })
    said.textContent = page.ended
  } catch (e) {
    if (e.name !== 'AbortError') said.textContent = page.ended
  }
}
if (place && page.token) {
  // A link to an exercise's file opens its task.
  document.querySelector('article').addEventListener('click', e => {
    const name = e.target.closest('a')?.getAttribute('href').match(/^exercises\/(\w+)\/\1\.go\.html$/)?.[1]
    const one = name && !place.contains(e.target) && place.querySelector(`[data-name="${name}"]`)
    if (!one) return
    e.preventDefault()
    one.open = true
    one.scrollIntoView()
    one.querySelector('summary').focus({ preventScroll: true })
  })
  new IntersectionObserver((seen, eye) => {
    if (!seen.at(-1).isIntersecting) return // a busy page is told of several moments at once
    eye.disconnect()
    document.addEventListener('visibilitychange', solve)
    solve()
  }, { rootMargin: '400px' }).observe(place)
}
