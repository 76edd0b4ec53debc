// palette: the colours of the canvas, which are those of the style sheet.

const colourNames = [
  'ink', 'muted', 'faint', 'paper', 'lane', 'lane-alt', 'grid', 'accent', 'bad', 'good', 'late', 'again',
  'election', 'replication', 'heartbeat', 'snapshot', 'client', 'other',
  'follower', 'pollster', 'candidate', 'leader', 'nonvoter', 'damaged', 'on-leader', 'on-role',
  'answered', 'failed', 'unknown', 'pending', 'on-call',
  'fault-net', 'fault-disk', 'fault-process', 'fault-clock', 'fault-members', 'hatch',
]

// readPalette asks the style sheet, whose answer depends on the scheme.
function readPalette() {
  const style = getComputedStyle(document.documentElement)
  const p = {}
  for (const name of colourNames) p[name] = style.getPropertyValue('--' + name).trim()
  p.families = families.map((f) => p[f])
  p.roles = [null, null, p.follower, p.pollster, p.candidate, p.leader, p.nonvoter, p.damaged]
  p.outcomes = [p.pending, p.answered, p.failed, p.unknown]
  return p
}

// The groups of faults, which share a colour.
const faultColours = {
  crash: 'fault-process', stop: 'fault-process', pause: 'fault-process',
  isolate: 'fault-net', split: 'fault-net', 'cut-link': 'fault-net', clog: 'fault-net',
  'slow-disk': 'fault-disk', 'fail-sync': 'fault-disk', 'stick-disk': 'fault-disk', corrupt: 'fault-disk',
  'corrupt-snapshot': 'fault-disk',
  'jump-clock': 'fault-clock', transfer: 'fault-members', 'change-members': 'fault-members',
}

function faultColour(palette, kind) {
  return palette[faultColours[kind] ?? 'fault-net']
}

// hatching returns a pattern of slanted lines.
function hatching(context, colour, gap = 7) {
  const tile = document.createElement('canvas')
  tile.width = tile.height = gap
  const c = tile.getContext('2d')
  c.strokeStyle = colour
  c.lineWidth = 1.2
  c.beginPath()
  for (const d of [-gap, 0, gap]) {
    c.moveTo(d, gap)
    c.lineTo(d + gap, 0)
  }
  c.stroke()
  return context.createPattern(tile, 'repeat')
}

// dotting returns a pattern of dots.
function dotting(context, colour, gap = 6) {
  const tile = document.createElement('canvas')
  tile.width = tile.height = gap
  const c = tile.getContext('2d')
  c.fillStyle = colour
  c.beginPath()
  c.arc(gap / 2, gap / 2, 1.2, 0, 7)
  c.fill()
  return context.createPattern(tile, 'repeat')
}

