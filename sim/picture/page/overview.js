// overview: the whole run in a strip above the diagram, with a window on what is shown.

const BUCKETS = 1200

class Overview {
  constructor(canvas, run, view, moved) {
    Object.assign(this, { canvas, run, view, moved })
    this.c = canvas.getContext('2d')
    this.count()
    this.listen()
  }

  // count sums up how many packets left, and were lost, in each part of the run, and
  // when who led.
  count() {
    const { run } = this
    this.sent = new Uint32Array(BUCKETS)
    this.lost = new Uint32Array(BUCKETS)
    for (let i = 0; i < run.copies; i++) {
      const b = Math.min(BUCKETS - 1, Math.floor((run.copyFrom[i] / run.end) * BUCKETS))
      run.copyFate[i] === Fate.lost ? this.lost[b]++ : this.sent[b]++
    }
    this.most = Math.max(1, this.sent.reduce((a, b) => Math.max(a, b), 0))
    this.mostLost = Math.max(1, this.lost.reduce((a, b) => Math.max(a, b), 0))
  }

  x(time) {
    return this.left + (time / this.run.end) * this.width
  }

  draw(p) {
    const box = this.canvas.parentElement.getBoundingClientRect()
    const scale = window.devicePixelRatio || 1
    const height = box.height
    this.left = Math.min(GUTTER, box.width / 3)
    this.width = box.width - this.left - 8
    this.canvas.width = Math.round(box.width * scale)
    this.canvas.height = Math.round(height * scale)
    const { c } = this
    c.setTransform(scale, 0, 0, scale, 0, 0)
    c.fillStyle = p.paper
    c.fillRect(0, 0, box.width, height)
    c.font = '11px system-ui, sans-serif'
    c.fillStyle = p.muted
    c.fillText('whole run: packets sent,', 10, 15)
    c.fillText('lost, and faults', 10, 29)
    this.drawCounts(p, height)
    this.drawFaults(p, height)
    this.drawMarks(p, height)
    this.drawWindow(p, height)
  }

  drawCounts(p, height) {
    const { c } = this
    const step = this.width / BUCKETS
    for (let b = 0; b < BUCKETS; b++) {
      const sent = (this.sent[b] / this.most) * (height - 14)
      c.fillStyle = p.faint
      c.fillRect(this.left + b * step, height - 9 - sent, step + 0.3, sent)
      const lost = (this.lost[b] / this.mostLost) * (height - 14) * 0.6
      c.fillStyle = p.bad
      if (lost) c.fillRect(this.left + b * step, height - 9 - lost, step + 0.3, lost)
    }
  }

  drawFaults(p, height) {
    const { c, run } = this
    for (const b of run.head.bands) {
      c.fillStyle = faultColour(p, b.kind)
      c.globalAlpha = 0.75
      c.fillRect(this.x(b.from), height - 8, Math.max(2, this.x(b.to) - this.x(b.from)), 7)
    }
    c.globalAlpha = 1
  }

  drawMarks(p, height) {
    const { c, run } = this
    if (run.head.healed) {
      c.fillStyle = p.good
      c.fillRect(this.x(run.head.healed), 0, 1.5, height)
    }
    c.fillStyle = p.bad
    for (const v of run.head.violations) c.fillRect(this.x(v.at) - 1, 0, 3, height)
  }

  drawWindow(p, height) {
    const { c, view } = this
    const x0 = Math.max(this.x(view.from), this.left)
    const x1 = Math.min(this.x(view.to), this.left + this.width)
    c.fillStyle = p.paper
    c.globalAlpha = 0.6
    c.fillRect(this.left, 0, x0 - this.left, height)
    c.fillRect(x1, 0, this.left + this.width - x1, height)
    c.globalAlpha = 1
    c.strokeStyle = p.accent
    c.lineWidth = 1.5
    c.strokeRect(x0, 1, Math.max(x1 - x0, 3), height - 2)
  }

  // listen lets the window be dragged; a click puts it where it is.
  listen() {
    const move = (e) => {
      const x = e.clientX - this.canvas.getBoundingClientRect().left
      const time = ((x - this.left) / this.width) * this.run.end
      const span = this.view.span
      this.view.set(time - span / 2, time + span / 2)
      this.moved()
    }
    this.canvas.addEventListener('pointerdown', (e) => {
      this.canvas.setPointerCapture(e.pointerId)
      move(e)
    })
    this.canvas.addEventListener('pointermove', (e) => e.buttons && move(e))
  }
}

