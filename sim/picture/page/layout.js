// layout: where lanes and what they hold stand on the canvas.

const AXIS = 30 // px, for the time above the lanes
const RAIL = 9 // px, for one row of faults
const CALL = 15 // px, for one operation
const CLOSE = 5 // px, between two clients: they send each other nothing
const GUTTER = 196 // px, for names to the left

class Layout {
  // Lanes of clients stand above those of nodes. What room is left goes between the
  // lanes, where the messages are.
  constructor(run, filter, height) {
    this.lanes = []
    this.byLane = new Array(run.head.lanes.length).fill(null)
    for (const l of sortedLanes(run)) if (!filter.hiddenLanes.has(l.i)) this.add(run, filter, l)
    this.measure(run, height)
    this.spread(height)
  }

  add(run, filter, { i, client, name }) {
    const groups = client ? [] : groupsOf(run, filter, i)
    const rails = client ? { count: 0, row: new Map() } : railsOf(run, i)
    const lane = { index: i, client, name, groups, rails, strip: 0, inner: 0, top: 0, height: 0 }
    this.lanes.push(lane)
    this.byLane[i] = lane
  }

  // measure makes strips as high as the room allows, and never lower than can be read
  // unless there are very many.
  measure(run, height) {
    const nodes = this.lanes.filter((l) => !l.client)
    const strips = nodes.reduce((sum, l) => sum + Math.max(1, l.groups.length), 0)
    const least = strips > 60 ? 6 : 12
    const fixed = (l) => (l.client ? run.tracks[l.index] * CALL + 11 : l.rails.count * RAIL + 40)
    const taken = this.lanes.reduce((sum, l) => sum + fixed(l), 0)
    const strip = Math.max(least, Math.min(24, Math.floor((height - AXIS - taken) / Math.max(1, strips))))
    for (const l of this.lanes) {
      l.strip = strip
      l.inner = l.client ? run.tracks[l.index] * CALL : Math.max(1, l.groups.length) * strip
      l.height = l.inner + l.rails.count * RAIL + 6
    }
  }

  spread(height) {
    const used = this.lanes.reduce((sum, l) => sum + l.height, 0)
    const tight = this.lanes.filter((l, i) => this.lanes[i + 1]?.client).length
    const wide = Math.max(1, this.lanes.length - 1 - tight)
    const gap = Math.max(18, Math.min(160, (height - AXIS - used - 18 - tight * CLOSE) / wide))
    let y = AXIS + 8
    this.lanes.forEach((l, i) => {
      l.top = y
      y += l.height + (this.lanes[i + 1]?.client ? CLOSE : gap)
    })
    this.height = y - gap + 10
  }

  // stripTop is where the strips, or the calls, of a lane begin.
  stripTop(lane) {
    return lane.top + 3 + lane.rails.count * RAIL
  }

  // anchor is where a line about a group touches a lane.
  anchor(index, group) {
    const lane = this.byLane[index]
    if (!lane) return null
    const top = this.stripTop(lane)
    if (lane.client) return top + lane.inner
    const k = lane.groups.indexOf(group)
    if (k < 0) return top + lane.inner / 2
    return top + (k + 0.5) * lane.strip
  }

  laneAt(y) {
    return this.lanes.find((l) => y >= l.top && y <= l.top + l.height) ?? null
  }
}

// sortedLanes lists the lanes as {i, client, name}, clients first.
function sortedLanes(run) {
  const number = (l) => Number(l.name.split(' ')[1])
  return run.head.lanes
    .map((l, i) => ({ i, client: l.client, name: l.name }))
    .sort((a, b) => b.client - a.client || number(a) - number(b))
}

// groupsOf lists the groups that a node ever hosts a replica of.
function groupsOf(run, filter, lane) {
  const list = []
  for (const r of run.replicas.values()) {
    if (r.lane === lane && (!filter.group || r.group === filter.group)) list.push(r.group)
  }
  return list.sort((a, b) => a - b)
}

// railsOf puts the faults of a lane into as few rows as they fit without touching.
function railsOf(run, lane) {
  const ends = []
  const row = new Map()
  const mine = run.head.bands.filter((b) => b.lanes.includes(lane)).sort((a, b) => a.from - b.from)
  for (const b of mine) {
    let k = ends.findIndex((e) => e <= b.from)
    if (k < 0) k = ends.length
    ends[k] = Math.max(b.to, b.from + run.end / 400)
    row.set(b, k)
  }
  return { count: Math.min(ends.length, 4), row }
}

