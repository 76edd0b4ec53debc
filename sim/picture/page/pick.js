// pick: dots for single events, and what lies under the pointer.

// DOTS is how many events of a view are drawn as dots; with more of them a dot would
// say nothing.
const DOTS = 1800

// drawDots marks single events, once few enough are in view.
function drawDots(d) {
  const { run, view, filter } = d
  const first = after(run.at, view.from)
  const end = after(run.at, view.to)
  const few = end - first <= DOTS * 2
  for (let i = first; i < end; i++) {
    if (isLandmark(run, i) ? run.lane[i] < 0 || d.filter.hiddenLanes.has(run.lane[i]) : !few || !filter.row(i)) continue
    dot(d, i, d.dimmed && !d.past.set.has(i) ? 0.12 : 0.9)
  }
  drawMatches(d)
}

// RINGS is how many of the rows that a search has found get a ring; of more of them only
// the times are shown.
const RINGS = 300

function drawMatches(d) {
  const { c, run, view } = d
  const seen = d.matchedRows.filter((i) => run.at[i] >= view.from && run.at[i] <= view.to)
  if (seen.length <= RINGS) {
    for (const i of seen) ring(d, i)
    return
  }
  c.fillStyle = d.p.accent
  for (const i of seen) c.fillRect(view.x(run.at[i]), AXIS + view.scroll, 1, 5)
}

// isLandmark reports whether a row is drawn however many there are.
function isLandmark(run, i) {
  const k = run.kind[i]
  return k === Kind.halt || k === Kind.panic || k === Kind.clock
}

// place returns where a row is on the canvas, or null.
function place(d, row) {
  const { run, layout, view } = d
  const lane = run.lane[row]
  const y = lane < 0 ? AXIS + 4 + view.scroll : layout.anchor(lane, run.group[row])
  return y === null || y === undefined ? null : [view.x(run.at[row]), y]
}

function dot(d, row, alpha) {
  const at = place(d, row)
  if (!at) return
  const { c, p, run } = d
  const [x, y] = at
  const kind = run.kind[row]
  c.globalAlpha = alpha
  c.fillStyle = kind === Kind.halt || kind === Kind.panic ? p.bad : p.ink
  c.beginPath()
  if (kind === Kind.ask || kind === Kind.answer) {
    c.rect(x - 2, y - 2, 4, 4)
  } else if (kind === Kind.apply) {
    c.moveTo(x - 3, y + 2.5)
    c.lineTo(x + 3, y + 2.5)
    c.lineTo(x, y - 3)
  } else {
    c.arc(x, y, kind === Kind.timer || kind === Kind.local ? 1.6 : 2.3, 0, 7)
  }
  c.fill()
  c.globalAlpha = 1
  d.drawn.dots++
  d.dots.push([row, x, y])
}

// ring surrounds a row that a search has found.
function ring(d, row) {
  const at = place(d, row)
  if (!at || !d.filter.row(row)) return
  d.c.strokeStyle = d.p.accent
  d.c.lineWidth = 2
  d.c.beginPath()
  d.c.arc(at[0], at[1], 5, 0, 7)
  d.c.stroke()
}

// drawPicked draws the rows of a past, and the selected one with a ring around it.
function drawPicked(d) {
  for (const row of d.past.rows) {
    const x = d.view.x(d.run.at[row])
    if (x > d.view.left - 9 && x < d.width + 9) dot(d, row, 1)
  }
  const row = d.selection.row
  const at = row && place(d, row)
  if (!at) return
  const { c, p } = d
  c.lineWidth = 2.5
  c.strokeStyle = p.paper
  c.beginPath()
  c.arc(at[0], at[1], 8.5, 0, 7)
  c.stroke()
  c.strokeStyle = p.accent
  c.beginPath()
  c.arc(at[0], at[1], 7, 0, 7)
  c.stroke()
}

// hit returns what is at a point of the canvas: the nearest event, a line, an
// operation or a fault.
function hit(d, px, py) {
  const y = py + d.view.scroll
  if (px < d.view.left || py < AXIS) return hitMark(d, px, py)
  const near = nearest(d.dots, (e) => Math.hypot(e[1] - px, e[2] - y), 6)
  if (near) return { row: near[0] }
  const zone = d.zones.findLast((z) => px >= z.x0 - 1 && px <= z.x1 + 1 && y >= z.y0 && y < z.y1)
  if (zone?.call !== undefined) return { call: zone.call, row: d.run.callTold[zone.call] || d.run.callAsked[zone.call] }
  const line = nearest(d.lines, (e) => distance(e, px, y), 5)
  if (line) return { copy: line[0], row: d.run.copyRow[line[0]] || d.run.copySent[line[0]] }
  if (zone) return { band: zone.band }
  return null
}

// hitMark returns the violation whose flag is at a point above the lanes.
function hitMark(d, px, py) {
  if (py >= AXIS || px < d.view.left) return null
  const v = nearest(d.run.head.violations, (v) => Math.abs(d.view.x(v.at) - px), 60)
  return v ? { violation: v } : null
}

function nearest(list, far, most) {
  let best = null
  let least = most
  for (const e of list) {
    const f = far(e)
    if (f < least) {
      least = f
      best = e
    }
  }
  return best
}

// distance returns how far a point is from a line.
function distance([, x0, y0, x1, y1], x, y) {
  const dx = x1 - x0
  const dy = y1 - y0
  const long = dx * dx + dy * dy
  const share = long ? Math.min(1, Math.max(0, ((x - x0) * dx + (y - y0) * dy) / long)) : 0
  return Math.hypot(x - x0 - share * dx, y - y0 - share * dy)
}

