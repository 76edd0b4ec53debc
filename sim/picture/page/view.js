// view: which stretch of time, and which lanes, are on the screen.

// NARROWEST is the shortest stretch that can be looked at, in ns.
const NARROWEST = 2000

class View {
  constructor(end) {
    this.end = end
    this.margin = end * 0.01
    this.from = -this.margin
    this.to = end + this.margin
    this.left = 0 // where time begins on the canvas, in px
    this.width = 1
    this.scroll = 0 // px
  }

  x(time) {
    return this.left + ((time - this.from) / (this.to - this.from)) * this.width
  }

  time(x) {
    return this.from + ((x - this.left) / this.width) * (this.to - this.from)
  }

  get span() {
    return this.to - this.from
  }

  set(from, to) {
    const span = Math.min(Math.max(to - from, NARROWEST), this.end + 2 * this.margin)
    const middle = (from + to) / 2
    this.from = Math.min(Math.max(middle - span / 2, -this.margin), this.end + this.margin - span)
    this.to = this.from + span
  }

  // zoom changes the scale by a factor and leaves what is at x where it is.
  zoom(factor, x = this.left + this.width / 2) {
    const fixed = this.time(x)
    const span = Math.min(Math.max(this.span * factor, NARROWEST), this.end + 2 * this.margin)
    const share = (x - this.left) / this.width
    this.set(fixed - span * share, fixed + span * (1 - share))
  }

  pan(px) {
    const d = (px / this.width) * this.span
    this.set(this.from + d, this.to + d)
  }

  fit() {
    this.set(-this.margin, this.end + this.margin)
  }

  // show moves as little as is needed for a time to be well inside.
  show(time, span = this.span) {
    if (span !== this.span || time < this.from + span * 0.1 || time > this.to - span * 0.1) {
      this.set(time - span / 2, time + span / 2)
    }
  }
}

// The units of time, in ns.
const units = [
  ['s', 1e9],
  ['ms', 1e6],
  ['µs', 1e3],
  ['ns', 1],
]

// timeText prints a time so that moments step ns apart differ.
function timeText(ns, step = 1000) {
  const [name, size] = units.find(([, u]) => Math.abs(ns) >= u) ?? units[3]
  const digits = Math.max(0, Math.min(9, Math.ceil(Math.log10(size / Math.max(step, 1)))))
  return (ns / size).toFixed(digits).replace(/(\.\d*?)0+$/, '$1').replace(/\.$/, '') + '\u202f' + name
}

// clockText prints a moment of the run in seconds, with as many digits as tell moments
// step ns apart.
function clockText(ns, step) {
  const digits = Math.max(0, Math.min(9, Math.ceil(Math.log10(1e9 / Math.max(step, 1)))))
  return (ns / 1e9).toFixed(digits) + '\u202fs'
}

// tickStep returns a round step so that about n ticks fit into a span.
function tickStep(span, n) {
  const rough = span / n
  const power = 10 ** Math.floor(Math.log10(rough))
  return [1, 2, 5, 10].map((f) => f * power).find((s) => s >= rough)
}

