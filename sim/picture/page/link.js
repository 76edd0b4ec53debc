// link: the address says what is on the screen, so that it can be sent to others.

// formatLink writes a state as the part of the address after #.
function formatLink({ from, to, selection, group, query }) {
  const parts = [`t=${Math.round(from / 1000)}-${Math.round(to / 1000)}`] // in µs
  if (group) parts.push('p=' + (group - 1))
  if (selection.call !== undefined) parts.push('op=' + selection.call)
  else if (selection.row) parts.push('event=' + selection.row)
  if (query) parts.push('find=' + encodeURIComponent(query))
  return '#' + parts.join('&')
}

// parseLink reads what formatLink wrote. What it does not understand it leaves out.
function parseLink(text, run) {
  const q = new URLSearchParams(text.replace(/^#/, ''))
  const out = { selection: {}, group: 0, query: q.get('find') ?? '' }
  const time = /^(-?\d+)-(-?\d+)$/.exec(q.get('t') ?? '')
  if (time && Number(time[1]) < Number(time[2])) Object.assign(out, { from: time[1] * 1000, to: time[2] * 1000 })
  const within = (name, most) => {
    const v = Number(q.get(name) ?? NaN)
    return Number.isInteger(v) && v >= 0 && v < most ? v : null
  }
  const group = within('p', run.groups)
  if (group !== null) out.group = group + 1
  const row = within('event', run.rows)
  if (row) out.selection = { row }
  const call = within('op', run.calls)
  if (call !== null) out.selection = { call, row: run.callTold[call] || run.callAsked[call] }
  return out
}

