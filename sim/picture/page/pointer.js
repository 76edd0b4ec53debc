// pointer: the mouse, a pen or fingers on the diagram.

class Pointer {
  constructor(app) {
    this.app = app
    this.down = new Map() // pointers that touch, by id
    this.travelled = 0
    const c = app.drawing.canvas
    c.addEventListener('pointerdown', (e) => this.press(e))
    c.addEventListener('pointermove', (e) => this.move(e))
    c.addEventListener('pointerup', (e) => this.release(e))
    c.addEventListener('pointercancel', (e) => this.down.delete(e.pointerId))
    c.addEventListener('pointerleave', () => app.hover(null))
    c.addEventListener('wheel', (e) => this.wheel(e), { passive: false })
    c.addEventListener('dblclick', (e) => app.move(() => app.view.zoom(0.35, e.offsetX)))
  }

  press(e) {
    e.target.setPointerCapture(e.pointerId)
    this.down.set(e.pointerId, { x: e.offsetX, y: e.offsetY })
    this.travelled = 0
  }

  move(e) {
    const { app } = this
    const last = this.down.get(e.pointerId)
    if (!last) return app.hover(e)
    const dx = e.offsetX - last.x
    const dy = e.offsetY - last.y
    this.travelled += Math.abs(dx) + Math.abs(dy)
    if (this.down.size === 2) this.pinch(e, last)
    else if (this.travelled > 4) {
      app.move(() => {
        app.view.pan(-dx)
        app.drawing.scrollBy(-dy)
      })
    }
    Object.assign(last, { x: e.offsetX, y: e.offsetY })
  }

  // pinch zooms by how far two fingers part, around the one that rests.
  pinch(e, last) {
    const [other] = [...this.down].filter(([id]) => id !== e.pointerId).map(([, p]) => p)
    const before = Math.max(20, Math.abs(last.x - other.x))
    const now = Math.max(20, Math.abs(e.offsetX - other.x))
    this.app.move(() => this.app.view.zoom(before / now, other.x))
  }

  release(e) {
    const { app } = this
    const alone = this.down.size === 1
    this.down.delete(e.pointerId)
    if (alone && this.travelled <= 4) app.select(hit(app.drawing, e.offsetX, e.offsetY) ?? {})
  }

  // wheel zooms; with Shift, or sideways on a touchpad, it moves in time; with Alt it
  // moves the lanes.
  wheel(e) {
    const { app } = this
    e.preventDefault()
    const px = e.deltaMode === 1 ? 30 : 1
    if (e.altKey) app.move(() => app.drawing.scrollBy(e.deltaY * px))
    else if (e.shiftKey || Math.abs(e.deltaX) > Math.abs(e.deltaY)) {
      app.move(() => app.view.pan((e.deltaX || e.deltaY) * px))
    } else app.move(() => app.view.zoom(1.0018 ** (e.deltaY * px), e.offsetX))
  }
}

