// model: the run, and the questions that the rest of the page asks about it.

// The kinds of rows, the fates of copies and the roles of replicas, as in Go.
const Kind = {
  send: 0, receive: 1, local: 2, timer: 3, ask: 4, answer: 5, apply: 6, crash: 7, restart: 8, pause: 9,
  resume: 10, halt: 11, panic: 12, clock: 13, note: 14, mark: 15,
}
const Fate = { arrived: 0, lost: 1, underWay: 2 }
const Flag = { another: 1, late: 2 }
const Role = { absent: 0, down: 1, follower: 2, pollster: 3, candidate: 4, leader: 5, nonvoter: 6, damaged: 7 }
const NONE = 0

// The families of messages, which have a colour and a filter each.
const families = ['election', 'replication', 'heartbeat', 'snapshot', 'client', 'other']
const familyOfWord = {
  RequestPreVote: 0, GrantPreVote: 0, RefusePreVote: 0, RequestVote: 0, GrantVote: 0, RefuseVote: 0, StandNow: 0,
  Outdated: 0, AskTerm: 0, TellTerm: 0, TellDamage: 0,
  AppendEntries: 1, AcceptEntries: 1, RejectEntries: 1,
  Heartbeat: 2, AcceptHeartbeat: 2, Rest: 2, AcceptRest: 2, Beat: 2,
  OfferSnapshot: 3, AskPiece: 3, Piece: 3,
  Request: 4, Response: 4,
}

// The oracles that judge what has happened when it is over.
const afterwards = ['linearizability', 'progress', 'convergence']

class Run {
  constructor(head, t) {
    this.head = head
    this.end = Math.max(head.end, 1)
    this.rowTexts = new Texts(head.names.forms, t['text form'], t['text numbers'])
    this.callTexts = new Texts(head.names.callForms, t['call text form'], t['call text numbers'])
    this.readRows(t)
    this.readCopies(t)
    this.readStates(t)
    this.readCalls(t)
    this.words = head.names.words
    this.family = Uint8Array.from(this.words, (w) => familyOfWord[w] ?? 5)
  }

  readRows(t) {
    const laneOf = Int16Array.from(this.head.actors, (a) => a.lane)
    this.rows = t['row at'].length
    this.at = t['row at']
    this.kind = Uint8Array.from(t['row kind'])
    this.actor = Uint32Array.from(t['row actor'])
    this.other = Uint32Array.from(t['row other'])
    this.group = Uint16Array.from(t['row group'])
    this.word = Uint16Array.from(t['row word'])
    this.lane = Int16Array.from(this.actor, (a) => laneOf[a])
    this.otherLane = Int16Array.from(this.other, (a) => laneOf[a])
    this.cause = Uint32Array.from(t['row cause'], (back, i) => (back ? i - back : NONE))
    this.applied = t['row applied']
    this.groups = this.group.reduce((a, b) => Math.max(a, b), 0)
    this.linkRows()
  }

  // linkRows finds for each row the one before it of the same actor, in the same life
  // of its node, and which entries were applied where. A crash follows whatever its node
  // did last, and a new life follows the crash: its disk remembers.
  linkRows() {
    this.before = new Uint32Array(this.rows)
    this.applies = new Map() // "lane group" to {at, index}
    const last = new Uint32Array(this.head.actors.length)
    const born = new Uint32Array(this.head.lanes.length)
    const latest = new Uint32Array(this.head.lanes.length)
    let n = 0
    for (let i = 1; i < this.rows; i++) {
      const a = this.actor[i]
      const lane = this.lane[i]
      this.before[i] = lane < 0 ? NONE : this.kind[i] === Kind.crash ? latest[lane] : Math.max(last[a], born[lane])
      last[a] = latest[lane] = i
      if (this.kind[i] === Kind.restart) born[lane] = i
      if (this.kind[i] === Kind.apply) this.addApplied(i, this.applied[n++])
    }
  }

  addApplied(row, index) {
    const key = this.lane[row] + ' ' + this.group[row]
    let list = this.applies.get(key)
    if (!list) this.applies.set(key, (list = { at: [], index: [] }))
    list.at.push(this.at[row])
    list.index.push(index)
  }

  readCopies(t) {
    this.copies = t['copy sent'].length
    this.copySent = Uint32Array.from(t['copy sent'])
    this.copyFate = Uint8Array.from(t['copy fate'])
    this.copyFlags = Uint8Array.from(t['copy flags'])
    this.copyFrom = Float64Array.from(this.copySent, (row) => this.at[row])
    this.copyTo = Float64Array.from(t['copy took'], (d, i) => this.copyFrom[i] + d)
    this.copyRow = Uint32Array.from(t['copy handled'], (ahead, i) => (ahead ? this.copySent[i] + ahead : NONE))
    this.copyBlame = Uint16Array.from(t['copy blame'])
    this.copyOf = new Map() // the copy that a row received
    this.longest = this.head.late
    this.slow = [] // copies that took longer than that
    for (let i = 0; i < this.copies; i++) {
      if (this.copyRow[i]) this.copyOf.set(this.copyRow[i], i)
      if (this.copyTo[i] - this.copyFrom[i] > this.longest) this.slow.push(i)
    }
  }

  readStates(t) {
    this.replicas = new Map() // "lane group" to {lane, group, at, role, term}
    for (let i = 0; i < t['state at'].length; i++) {
      const lane = t['state lane'][i]
      const group = t['state group'][i]
      const key = lane + ' ' + group
      let r = this.replicas.get(key)
      if (!r) this.replicas.set(key, (r = { lane, group, at: [], role: [], term: [] }))
      r.at.push(t['state at'][i])
      r.role.push(t['state role'][i])
      r.term.push(t['state term'][i])
    }
    this.highest = new Array(this.groups + 1).fill(1)
    for (const [key, list] of this.applies) {
      const group = Number(key.split(' ')[1])
      this.highest[group] = list.index.reduce((a, b) => Math.max(a, b), this.highest[group])
    }
  }

  readCalls(t) {
    this.calls = t['call begun'].length
    this.callFrom = t['call begun']
    this.callTo = Float64Array.from(t['call took'], (d, i) => this.callFrom[i] + d)
    this.callLane = Uint16Array.from(t['call lane'])
    this.callTrack = Uint16Array.from(t['call track'])
    this.callGroup = Uint16Array.from(t['call group'])
    this.callOutcome = Uint8Array.from(t['call outcome'])
    this.callAsked = Uint32Array.from(t['call asked'])
    this.callTold = Uint32Array.from(t['call told'])
    this.callText = t['call text']
    this.callAnswer = t['call answer']
    this.tracks = new Array(this.head.lanes.length).fill(1)
    this.longestCall = 0
    for (let i = 0; i < this.calls; i++) {
      const lane = this.callLane[i]
      this.tracks[lane] = Math.max(this.tracks[lane], this.callTrack[i] + 1)
      this.longestCall = Math.max(this.longestCall, this.callTo[i] - this.callFrom[i])
    }
  }

  // rowOf returns the row in which a violation was seen, or NONE if it came out
  // afterwards. Its time is that of the row, and its text begins with the group.
  rowOf(violation) {
    if (afterwards.includes(violation.oracle)) return NONE
    const group = Number(/^group (\d+):/.exec(violation.text)?.[1] ?? 0)
    const end = after(this.at, violation.at)
    let found = NONE
    for (let i = end - 1; i > 0 && this.at[i] === violation.at; i--) {
      if (group && this.group[i] === group) return i
      found ||= i
    }
    return found
  }

  // text says what a row says. A packet that is received says what was sent.
  text(row) {
    const sent = this.kind[row] === Kind.receive && this.cause[row]
    return this.rowTexts.get(sent || row)
  }

  callLine(i) {
    const answer = this.callTexts.get(this.callAnswer[i])
    const outcome = this.head.names.outcomes[this.callOutcome[i]]
    return this.callTexts.get(this.callText[i]) + ' → ' + (this.callOutcome[i] === 1 ? answer : outcome)
  }

  // stateAt says what a replica was at a time.
  stateAt(lane, group, time) {
    const r = this.replicas.get(lane + ' ' + group)
    const i = r ? after(r.at, time) - 1 : -1
    if (i < 0) return { role: Role.absent, term: 0, applied: 0 }
    return { role: r.role[i], term: r.term[i], applied: this.appliedAt(lane, group, time) }
  }

  appliedAt(lane, group, time) {
    const list = this.applies.get(lane + ' ' + group)
    const i = list ? after(list.at, time) - 1 : -1
    return i < 0 ? 0 : list.index[i]
  }
}

// after returns the first position in a sorted list whose value is above x.
function after(list, x) {
  let low = 0
  let high = list.length
  while (low < high) {
    const mid = (low + high) >> 1
    if (list[mid] <= x) low = mid + 1
    else high = mid
  }
  return low
}

