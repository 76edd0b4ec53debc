// controls: the bar above the diagram and the legend below it.

const byId = (id) => document.getElementById(id)

// fillHeader says what run this is.
function fillHeader(run) {
  const h = run.head
  byId('scenario').textContent = h.scenario
  byId('seed').textContent = 'seed ' + h.seed
  byId('verdict').textContent = h.verdict
  byId('verdict').className = 'verdict ' + h.verdict
  byId('command').textContent = h.command
  byId('copy').addEventListener('click', () => copyText(h.command))
  byId('plan-text').textContent = h.plan
}

// copyText puts a text into the clipboard. Pages from files may not be let; then the
// text is selected instead.
async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text)
    byId('copy').textContent = 'copied'
    setTimeout(() => (byId('copy').textContent = 'copy'), 1200)
  } catch {
    getSelection().selectAllChildren(byId('command'))
  }
}

// fillControls builds what depends on the run.
function fillControls(app) {
  const { run } = app
  const groups = [el('option', { value: 0 }, 'all partitions')]
  for (let g = 1; g <= run.groups; g++) groups.push(el('option', { value: g }, `partition ${g - 1}`))
  byId('group').replaceChildren(...groups)
  byId('group').addEventListener('change', (e) => app.setGroup(Number(e.target.value)))
  byId('violation').hidden = !run.head.violations.length
  byId('violation').addEventListener('click', () => app.jumpToViolation())
  byId('fit').addEventListener('click', () => app.move(() => app.view.fit()))
  byId('in').addEventListener('click', () => app.move(() => app.view.zoom(0.5)))
  byId('out').addEventListener('click', () => app.move(() => app.view.zoom(2)))
  byId('scheme').addEventListener('click', () => app.toggleScheme())
  byId('ask').addEventListener('click', () => byId('help').showModal())
  byId('close').addEventListener('click', () => byId('help').close())
  byId('run').addEventListener('click', () => app.select({}))
  listenToSearch(app)
  closeMenus()
  fillKinds(app)
  fillNodes(app)
}

// closeMenus closes a menu when something else is clicked, or with Escape.
function closeMenus() {
  const close = (but) => document.querySelectorAll('.menu[open]').forEach((m) => m !== but && (m.open = false))
  document.addEventListener('pointerdown', (e) => close(e.target.closest?.('.menu')))
  document.addEventListener('keydown', (e) => e.key === 'Escape' && close(null))
}

function listenToSearch(app) {
  let wait = 0
  byId('search').addEventListener('input', (e) => {
    clearTimeout(wait)
    wait = setTimeout(() => app.search(e.target.value), 200)
  })
  byId('search').addEventListener('keydown', (e) => {
    if (e.key === 'Enter') {
      if (byId('search').value.trim().toLowerCase() !== app.filter.query) app.search(byId('search').value)
      app.nextMatch(e.shiftKey)
    }
    if (e.key === 'Escape') {
      byId('search').value = ''
      app.search('')
      byId('canvas').focus()
    }
  })
}

// check is a box with a name.
function check(text, on, change, extra = '') {
  const box = el('input', { type: 'checkbox', onchange: (e) => change(e.target.checked) })
  box.checked = on
  return el('label', { class: 'check ' + extra }, box, text)
}

// fillKinds lists the kinds of messages by family.
function fillKinds(app) {
  const { filter, run } = app
  const parts = []
  families.forEach((name, f) => {
    const words = filter.wordsOf(f)
    if (!words.length) return
    const whole = check(name, filter.family(f) === 'all', (on) => app.refilter(() => filter.setFamily(f, on)), 'family')
    whole.querySelector('input').indeterminate = filter.family(f) === 'some'
    whole.insertBefore(el('span', { class: 'swatch ' + name }), whole.lastChild)
    parts.push(whole)
    for (const w of words) {
      parts.push(check(run.words[w], !filter.hiddenWords.has(w), (on) =>
        app.refilter(() => (on ? filter.hiddenWords.delete(w) : filter.hiddenWords.add(w)))))
    }
  })
  byId('kinds').replaceChildren(...parts)
  byId('kinds-name').textContent = filter.hiddenWords.size ? 'messages (some)' : 'messages'
}

function fillNodes(app) {
  const { filter, run } = app
  const lanes = sortedLanes(run)
  byId('nodes').replaceChildren(...lanes.map((l) =>
    check(l.name, !filter.hiddenLanes.has(l.i), (on) =>
      app.refilter(() => (on ? filter.hiddenLanes.delete(l.i) : filter.hiddenLanes.add(l.i))))))
  byId('nodes-name').textContent = filter.hiddenLanes.size ? 'lanes (some)' : 'lanes'
}

// fillTabs lets one of the diagram, the linearization and the plan be seen.
function fillTabs(app) {
  const tabs = [...document.querySelectorAll('[role=tab]')]
  const open = (tab) => {
    for (const t of tabs) {
      t.setAttribute('aria-selected', t === tab)
      t.tabIndex = t === tab ? 0 : -1
      byId(t.getAttribute('aria-controls')).hidden = t !== tab
    }
    if (tab.id === 'tab-linearization') showLinearization()
    if (tab.id === 'tab-diagram') app.resize()
  }
  for (const t of tabs) {
    t.addEventListener('click', () => open(t))
    t.addEventListener('keydown', (e) => {
      const d = { ArrowRight: 1, ArrowLeft: -1 }[e.key]
      if (!d) return
      const next = tabs[(tabs.indexOf(t) + d + tabs.length) % tabs.length]
      next.focus()
      open(next)
    })
  }
}

// showLinearization puts Porcupine's page into its frame, the first time it is asked
// for.
async function showLinearization() {
  const frame = byId('porcupine-frame')
  if (frame.srcdoc) return
  const bytes = await unpack(byId('porcupine').textContent.trim())
  frame.srcdoc = new TextDecoder().decode(bytes)
}

