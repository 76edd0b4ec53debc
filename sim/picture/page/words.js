// words: rows and everything else as sentences.

function actorName(run, i) {
  const a = run.head.actors[i]
  if (a.lane < 0) return 'the harness'
  return run.head.lanes[a.lane].name + (a.name ? '/' + a.name : '')
}

// rowLine tells a row in one line.
function rowLine(run, row) {
  const who = actorName(run, run.actor[row])
  const other = actorName(run, run.other[row])
  const text = run.text(row)
  const word = run.words[run.word[row]]
  switch (run.kind[row]) {
    case Kind.send: return `${who} sends ${word} to ${other}: ${text}`
    case Kind.receive: return `${who} receives ${word} from ${other}: ${text}`
    case Kind.local: return localLine(run, row, who, text || word)
    case Kind.timer: return `${who}: a timer fires: ${text}`
    case Kind.ask: return `${who} asks its disk to ${word} ${text}`
    case Kind.answer: return `${who} hears from its disk: ${word} ${text}`
    case Kind.apply: return `${who} applies entry ${text}`
    case Kind.mark: return `${who} reaches the rare branch ${text}`
    case Kind.note: return `the harness: ${text}`
  }
  return `${who}: ${run.head.names.kinds[run.kind[row]]}: ${text}`
}

function localLine(run, row, who, text) {
  const other = run.head.actors[run.other[row]]
  if (other.lane < 0) return `${who} is asked: ${text}`
  return `${who} hears from ${other.name} on its own node: ${text}`
}

// fateLines tells what became of the copies of a packet that was sent in row.
function fateLines(run, row) {
  const list = []
  for (let i = after(run.copySent, row - 1); i < run.copies && run.copySent[i] === row; i++) list.push(fateLine(run, i))
  return list
}

function fateLine(run, i) {
  const took = timeText(run.copyTo[i] - run.copyFrom[i], 1000)
  const which = run.copyFlags[i] & Flag.another ? 'another copy ' : ''
  if (run.copyFate[i] === Fate.lost) return `${which}lost: ${run.head.names.blames[run.copyBlame[i]]}`
  if (run.copyFate[i] === Fate.underWay) return `${which}still under way when the run ended`
  const late = run.copyFlags[i] & Flag.late ? ', which is late' : ''
  const handled = run.copyRow[i] ? '' : '; nobody handled it'
  return `${which}arrived after ${took}${late}${handled}`
}

// firstLine is what a violation says; the lines after it tell how things stood.
function firstLine(text) {
  return text.split('\n', 1)[0]
}

// bandNames tells whom a fault struck, and who else felt it.
function bandNames(run, band) {
  const [struck, ...others] = band.lanes.map((l) => run.head.lanes[l].name)
  const felt = others.length ? ` (also ${others.sort().join(', ')})` : ''
  return (struck ?? '') + felt
}

function bandLine(run, band) {
  return `${bandNames(run, band)}: ${band.text}, from ${clockText(band.from, 1e5)} to ${clockText(band.to, 1e5)}`
}

