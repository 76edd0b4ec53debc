// keys: everything that can be done with the mouse, by keyboard.

const help = [
  ['← →  or  a d', 'move in time'],
  ['↑ ↓', 'move the lanes, where they do not fit'],
  ['+ −  or  w s', 'zoom'],
  ['0', 'show the whole run'],
  ['n  p', 'next and previous event of the selected actor, or of the run'],
  ['c', 'to what led to the selected event'],
  ['z', 'zoom to the selected event'],
  ['v', 'to the first broken promise, and from one to the next'],
  ['[  ]', 'previous and next partition'],
  ['/', 'search; Enter and Shift+Enter go through what was found'],
  ['t', 'light or dark'],
  ['?', 'this help'],
  ['Esc', 'close, or select nothing'],
]

// keyActions returns what each key does to the app.
function keyActions(app) {
  const pan = (share) => () => app.move(() => app.view.pan(share * app.view.width))
  const zoom = (f) => () => app.move(() => app.view.zoom(f, app.focusX()))
  return {
    ArrowLeft: pan(-0.15), a: pan(-0.15), ArrowRight: pan(0.15), d: pan(0.15),
    ArrowUp: () => app.move(() => app.drawing.scrollBy(-40)),
    ArrowDown: () => app.move(() => app.drawing.scrollBy(40)),
    '+': zoom(0.6), '=': zoom(0.6), w: zoom(0.6), '-': zoom(1 / 0.6), s: zoom(1 / 0.6),
    0: () => app.move(() => app.view.fit()),
    n: () => app.step(1), p: () => app.step(-1),
    c: () => app.selection.row && app.run.cause[app.selection.row] && app.select({ row: app.run.cause[app.selection.row] }),
    z: () => app.zoomToSelection(),
    v: () => app.jumpToViolation(),
    '[': () => app.stepGroup(-1), ']': () => app.stepGroup(1),
    '/': () => document.getElementById('search').focus(),
    t: () => app.toggleScheme(),
    '?': () => document.getElementById('help').showModal(),
    Escape: () => app.select({}),
  }
}

// listenToKeys runs the actions, unless somebody is typing or reading something else.
function listenToKeys(app) {
  const actions = keyActions(app)
  document.addEventListener('keydown', (e) => {
    const typing = /INPUT|SELECT|TEXTAREA/.test(e.target.tagName) || document.getElementById('help').open
    if (typing || e.ctrlKey || e.metaKey || e.altKey || document.getElementById('diagram').hidden) return
    if (/^Arrow(Up|Down)$/.test(e.key) && e.target.closest?.('#panel')) return
    const action = actions[e.key.length === 1 ? e.key.toLowerCase() : e.key]
    if (!action) return
    e.preventDefault()
    action()
  })
}

function fillHelp(list) {
  list.replaceChildren(...help.flatMap(([key, what]) => [el('dt', {}, el('kbd', {}, key)), el('dd', {}, what)]))
}

