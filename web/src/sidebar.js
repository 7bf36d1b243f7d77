// The left side: sources with their columns, queries with their state and counters. Asked for every few seconds
// while the page is seen, and after each statement; elements stay the same as long as their object does.
import { get, run } from './api.js'
import { el, fieldTable, figure } from './dom.js'
import { quoteName } from './sql.js'

const EVERY_MS = 2000
const $ = id => document.getElementById(id)

const sources = new Map() // name -> {text, element}
const queries = new Map() // id -> {done, at, element}
let act = () => {}
let busy = false, version = ''

function serverState(state, text) {
  const dot = $('server').querySelector('.dot')
  if (dot.dataset.state === state && $('server-text').textContent === text) return
  dot.dataset.state = state
  $('server-text').textContent = text
}

// Puts the elements in order without touching those that are in place: focus and open lists stay.
function arrange(box, elements) {
  elements.forEach((e, i) => { if (box.children[i] !== e) box.insertBefore(e, box.children[i] ?? null) })
  while (box.children.length > elements.length) box.lastChild.remove()
}

function sourceElement(s) {
  const name = quoteName(s.name)
  const insert = `${s.keyFormat}${s.keyFormat === s.valueFormat ? '' : ' and ' + s.valueFormat}`
  const buttons = [el('button', { className: 'small', type: 'button', textContent: 'Live rows', onclick: () => act(`SELECT * FROM ${name} EMIT CHANGES;`) })]
  if (s.type === 'TABLE') buttons.push(el('button', { className: 'small', type: 'button', textContent: 'Rows now', onclick: () => act(`SELECT * FROM ${name};`) }))
  buttons.push(el('button', { className: 'small', type: 'button', textContent: 'Describe', onclick: () => act(`DESCRIBE ${name} EXTENDED;`) }))
  return el('details', { className: 'source' },
    el('summary', {}, el('span', { className: 'name', textContent: s.name, title: s.name }),
      el('span', { className: 'kind', textContent: (s.windowType ? s.windowType.toLowerCase() + ' ' : '') + s.type.toLowerCase() })),
    fieldTable(s.fields),
    el('p', { className: 'facts', textContent: `topic ${s.topic}, ${s.partitions} partition${s.partitions === 1 ? '' : 's'}, ${insert}` }),
    el('div', { className: 'actions' }, ...buttons))
}

function showSources(list) {
  list.sort((a, b) => a.name.localeCompare(b.name))
  const elements = list.map(s => {
    const text = JSON.stringify([s.name, s.type, s.windowType, s.topic, s.partitions, s.fields])
    const old = sources.get(s.name)
    if (old?.text === text) return old.element
    const element = sourceElement(s)
    element.open = old?.element.open ?? false
    sources.set(s.name, { text, element })
    return element
  })
  for (const name of sources.keys()) if (!list.some(s => s.name === name)) sources.delete(name)
  $('sources-count').textContent = list.length || ''
  if (list.length) arrange($('sources'), elements)
  else if (!$('sources').querySelector('.empty')) arrange($('sources'), [el('p', { className: 'empty', textContent: 'None yet. CREATE STREAM makes one over a topic.' })])
}

function queryElement(q) {
  const parts = {
    dot: el('span', { className: 'dot' }),
    state: el('span', { className: 'state' }),
    numbers: el('p', { className: 'numbers' }),
    fault: el('p', { className: 'fault', hidden: true }),
    pause: el('button', { className: 'small', type: 'button' })
  }
  const actions = [el('button', { className: 'small', type: 'button', textContent: 'Explain', onclick: () => act(`EXPLAIN ${quoteName(q.id)};`) })]
  if (q.queryType === 'PERSISTENT') actions.push(parts.pause)
  const element = el('div', { className: 'query' },
    el('div', { className: 'line' }, parts.dot, el('span', { className: 'name', textContent: q.id, title: q.statementText }), parts.state),
    parts.numbers, parts.fault, el('div', { className: 'actions' }, ...actions))
  return { element, parts }
}

const offsets = q => (q.tasksMetadata ?? []).flatMap(t => t.topicOffsets ?? [])

function updateQuery(kept, q, now) {
  const done = offsets(q).reduce((n, o) => n + Math.max(o.committedOffset, 0), 0)
  const behind = offsets(q).reduce((n, o) => n + Math.max(o.endOffset - Math.max(o.committedOffset, 0), 0), 0)
  const seconds = (now - kept.at) / 1000
  const rate = kept.at && seconds > 0 ? Math.max(done - kept.done, 0) / seconds : 0
  const { parts } = kept
  const state = q.state ?? 'UNKNOWN', paused = state === 'PAUSED'
  parts.dot.dataset.state = state
  parts.state.textContent = state.toLowerCase() + (q.queryType === 'PUSH' ? ', push' : '')
  if (offsets(q).length)
    parts.numbers.replaceChildren(el('b', { textContent: figure(done) }), ' read, ', el('b', { textContent: figure(Math.round(rate)) }), '/s, ',
      el('b', { textContent: figure(behind) }), ' behind')
  else parts.numbers.textContent = q.sources?.length ? `reads ${q.sources.join(', ')}` : ''
  parts.fault.hidden = !q.queryErrors?.length
  parts.fault.textContent = q.queryErrors?.at(-1)?.errorMessage ?? ''
  parts.pause.textContent = paused ? 'Resume' : 'Pause'
  parts.pause.onclick = () => act(`${paused ? 'RESUME' : 'PAUSE'} ${quoteName(q.id)};`)
  kept.done = done
  kept.at = now
}

function showQueries(list) {
  const now = performance.now()
  list.sort((a, b) => a.id.localeCompare(b.id))
  const elements = list.map(q => {
    if (!queries.has(q.id)) queries.set(q.id, { done: 0, at: 0, ...queryElement(q) })
    const kept = queries.get(q.id)
    updateQuery(kept, q, now)
    return kept.element
  })
  for (const id of queries.keys()) if (!list.some(q => q.id === id)) queries.delete(id)
  $('queries-count').textContent = list.length || ''
  if (list.length) arrange($('queries'), elements)
  else if (!$('queries').querySelector('.empty')) arrange($('queries'), [el('p', { className: 'empty', textContent: 'None running. CREATE TABLE ... AS SELECT starts one.' })])
}

export async function refresh() {
  if (busy) return
  busy = true
  try {
    if (!version) {
      const info = (await get('/info')).KsqlServerInfo
      version = `${info.ksqlServiceId.replace(/_$/, '')}, API ${info.version}`
    }
    const entities = await run('LIST STREAMS EXTENDED; LIST TABLES EXTENDED; SHOW QUERIES EXTENDED;')
    showSources(entities.flatMap(e => e.sourceDescriptions ?? []))
    showQueries(entities.flatMap(e => e.queryDescriptions ?? []))
    serverState('RUNNING', `running, ${version}`)
  } catch (e) {
    serverState('offline', e instanceof TypeError ? 'no connection, trying again' : e.message)
    version = ''
  } finally {
    busy = false
  }
}

// run: called with SQL when a button is pressed.
export function start(runSql) {
  act = runSql
  refresh()
  setInterval(() => { if (document.visibilityState === 'visible') refresh() }, EVERY_MS)
  document.addEventListener('visibilitychange', () => { if (document.visibilityState === 'visible') refresh() })
}
