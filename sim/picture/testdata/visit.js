// Visits a page as a person would, and writes down what is wrong with it. The test puts
// this behind the page; what console.error was told is collected from the beginning.

const wrong = window.complaints

function must(holds, ...what) {
  if (!holds) wrong.push(what.join(' '))
}

function pointer(kind, x, y, id = 1) {
  const canvas = document.getElementById('canvas')
  const box = canvas.getBoundingClientRect()
  canvas.dispatchEvent(new PointerEvent(kind, {
    clientX: box.left + x, clientY: box.top + y, pointerId: id, buttons: kind === 'pointerup' ? 0 : 1, bubbles: true,
  }))
}

// A click cannot capture a pointer that is not there.
Element.prototype.setPointerCapture = () => {}

function click(x, y) {
  pointer('pointerdown', x, y)
  pointer('pointerup', x, y)
}

function press(key) {
  document.getElementById('canvas').dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true }))
}

function wholeRun(p) {
  const d = p.drawn()
  must(d.lanes === p.run.head.lanes.length, 'lanes drawn:', d.lanes)
  must(d.lines > 100, 'lines drawn:', d.lines)
  must(d.lost > 0, 'lost messages drawn:', d.lost)
  must(d.strips > 0, 'strips of replicas drawn:', d.strips)
  must(d.calls > 0, 'operations drawn:', d.calls)
  must(d.bands > 0, 'faults drawn:', d.bands)
  must(d.violations === p.run.head.violations.length, 'violations drawn:', d.violations)
  must(d.healed === 1, 'healing drawn:', d.healed)
  must(painted() > 20, 'colours on the canvas:', painted())
}

// painted returns how many colours are on the canvas.
function painted() {
  const canvas = document.getElementById('canvas')
  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height)
  const colours = new Set()
  for (let i = 0; i < data.length; i += 4 * 37) colours.add((data[i] << 16) | (data[i + 1] << 8) | data[i + 2])
  return colours.size
}

function clicks(p) {
  const { app, run } = p
  const row = p.rowsOf('receive', 'AcceptEntries').at(-5)
  app.select({ row }, true)
  app.zoomToSelection()
  app.select({})
  p.drawn()
  const [x, y] = p.pointOf(row)
  click(x, y - app.view.scroll)
  const got = app.selection.row
  must(got && Math.abs(run.at[got] - run.at[row]) < app.view.span / 20, 'a click selected', got, 'instead of', row)
  app.select({ row })
  must(document.querySelectorAll('#past li').length > 3, 'the past in words is short')
  must(document.querySelectorAll('#chain li').length > 1, 'the chain in words is short')
  must(p.drawn().past > 0, 'no line of the past is drawn')
  const past = app.drawing.past
  must(past.rows[0] === row && past.rows.every((r) => run.at[r] <= run.at[row]), 'the past holds what came later')
  must(past.set.has(run.cause[row]), 'the past lacks the sending')
  const sent = run.cause[row]
  must(p.textOf(sent).includes(' sends AcceptEntries '), 'a sending reads', p.textOf(sent))
  document.querySelector('#chain button').click()
  must(app.selection.row === sent, 'the first of the chain is', app.selection.row, 'not the sending', sent)
  const restart = p.rowsOf('restart').at(-1)
  const crash = run.before[restart]
  must(run.head.names.kinds[run.kind[crash]] === 'crash', 'a restart follows', p.textOf(crash))
  must(run.lane[run.before[crash]] === run.lane[crash], 'a crash does not follow what its node did')
  app.select({ row: sent })
  press('n')
  must(app.selection.row > sent, 'n did not go on')
  press('Escape')
  must(!app.selection.row, 'Escape left a selection')
}

function moves(p) {
  const { view } = p.app
  press('0')
  const whole = view.span
  press('+')
  must(view.span < whole, 'plus does not zoom in')
  const from = view.from
  press('ArrowRight')
  must(view.from > from, 'the arrow does not move')
  document.getElementById('canvas').dispatchEvent(new WheelEvent('wheel', { deltaY: -300, bubbles: true, cancelable: true }))
  must(view.span < whole * 0.5, 'the wheel does not zoom')
  const before = view.from
  pointer('pointerdown', 700, 300)
  pointer('pointermove', 600, 300)
  pointer('pointerup', 600, 300)
  must(view.from > before, 'dragging does not move')
  const wide = view.span
  pointer('pointerdown', 500, 300, 1)
  pointer('pointerdown', 600, 300, 2)
  pointer('pointermove', 700, 300, 2)
  must(view.span < wide, 'pinching does not zoom')
  pointer('pointerup', 700, 300, 2)
  pointer('pointerup', 500, 300, 1)
  press('0')
}

function filters(p) {
  const { app } = p
  const count = () => p.drawn().lines + p.drawn().hidden
  const all = count()
  app.refilter(() => app.filter.setFamily(4, false))
  must(count() < all, 'hiding a family of messages hides nothing')
  app.refilter(() => app.filter.setFamily(4, true))
  app.refilter(() => app.filter.hiddenLanes.add(0))
  must(p.drawn().lanes === p.run.head.lanes.length - 1, 'hiding a lane hides nothing')
  app.refilter(() => app.filter.hiddenLanes.clear())
  const strips = p.drawn().strips
  press(']')
  must(p.drawn().strips < strips, 'one partition has as many strips as all')
  press('[')
  app.search('term=1')
  must(app.filter.matches.length > 0, 'a search finds nothing')
  app.nextMatch(false)
  must(app.selection.row > 0, 'the next match is not selected')
  app.search('')
}

function violation(p) {
  const { app } = p
  press('v')
  must(app.selection.violation === p.run.head.violations[0], 'v does not select the violation')
  const d = p.drawn()
  must(d.violations === 1, 'the violation is not in view')
  must(app.selection.row > 0 && d.past > 0, 'the violation has no past')
  press('Escape')
}

async function links(p) {
  const { app } = p
  app.select({ call: 5 }, true)
  app.view.set(1e9, 2e9)
  app.draw()
  app.writeLink()
  const link = location.hash
  must(link === '#t=1000000-2000000&op=5', 'the link is', link)
  app.select({})
  app.view.fit()
  app.follow(link)
  must(app.selection.call === 5 && Math.round(app.view.from) === 1e9, 'the link does not lead back')
  press('Escape')
}

async function tabs(p) {
  document.getElementById('tab-linearization').click()
  for (let i = 0; i < 100 && !document.getElementById('porcupine-frame').srcdoc; i++) await new Promise((r) => setTimeout(r, 20))
  must(document.getElementById('porcupine-frame').srcdoc.includes('Porcupine'), 'the linearization is empty')
  document.getElementById('tab-plan').click()
  must(document.getElementById('plan-text').textContent.includes('nodes'), 'the plan is empty')
  document.getElementById('tab-diagram').click()
  const colour = () => getComputedStyle(document.body).backgroundColor
  const before = colour()
  press('t')
  must(colour() !== before, 't does not change the scheme')
  press('?')
  must(document.getElementById('help').open, '? shows no help')
  must(p.drawn().lines > 100, 'after all nothing is drawn')
}

async function visit() {
  for (let i = 0; i < 400 && !window.picture; i++) await new Promise((r) => setTimeout(r, 25))
  const p = window.picture
  must(p, 'the page is never ready:', document.getElementById('status').textContent)
  if (!p) return
  for (const step of [wholeRun, clicks, moves, filters, violation, links, tabs]) {
    try {
      await step(p)
    } catch (err) {
      wrong.push(`${step.name}: ${err.stack}`)
    }
  }
}

visit().then(() => {
  const end = document.createElement('pre')
  end.id = 'outcome'
  end.textContent = JSON.stringify(wrong)
  document.body.append(end)
})
