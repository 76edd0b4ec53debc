// panel: what is selected, in words, beside the diagram.

// el makes an element; children are elements or texts.
function el(tag, attributes = {}, ...children) {
  const e = document.createElement(tag)
  for (const [k, v] of Object.entries(attributes)) {
    if (k.startsWith('on')) e.addEventListener(k.slice(2), v)
    else if (v !== null && v !== undefined && v !== false) e.setAttribute(k, v === true ? '' : v)
  }
  e.append(...children)
  return e
}

const PAST_SHOWN = 120

class Panel {
  // choose is called with what was clicked: {row}, {call}, {band} or {violation}; find
  // with what is to be searched for.
  constructor(box, run, choose, find) {
    Object.assign(this, { box, run, choose, find })
  }

  // overview shows the run as a whole.
  overview() {
    const h = this.run.head
    const violations = h.violations.map((v) =>
      el('li', {}, el('button', { class: 'item bad', onclick: () => this.choose({ violation: v }) },
        el('b', {}, v.oracle), ` at ${clockText(v.at, 1e5)}: ${firstLine(v.text)}`)))
    const faults = [...h.bands].sort((a, b) => a.from - b.from).map((b) =>
      el('li', {}, el('button', { class: 'item', onclick: () => this.choose({ band: b }) },
        el('time', {}, clockText(b.from, 1e6)), ` ${b.kind} `, el('i', {}, bandNames(this.run, b)))))
    this.box.replaceChildren(
      el('h2', {}, 'The run'),
      ...(violations.length ? [el('h3', {}, 'Promises broken'), el('ol', { class: 'list' }, ...violations)] : []),
      el('h3', {}, 'What happened'),
      el('ul', { class: 'facts' }, ...h.facts.map((f) => el('li', {}, f))),
      el('h3', {}, `Faults (${faults.length})`),
      el('ol', { class: 'list' }, ...faults),
    )
  }

  // event shows one row, or the operation, message or fault it stands for, and its
  // past.
  event(selection, past, chain) {
    const { run } = this
    const title = this.title(selection)
    const facts = this.facts(selection)
    this.box.replaceChildren(
      el('h2', { id: 'selected' }, title),
      el('dl', {}, ...facts.flatMap(([k, v]) => [el('dt', {}, k), el('dd', {}, v)])),
      ...this.keyOf(selection),
      ...this.steps(selection),
      ...(selection.row ? this.led(chain) : []),
      ...(selection.row ? this.before(past) : []),
    )
    this.box.scrollTop = 0
  }

  title({ row, call, band, violation }) {
    const { run } = this
    if (violation) return 'Promise broken: ' + violation.oracle
    if (band) return 'Fault: ' + band.kind
    if (call !== undefined) return 'Operation of ' + run.head.lanes[run.callLane[call]].name
    const word = run.words[run.word[row]]
    return `${run.head.names.kinds[run.kind[row]]} · ${word}`
  }

  facts({ row, call, copy, band, violation }) {
    const { run } = this
    const list = []
    if (violation) list.push(['when', clockText(violation.at, 1)], ['broken', violation.text])
    if (band) return [['what', bandLine(run, band)], ['for', timeText(band.to - band.from)]]
    if (call !== undefined) list.push(...this.callFacts(call))
    if (!row) return list
    if (call === undefined && !violation) list.push(['when', clockText(run.at[row], 1)])
    if (call === undefined) list.push([violation ? 'seen in' : 'what', rowLine(run, row)])
    if (run.group[row]) list.push(['partition', `${run.group[row] - 1} (group ${run.group[row]})`])
    if (call === undefined) list.push(...this.journey(row, copy))
    return list
  }

  callFacts(i) {
    const { run } = this
    const answer = run.callTexts.get(run.callAnswer[i])
    return [
      ['asked', run.callTexts.get(run.callText[i])],
      ['outcome', run.head.names.outcomes[run.callOutcome[i]]],
      ...(answer ? [['answer', answer]] : []),
      ['from', clockText(run.callFrom[i], 1)],
      ['took', run.callOutcome[i] === 0 ? 'until the end of the run' : timeText(run.callTo[i] - run.callFrom[i])],
    ]
  }

  // journey tells of the packet that a row sends or receives.
  journey(row, copy) {
    const { run } = this
    const sent = run.kind[row] === Kind.receive ? run.cause[row] : run.kind[row] === Kind.send ? row : NONE
    if (!sent) return []
    const own = copy ?? run.copyOf.get(row)
    const fates = own === undefined ? fateLines(run, sent) : [fateLine(run, own)]
    return [['sent', clockText(run.at[sent], 1)], ...fates.map((f) => ['journey', f])]
  }

  // keyOf offers the operations on the key that a violation names.
  keyOf({ violation }) {
    const key = violation && /"([^"]+)"/.exec(violation.text)?.[0]
    if (!key) return []
    return [el('div', { class: 'steps' },
      el('button', { onclick: () => this.find(key) }, `find the operations on ${key}`),
      el('button', { onclick: () => byId('tab-linearization').click() }, 'see the linearization'))]
  }

  // steps are the buttons that walk from a row to its neighbours.
  steps({ row }) {
    if (!row) return []
    const { run } = this
    const go = (text, to, key) =>
      el('button', { disabled: !to, title: `key ${key}`, onclick: () => this.choose({ row: to }) }, text)
    return [el('div', { class: 'steps' },
      go('◂ what led to it', run.cause[row], 'c'),
      go('◂ actor before', run.before[row], 'p'),
      go('actor next ▸', nextOfActor(run, row), 'n'))]
  }

  led(chain) {
    return [
      el('h3', {}, `What led to it, step by step (${chain.length - 1})`),
      chain.length > 1
        ? el('ol', { class: 'list chain', id: 'chain' }, ...chain.slice(1).map((r) => this.item(r)))
        : el('p', { class: 'quiet' }, 'Nothing that was seen: it began by itself.'),
    ]
  }

  before(past) {
    const shown = past.rows.slice(1, PAST_SHOWN + 1)
    const count = past.rows.length - 1
    const note = past.more ? `the latest ${count}; there is more before` : `${count} events, that is all`
    return [
      el('h3', {}, 'Everything that happened before it'),
      el('p', { class: 'quiet' }, `Highlighted: ${note}. ${count > PAST_SHOWN ? `The latest ${PAST_SHOWN}:` : ''}`),
      el('ol', { class: 'list', id: 'past' }, ...shown.map((r) => this.item(r))),
    ]
  }

  item(row) {
    const { run } = this
    const family = families[run.family[run.word[row]]]
    return el('li', {}, el('button', { class: 'item', 'data-row': row, onclick: () => this.choose({ row }) },
      el('time', {}, clockText(run.at[row], 1000)), el('span', { class: 'swatch ' + family }), ' ', rowLine(run, row)))
  }
}

// nextOfActor returns the row after row of the same actor, or NONE.
function nextOfActor(run, row) {
  for (let i = row + 1; i < run.rows; i++) {
    if (run.actor[i] === run.actor[row]) return i
    if (run.kind[i] === Kind.crash && run.lane[i] === run.lane[row]) return i
  }
  return NONE
}

