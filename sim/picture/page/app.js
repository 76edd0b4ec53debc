// app: holds everything together.

class App {
  constructor(run) {
    this.run = run
    this.view = new View(run.end)
    this.filter = new Filter(run)
    this.drawing = new Drawing(byId('canvas'), run, this.filter, this.view)
    this.overview = new Overview(byId('overview'), run, this.view, () => this.changed())
    this.panel = new Panel(byId('panel'), run, (what) => this.select(what, true), (text) => this.find(text))
    this.selection = {}
    this.waiting = false
    new Pointer(this)
    fillHeader(run)
    fillControls(this)
    fillTabs(this)
    fillHelp(byId('keys'))
    listenToKeys(this)
    this.listen()
    this.resize()
    this.follow(location.hash)
  }

  listen() {
    new ResizeObserver(() => this.resize()).observe(byId('stage'))
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.recolour())
    window.addEventListener('hashchange', () => location.hash !== this.link && this.follow(location.hash))
  }

  // follow shows what a link asks for.
  follow(hash) {
    const l = parseLink(hash, this.run)
    if (l.from !== undefined) this.view.set(l.from, l.to)
    if (l.group) this.setGroup(l.group)
    if (l.query) this.find(l.query)
    this.select(l.selection, l.from === undefined)
  }

  // move changes the view and draws it.
  move(change) {
    change()
    this.changed()
  }

  // changed draws a frame soon, one for all changes until then.
  changed() {
    if (this.waiting) return
    this.waiting = true
    requestAnimationFrame(() => {
      this.waiting = false
      this.draw()
    })
  }

  draw() {
    this.drawing.frame()
    this.overview.draw(this.drawing.p)
    this.status()
    clearTimeout(this.linking)
    this.linking = setTimeout(() => this.writeLink(), 250)
  }

  writeLink() {
    const { view, filter, selection } = this
    this.link = formatLink({ from: view.from, to: view.to, selection, group: filter.group, query: filter.query })
    history.replaceState(null, '', this.link)
  }

  resize() {
    if (byId('diagram').hidden) return
    this.drawing.resize()
    this.draw()
  }

  status() {
    const { drawn } = this.drawing
    const hidden = drawn.hidden ? `; ${drawn.hidden} more are too close together: zoom in` : ''
    byId('status').textContent =
      `${timeText(this.view.span)} in view · ${drawn.lines} messages${hidden} · ${drawn.dots ? drawn.dots + ' events' : 'zoom in for single events'}`
  }

  // select makes something the selection: {row}, {call, row}, {copy, row}, {band},
  // {violation}, or nothing. With go, it is brought into view.
  select(what, go = false) {
    if (what.call !== undefined && !what.row) what.row = this.run.callTold[what.call] || this.run.callAsked[what.call]
    if (what.violation) what.row = this.run.rowOf(what.violation)
    this.selection = what
    const { drawing, run } = this
    drawing.selection = what
    drawing.past = what.row ? causalPast(run, what.row) : { rows: [], set: new Set(), more: false }
    const chain = what.row ? triggers(run, what.row) : []
    drawing.trigger = new Set(chain)
    if (go) this.reveal(what)
    const some = what.row || what.band || what.violation
    some ? this.panel.event(what, drawing.past, chain) : this.panel.overview()
    byId('run').hidden = !some
    byId('say').textContent = some ? this.panel.title(what) + (what.row ? ': ' + rowLine(run, what.row) : '') : ''
    this.changed()
  }

  reveal({ row, band, violation, call }) {
    if (violation) this.view.show(violation.at, Math.min(this.view.span, row ? this.around() * 4 : this.run.end / 10))
    else if (band) this.view.show((band.from + band.to) / 2, Math.max(band.to - band.from, this.run.end / 100) * 3)
    else if (call !== undefined) this.view.show(this.run.callFrom[call])
    else if (row) this.view.show(this.run.at[row])
  }

  // step selects the next or previous event: of the selected actor, or else of what is
  // in view.
  step(by) {
    const { run, selection, view } = this
    let row = selection.row
    if (row) row = by > 0 ? nextOfActor(run, row) : run.before[row]
    else {
      row = after(run.at, view.from)
      while (row < run.rows && !this.filter.row(row)) row++
    }
    if (row && row < run.rows) this.select({ row }, true)
  }

  zoomToSelection() {
    const { row, band } = this.selection
    if (band) return this.reveal(this.selection), this.changed()
    if (!row) return
    const at = this.run.at[row]
    this.move(() => this.view.set(at - this.around(), at + this.around()))
  }

  // around is how much time tells what is going on: packets travel for less.
  around() {
    return Math.max(this.run.longest, 50000)
  }

  jumpToViolation() {
    const list = this.run.head.violations
    if (!list.length) return
    const i = list.indexOf(this.selection.violation)
    this.select({ violation: list[(i + 1) % list.length] }, true)
  }

  // find searches for a text as if somebody had typed it.
  find(text) {
    byId('search').value = text
    this.search(text)
  }

  setGroup(group) {
    byId('group').value = group
    this.refilter(() => (this.filter.group = group))
  }

  stepGroup(by) {
    const n = this.run.groups + 1
    this.setGroup((this.filter.group + by + n) % n)
  }

  // refilter changes what is shown.
  refilter(change) {
    change()
    fillKinds(this)
    fillNodes(this)
    this.drawing.relayout()
    this.changed()
  }

  search(query) {
    const { filter, drawing } = this
    filter.search(query)
    drawing.matchedRows = filter.matches.filter((m) => m.row).map((m) => m.row)
    drawing.matchedCalls = new Set(filter.matches.filter((m) => m.call !== undefined).map((m) => m.call))
    const n = filter.matches.length
    byId('found').textContent = filter.query ? (n ? `${n} found` : 'nothing found') : ''
    this.changed()
  }

  nextMatch(back) {
    const { selection, run, view } = this
    const from = selection.call !== undefined ? run.callFrom[selection.call] : selection.row ? run.at[selection.row] : view.from
    const m = this.filter.nextMatch(from, back)
    if (m) this.select(m.call === undefined ? { row: m.row } : { call: m.call }, true)
  }

  // hover shows the time under the pointer, and in the names what replicas were then.
  hover(e) {
    const { drawing, view } = this
    drawing.cursor = e && e.offsetX > view.left ? Math.max(0, Math.min(view.time(e.offsetX), this.run.end)) : null
    const what = e && hit(drawing, e.offsetX, e.offsetY)
    drawing.canvas.style.cursor = what ? 'pointer' : 'grab'
    this.tip(e, what)
    this.changed()
  }

  // tip tells what is under the pointer.
  tip(e, what) {
    const tip = byId('tip')
    tip.hidden = !what
    if (!what) return
    const { run } = this
    tip.textContent = what.band ? bandLine(run, what.band)
      : what.violation ? firstLine(what.violation.text)
        : what.call !== undefined ? run.callLine(what.call) : rowLine(run, what.row)
    if (what.copy !== undefined) tip.textContent += ' (' + fateLine(run, what.copy) + ')'
    const stage = byId('stage').getBoundingClientRect()
    const right = e.offsetX > stage.width / 2
    tip.style.left = right ? 'auto' : e.offsetX + 14 + 'px'
    tip.style.right = right ? stage.width - e.offsetX + 14 + 'px' : 'auto'
    tip.style.top = Math.min(e.offsetY + 14, stage.height - 60) + 'px'
  }

  // focusX is the point that keys zoom around: the selection, if it is in view.
  focusX() {
    const { row } = this.selection
    const x = row ? this.view.x(this.run.at[row]) : NaN
    return x >= this.view.left && x <= this.drawing.width ? x : undefined
  }

  toggleScheme() {
    const root = document.documentElement
    root.dataset.scheme = this.dark() ? 'light' : 'dark'
    this.recolour()
  }

  dark() {
    const chosen = document.documentElement.dataset.scheme
    return chosen ? chosen === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches
  }

  recolour() {
    this.drawing.recolour()
    this.changed()
  }
}

// A few doors for tests, and for the curious at the console.
function doors(app) {
  return {
    app,
    run: app.run,
    drawn: () => (app.draw(), app.drawing.drawn),
    pointOf: (row) => place(app.drawing, row),
    rowsOf: (kind, word) => {
      const { run } = app
      const list = []
      for (let i = 1; i < run.rows; i++) {
        if (run.kind[i] === Kind[kind] && (!word || run.words[run.word[i]] === word)) list.push(i)
      }
      return list
    },
    textOf: (row) => rowLine(app.run, row),
  }
}

load().then(
  (run) => {
    window.picture = doors(new App(run))
    document.documentElement.dataset.ready = 'yes'
  },
  (err) => {
    byId('status').textContent = 'This page cannot be drawn here: ' + err
    throw err
  },
)
