// strip: draws what lanes hold: roles of replicas, faults, operations.

// A letter for each role, so that colour is not all that tells them apart.
const roleLetters = ['', '', 'F', 'P', 'C', 'L', 'N', '!']

// drawLane paints the ground of one lane.
function drawLane(d, lane, k) {
  const { c, p, view } = d
  c.fillStyle = k % 2 ? p['lane-alt'] : p.lane
  c.fillRect(view.left, lane.top, view.width, lane.height)
}

// drawBands paints the faults of a lane: a rail with its name, and where the node does
// not run, a pattern over all of it.
function drawBands(d, lane) {
  const { c, p, view, run } = d
  for (const [band, row] of lane.rails.row) {
    const x0 = Math.max(view.x(band.from), view.left)
    const x1 = Math.min(Math.max(view.x(band.to), view.x(band.from) + 3), view.left + view.width)
    if (x1 <= view.left || x0 >= view.left + view.width) continue
    d.drawn.bands++
    const colour = faultColour(p, band.kind)
    const y = lane.top + 2 + Math.min(row, 3) * RAIL
    c.fillStyle = colour
    const struck = band.lanes[0] === lane.index // the others only feel it
    c.globalAlpha = d.selection.band === band ? 1 : struck ? 0.85 : 0.4
    c.fillRect(x0, y, x1 - x0, RAIL - 1)
    c.globalAlpha = 0.07
    c.fillRect(x0, lane.top, x1 - x0, lane.height)
    c.globalAlpha = 1
    if (band.kind === 'crash' || band.kind === 'pause') {
      c.fillStyle = band.kind === 'crash' ? d.patterns.crash : d.patterns.pause
      c.fillRect(x0, d.layout.stripTop(lane), x1 - x0, lane.inner)
    }
    d.zones.push({ x0, x1, y0: y, y1: y + RAIL, band })
    label(d, band.kind, x0, x1, y + RAIL - 2, struck ? p.paper : p.ink, '600 8.5px system-ui, sans-serif')
  }
}

// drawReplicas paints the strips of a node.
function drawReplicas(d, lane) {
  let y = d.layout.stripTop(lane)
  for (const group of lane.groups) {
    const r = d.run.replicas.get(lane.index + ' ' + group)
    if (r) drawReplica(d, lane, r, y, lane.strip - 1)
    y += lane.strip
  }
}

function drawReplica(d, lane, r, y, height) {
  const { c, p, view } = d
  d.drawn.strips++
  let i = Math.max(0, after(r.at, view.from) - 1)
  for (; i < r.at.length && r.at[i] < view.to; i++) {
    const colour = p.roles[r.role[i]]
    const until = i + 1 < r.at.length ? r.at[i + 1] : d.run.end
    const x0 = Math.max(view.x(r.at[i]), view.left)
    const x1 = Math.min(view.x(until), view.left + view.width)
    if (!colour || x1 <= x0) continue
    c.fillStyle = colour
    c.fillRect(x0, y, Math.max(x1 - x0, 1), height)
    if (r.role[i] === Role.damaged) {
      c.fillStyle = d.patterns.damage
      c.fillRect(x0, y, x1 - x0, height)
    }
    if (i > 0 && height > 8 && r.term[i] !== r.term[i - 1]) termEdge(d, x0, y, height)
    if (height >= 11) stateLabel(d, r, i, x0, x1, y, height)
  }
  drawProgress(d, r, y, height)
}

// termEdge marks where a term begins.
function termEdge(d, x, y, height) {
  d.c.fillStyle = d.p.ink
  d.c.fillRect(x, y, 1, height)
}

function stateLabel(d, r, i, x0, x1, y, height) {
  const width = x1 - x0
  if (width < 16) return
  const role = d.run.head.names.roles[r.role[i]]
  const texts = [`${role} · term ${r.term[i]}`, `${roleLetters[r.role[i]]}${r.term[i]}`]
  const strong = r.role[i] === Role.leader
  const font = `${strong ? 600 : 400} ${height > 18 ? 11 : 9.5}px system-ui, sans-serif`
  const colour = strong ? d.p['on-leader'] : d.p['on-role']
  for (const t of texts) if (label(d, t, x0, x1, y + height / 2 + 3.5, colour, font)) return
}

// drawProgress draws how far a replica has applied the log of its group, as a line that
// rises from the bottom of its strip to the top over the run.
function drawProgress(d, r, y, height) {
  const { c, p, view, run } = d
  const list = run.applies.get(r.lane + ' ' + r.group)
  if (!list || height < 8) return
  const top = run.highest[r.group]
  c.strokeStyle = p.ink
  c.globalAlpha = 0.35
  c.lineWidth = 1
  c.beginPath()
  let begun = false
  for (let x = view.left; x <= view.left + view.width; x += 3) {
    const time = view.time(x)
    const { role, applied } = run.stateAt(r.lane, r.group, time)
    if (time > run.end || role <= Role.down) {
      begun = false
      continue
    }
    const at = y + height - (applied / top) * (height - 1)
    begun ? c.lineTo(x, at) : c.moveTo(x, at)
    begun = true
  }
  c.stroke()
  c.globalAlpha = 1
}

// drawCalls paints the operations of a client as bars.
function drawCalls(d, lane) {
  const { c, p, view, run, filter } = d
  const top = d.layout.stripTop(lane)
  const first = after(run.callFrom, view.from - run.longestCall - 1)
  for (let i = first; i < run.calls && run.callFrom[i] < view.to; i++) {
    if (run.callLane[i] !== lane.index || !filter.call(i)) continue
    const x0 = Math.max(view.x(run.callFrom[i]), view.left)
    const x1 = Math.min(Math.max(view.x(run.callTo[i]), x0 + 1.5), view.left + view.width)
    if (x1 <= view.left) continue
    d.drawn.calls++
    const y = top + run.callTrack[i] * CALL
    const picked = d.selection.call === i
    c.globalAlpha = d.dimmed && !picked && !d.past.set.has(run.callAsked[i]) ? 0.3 : 1
    c.fillStyle = p.outcomes[run.callOutcome[i]]
    c.fillRect(x0, y + 1, Math.max(x1 - x0 - 0.5, 1), CALL - 3)
    if (run.callOutcome[i] !== 1) {
      c.fillStyle = d.patterns.open
      c.fillRect(x0, y + 1, x1 - x0, CALL - 3)
    }
    if (picked || d.filter.query && matchesCall(d, i)) outline(d, x0, y, x1 - x0, CALL - 1)
    label(d, run.callTexts.get(run.callText[i]), x0, x1, y + CALL - 5, p['on-call'], '10px system-ui, sans-serif', 34)
    c.globalAlpha = 1
    if (x1 - x0 > 1) d.zones.push({ x0, x1, y0: y, y1: y + CALL, call: i })
  }
}

function matchesCall(d, i) {
  return d.matchedCalls.has(i)
}

function outline(d, x, y, width, height) {
  d.c.strokeStyle = d.p.accent
  d.c.lineWidth = 2
  d.c.strokeRect(x, y, Math.max(width, 3), height)
}

// label writes a text between x0 and x1 if it fits, and reports whether it did. With
// least, it is cut instead, unless less than that many px are left.
function label(d, text, x0, x1, y, colour, font, least = 0) {
  const { c } = d
  const room = x1 - x0 - 6
  if (room < 8 || (least && room < least)) return false
  c.font = font
  let width = c.measureText(text).width
  if (width > room) {
    if (!least) return false
    text = text.slice(0, Math.max(1, Math.floor((text.length * room) / width) - 1)) + '…'
    width = room
  }
  c.fillStyle = colour
  c.textAlign = 'left'
  c.fillText(text, x0 + 3, y)
  return true
}

