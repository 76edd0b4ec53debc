// lines: draws messages between nodes.

// Budgets for one frame: so many ordinary lines, and so many of those that tell more:
// lost, repeated, late, or of an election.
const LINES = 3500
const SPECIAL = 3500

// collectLines returns the copies that are to be drawn, the ordinary ones thinned so
// that always the same ones are left out.
function collectLines(d) {
  const { run, view, filter } = d
  const special = []
  const plain = []
  const visit = (i) => {
    if (run.copyTo[i] < view.from || run.copyFrom[i] > view.to || !filter.copy(i)) return
    isSpecial(run, i) ? special.push(i) : plain.push(i)
  }
  for (const i of run.slow) if (run.copyFrom[i] < view.from - run.longest) visit(i)
  const first = after(run.copyFrom, view.from - run.longest - 1)
  for (let i = first; i < run.copies && run.copyFrom[i] <= view.to; i++) visit(i)
  return {
    special: thin(special, SPECIAL),
    plain: thin(plain, LINES),
    total: special.length + plain.length,
  }
}

function isSpecial(run, i) {
  return run.copyFate[i] !== Fate.arrived || run.copyFlags[i] !== 0 || run.family[run.word[run.copySent[i]]] === 0
}

// thin keeps every copy whose number is a multiple of the power of two that leaves few
// enough of them.
function thin(list, most) {
  if (list.length <= most) return list
  let step = 2
  while (list.length / step > most) step *= 2
  return list.filter((i) => (i & (step - 1)) === 0)
}

// CROWD is from how many lines on they are drawn under what lanes hold, which could not
// be read otherwise.
const CROWD = 900

function isCrowd(lines) {
  return lines.plain.length + lines.special.length > CROWD
}

// drawLines draws the messages, those that tell more on top.
function drawLines(d, lines) {
  const crowd = lines.plain.length
  const alpha = d.dimmed ? 0.07 : Math.max(0.13, Math.min(0.75, 260 / Math.max(crowd, 1)))
  for (const i of lines.plain) drawLine(d, i, alpha, crowd)
  const strong = d.dimmed ? 0.12 : Math.max(0.14, Math.min(1, 300 / Math.max(lines.special.length, 1)))
  for (const i of lines.special) drawLine(d, i, strong, crowd)
  d.drawn.hidden = lines.total - lines.plain.length - lines.special.length
}

// ends returns where the line of a copy begins and ends, or null if its lanes are
// hidden. What is lost at once ends a third of the way.
function ends(d, i) {
  const { run, view, layout } = d
  const row = run.copySent[i]
  const group = run.group[row]
  const y0 = layout.anchor(run.lane[row], group)
  let y1 = layout.anchor(run.otherLane[row], group)
  if (y0 === null || y1 === null) return null
  const x0 = view.x(run.copyFrom[i])
  let x1 = view.x(run.copyTo[i])
  if (run.copyFate[i] === Fate.lost && run.copyTo[i] === run.copyFrom[i]) {
    x1 = x0 + Math.min(14, view.x(run.longest / 16) - view.x(0))
    y1 = y0 + (y1 - y0) * 0.35
  }
  return [x0, y0, x1, y1]
}

function drawLine(d, i, alpha, crowd) {
  const at = ends(d, i)
  if (!at) return
  const { c, p, run } = d
  const fate = run.copyFate[i]
  const flags = run.copyFlags[i]
  c.globalAlpha = alpha
  c.lineWidth = 1
  c.strokeStyle = p.families[run.family[run.word[run.copySent[i]]]]
  if (fate === Fate.lost) {
    c.strokeStyle = p.bad
    c.setLineDash([3, 3])
    d.drawn.lost++
  } else if (flags & Flag.another) {
    c.strokeStyle = p.again
    c.setLineDash([1, 3])
    c.lineWidth = 1.6
    d.drawn.repeated++
  } else if (flags & Flag.late) {
    c.strokeStyle = p.late
    c.setLineDash([9, 3])
    c.lineWidth = 1.6
    d.drawn.late++
  }
  d.drawn.lines++
  stroke(d, at, crowd < 700 && alpha > 0.2)
  c.setLineDash([])
  if (fate === Fate.lost) cross(d, at[2], at[3], alpha > 0.5 ? 3 : 2)
  c.globalAlpha = 1
  d.lines.push([i, ...at])
}

// stroke draws a line, and a head if there is room for it to be seen.
function stroke(d, [x0, y0, x1, y1], head) {
  const { c } = d
  c.beginPath()
  c.moveTo(x0, y0)
  c.lineTo(x1, y1)
  c.stroke()
  if (!head) return
  const a = Math.atan2(y1 - y0, x1 - x0)
  c.setLineDash([])
  c.beginPath()
  c.moveTo(x1 - 6 * Math.cos(a - 0.4), y1 - 6 * Math.sin(a - 0.4))
  c.lineTo(x1, y1)
  c.lineTo(x1 - 6 * Math.cos(a + 0.4), y1 - 6 * Math.sin(a + 0.4))
  c.stroke()
}

// cross marks where a message was lost.
function cross(d, x, y, size) {
  const { c } = d
  c.strokeStyle = d.p.bad
  c.lineWidth = 1.6
  c.beginPath()
  c.moveTo(x - size, y - size)
  c.lineTo(x + size, y + size)
  c.moveTo(x + size, y - size)
  c.lineTo(x - size, y + size)
  c.stroke()
}

// drawPastLines draws the messages of a causal past over everything else.
function drawPastLines(d) {
  const { c, p, run, past } = d
  for (const row of past.rows) {
    const i = run.copyOf.get(row)
    if (i === undefined || !past.set.has(run.copySent[i])) continue
    const at = ends(d, i)
    if (!at) continue
    c.globalAlpha = 0.95
    c.strokeStyle = p.families[run.family[run.word[run.copySent[i]]]]
    c.lineWidth = d.trigger.has(row) ? 2.6 : 1.3
    stroke(d, at, true)
    d.drawn.past++
    d.lines.push([i, ...at])
  }
  c.globalAlpha = 1
}

