// draw: one frame of the diagram, from the ground up.

class Drawing {
  constructor(canvas, run, filter, view) {
    this.canvas = canvas
    this.c = canvas.getContext('2d')
    Object.assign(this, { run, filter, view })
    this.selection = {}
    this.past = { rows: [], set: new Set(), more: false }
    this.trigger = new Set()
    this.matchedRows = []
    this.matchedCalls = new Set()
    this.cursor = null // a time
    this.recolour()
  }

  recolour() {
    this.p = readPalette()
    this.patterns = {
      crash: hatching(this.c, this.p.hatch),
      pause: dotting(this.c, this.p.hatch),
      damage: hatching(this.c, this.p.paper, 5),
      open: hatching(this.c, this.p.paper, 5),
    }
  }

  // resize fits the canvas into its box, in the pixels of the screen.
  resize() {
    const box = this.canvas.parentElement.getBoundingClientRect()
    const scale = window.devicePixelRatio || 1
    this.width = Math.max(box.width, 200)
    this.height = Math.max(box.height, 120)
    this.canvas.width = Math.round(this.width * scale)
    this.canvas.height = Math.round(this.height * scale)
    this.canvas.style.width = this.width + 'px'
    this.canvas.style.height = this.height + 'px'
    this.c.setTransform(scale, 0, 0, scale, 0, 0)
    this.view.left = Math.min(GUTTER, this.width / 3)
    this.view.width = this.width - this.view.left
    this.relayout()
  }

  relayout() {
    this.layout = new Layout(this.run, this.filter, this.height)
    this.scrollBy(0)
  }

  // scrollBy moves the lanes, where they do not all fit.
  scrollBy(px) {
    const most = Math.max(0, this.layout.height - this.height)
    this.view.scroll = Math.min(Math.max(this.view.scroll + px, 0), most)
  }

  frame() {
    const { c } = this
    this.zones = [] // what can be clicked: {x0, x1, y0, y1, band | call}
    this.lines = [] // copies and where they are
    this.dots = [] // rows and where they are
    this.drawn = {
      lines: 0, lost: 0, repeated: 0, late: 0, hidden: 0, bands: 0, strips: 0, calls: 0, dots: 0, past: 0,
      violations: 0, healed: 0, lanes: this.layout.lanes.length,
    }
    this.dimmed = this.past.rows.length > 0
    c.fillStyle = this.p.paper
    c.fillRect(0, 0, this.width, this.height)
    c.save()
    c.beginPath()
    c.rect(0, AXIS, this.width, this.height - AXIS)
    c.clip()
    c.translate(0, -this.view.scroll)
    this.body()
    c.restore()
    drawAxis(this)
    drawMarks(this)
  }

  body() {
    const { c, view, layout } = this
    drawGrid(this)
    layout.lanes.forEach((lane, k) => drawLane(this, lane, k))
    c.save()
    c.beginPath()
    c.rect(view.left, 0, view.width, Math.max(layout.height, this.height) + AXIS)
    c.clip()
    const lines = collectLines(this)
    if (isCrowd(lines)) drawLines(this, lines)
    for (const lane of layout.lanes) {
      if (lane.client) {
        drawCalls(this, lane)
      } else {
        drawReplicas(this, lane)
        drawBands(this, lane)
      }
    }
    if (!isCrowd(lines)) drawLines(this, lines)
    drawDots(this)
    drawPastLines(this)
    drawPicked(this)
    c.restore()
    for (const lane of layout.lanes) drawName(this, lane)
  }
}

function drawGrid(d) {
  const { c, p, view } = d
  const step = tickStep(view.span, view.width / 110)
  c.fillStyle = p.grid
  for (let t = Math.ceil(view.from / step) * step; t < view.to; t += step) {
    c.fillRect(Math.round(view.x(t)), 0, 1, Math.max(d.layout.height, d.height) + AXIS)
  }
}

// drawAxis writes the time above the lanes.
function drawAxis(d) {
  const { c, p, view } = d
  c.fillStyle = p.paper
  c.fillRect(0, 0, d.width, AXIS)
  c.fillStyle = p.grid
  c.fillRect(0, AXIS - 1, d.width, 1)
  c.font = '11px system-ui, sans-serif'
  c.textAlign = 'center'
  const step = tickStep(view.span, view.width / 110)
  for (let t = Math.ceil(view.from / step) * step; t < view.to; t += step) {
    const x = view.x(t)
    if (x < view.left + 14) continue
    c.fillStyle = p.muted
    c.fillText(clockText(Math.round(t), step), x, 12)
    c.fillStyle = p.faint
    c.fillRect(Math.round(x), AXIS - 6, 1, 5)
  }
  c.textAlign = 'left'
  c.fillStyle = p.muted
  c.fillText('simulated time', 10, 12)
}

// drawMarks draws what concerns all lanes: violations, the healing, the cursor.
function drawMarks(d) {
  const { c, p, run, view } = d
  c.save()
  c.beginPath()
  c.rect(view.left, 0, view.width, d.height)
  c.clip()
  if (d.cursor !== null) vertical(d, d.cursor, p.muted, [2, 3], 1)
  if (run.head.healed) {
    vertical(d, run.head.healed, p.good, [6, 4], 1.5)
    flag(d, view.x(run.head.healed), 'healed', p.good)
    d.drawn.healed++
  }
  drawViolations(d)
  c.restore()
}

// drawViolations draws a line for each broken promise, the selected one, or else the
// first, with a flag.
function drawViolations(d) {
  const { c, p, run, view } = d
  const list = run.head.violations
  const chosen = d.selection.violation ?? list[0]
  for (const v of list) {
    if (v.at < view.from || v.at > view.to) continue
    c.globalAlpha = v === chosen ? 1 : 0.35
    vertical(d, v.at, p.bad, [], v === chosen ? 2.5 : 1)
    d.drawn.violations++
  }
  c.globalAlpha = 1
  if (!chosen || chosen.at < view.from || chosen.at > view.to) return
  const which = list.length > 1 ? ` (${list.indexOf(chosen) + 1} of ${list.length})` : ''
  flag(d, view.x(chosen.at), '⚑ ' + chosen.oracle + which, p.bad)
}

function vertical(d, time, colour, dash, width) {
  const { c, view } = d
  c.strokeStyle = colour
  c.lineWidth = width
  c.setLineDash(dash)
  c.beginPath()
  c.moveTo(view.x(time), AXIS - 12)
  c.lineTo(view.x(time), d.height)
  c.stroke()
  c.setLineDash([])
}

// flag writes the name of a mark at the top of its line, and returns where it ends.
function flag(d, x, text, colour) {
  const { c, p, view } = d
  c.font = '600 11px system-ui, sans-serif'
  c.textAlign = 'left'
  const width = c.measureText(text).width + 10
  const left = x + width > view.left + view.width ? x - width : x
  c.fillStyle = colour
  c.fillRect(left, AXIS - 15, width, 15)
  c.fillStyle = p.paper
  c.fillText(text, left + 5, AXIS - 4)
  return left + width + 4
}

// drawName writes to the left of a lane what it is, and what its replicas were at the
// cursor.
function drawName(d, lane) {
  const { c, p, view, run } = d
  const top = d.layout.stripTop(lane)
  c.fillStyle = p.paper
  c.fillRect(0, lane.top - 1, view.left - 1, lane.height + 2)
  c.textAlign = 'left'
  c.font = '600 12px system-ui, sans-serif'
  c.fillStyle = p.ink
  c.fillText(lane.name, 10, top + Math.min(lane.inner / 2 + 4, 13))
  if (lane.client) return
  const time = d.cursor ?? Math.min(view.to, run.end)
  const size = Math.min(10.5, lane.strip + 1)
  if (lane.strip < 8) return
  c.font = `${size}px system-ui, sans-serif`
  lane.groups.forEach((group, k) => {
    const s = run.stateAt(lane.index, group, time)
    const y = top + (k + 0.5) * lane.strip + size / 3
    c.fillStyle = s.role === Role.leader ? p.ink : p.muted
    c.fillText(`p${group - 1}`, 64, y)
    c.fillText(run.head.names.roles[s.role].slice(0, 9), 82, y)
    c.textAlign = 'right'
    if (s.role > Role.down) c.fillText(`t${s.term} #${s.applied}`, view.left - 8, y)
    c.textAlign = 'left'
  })
}

