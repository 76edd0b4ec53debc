// past: what happened before an event, in the sense of Lamport: earlier events of the
// same actor, and the sending of what was received.

// PAST_LIMIT is how many rows of a past are looked at, the latest first.
const PAST_LIMIT = 500

// causalPast returns the latest rows before row, itself first, and whether there are
// more.
function causalPast(run, row, limit = PAST_LIMIT) {
  const rows = []
  const seen = new Set([row])
  const heap = new Heap()
  heap.push(row)
  while (heap.size && rows.length < limit) {
    const next = heap.pop()
    rows.push(next)
    for (const p of [run.cause[next], run.before[next]]) {
      if (p !== NONE && !seen.has(p)) {
        seen.add(p)
        heap.push(p)
      }
    }
  }
  return { rows, set: new Set(rows), more: heap.size > 0 }
}

// triggers returns the chain of rows each of which led to the one before it: the
// shortest story of how it came to row. Before a message is handled it was sent;
// before it was sent its sender handled something.
function triggers(run, row, limit = 60) {
  const chain = [row]
  while (chain.length < limit) {
    const p = run.cause[chain[chain.length - 1]]
    if (p === NONE) break
    chain.push(p)
  }
  return chain
}

// Heap gives back the greatest number first.
class Heap {
  constructor() {
    this.list = []
  }

  get size() {
    return this.list.length
  }

  push(x) {
    const l = this.list
    let i = l.push(x) - 1
    while (i > 0) {
      const up = (i - 1) >> 1
      if (l[up] >= l[i]) break
      ;[l[up], l[i]] = [l[i], l[up]]
      i = up
    }
  }

  pop() {
    const l = this.list
    const top = l[0]
    const last = l.pop()
    if (l.length) {
      l[0] = last
      this.sink()
    }
    return top
  }

  sink() {
    const l = this.list
    let i = 0
    for (;;) {
      let down = 2 * i + 1
      if (down >= l.length) return
      if (down + 1 < l.length && l[down + 1] > l[down]) down++
      if (l[i] >= l[down]) return
      ;[l[i], l[down]] = [l[down], l[i]]
      i = down
    }
  }
}

