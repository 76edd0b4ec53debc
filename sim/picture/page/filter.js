// filter: what of the run is shown, and what is searched for.

class Filter {
  constructor(run) {
    this.run = run
    this.group = 0 // the only partition that is shown; 0 is all
    this.hiddenLanes = new Set()
    this.hiddenWords = new Set()
    this.query = ''
    this.matches = [] // things that match the query, by time
  }

  // row reports whether a row is shown.
  row(i) {
    const r = this.run
    if (this.group && r.group[i] && r.group[i] !== this.group) return false
    if (this.hiddenLanes.has(r.lane[i]) || this.hiddenWords.has(r.word[i])) return false
    return true
  }

  // copy reports whether the line of a copy is shown. What concerns no partition is
  // shown beside all of them only.
  copy(i) {
    const r = this.run
    const row = r.copySent[i]
    if (this.group && r.group[row] !== this.group) return false
    return this.row(row) && !this.hiddenLanes.has(r.otherLane[row])
  }

  call(i) {
    const g = this.run.callGroup[i]
    if (this.group && g && g !== this.group) return false
    return !this.hiddenLanes.has(this.run.callLane[i])
  }

  // families says of each family whether all, none or some of its words are shown.
  family(f) {
    let shown = 0
    let hidden = 0
    for (const w of this.wordsOf(f)) this.hiddenWords.has(w) ? hidden++ : shown++
    return hidden === 0 ? 'all' : shown === 0 ? 'none' : 'some'
  }

  wordsOf(f) {
    const used = this.packetWords()
    return used.filter((w) => this.run.family[w] === f)
  }

  // packetWords are the words of messages between nodes, by how they read.
  packetWords() {
    if (!this.used) {
      const r = this.run
      const set = new Set()
      for (let i = 1; i < r.rows; i++) if (r.kind[i] === Kind.send) set.add(r.word[i])
      this.used = [...set].sort((a, b) => (r.words[a] < r.words[b] ? -1 : 1))
    }
    return this.used
  }

  setFamily(f, on) {
    for (const w of this.wordsOf(f)) on ? this.hiddenWords.delete(w) : this.hiddenWords.add(w)
  }

  // search finds everything whose words hold the query: rows and operations.
  search(query) {
    this.query = query.trim().toLowerCase()
    this.matches = []
    if (!this.query) return
    const r = this.run
    for (let i = 1; i < r.rows && this.matches.length < MATCH_LIMIT; i++) {
      if (r.kind[i] === Kind.receive || !this.row(i)) continue
      if (rowLine(r, i).toLowerCase().includes(this.query)) this.matches.push({ row: i, at: r.at[i] })
    }
    for (let i = 0; i < r.calls; i++) {
      if (!this.call(i) || !r.callLine(i).toLowerCase().includes(this.query)) continue
      this.matches.push({ call: i, at: r.callFrom[i] })
    }
    this.matches.sort((a, b) => a.at - b.at)
  }

  // nextMatch returns the first match after a time, or before it, going round at the
  // ends.
  nextMatch(time, back) {
    const m = this.matches
    if (!m.length) return null
    if (back) return m.findLast((x) => x.at < time) ?? m[m.length - 1]
    return m.find((x) => x.at > time) ?? m[0]
  }
}

// MATCH_LIMIT bounds how many rows one search finds.
const MATCH_LIMIT = 20000

