// What /ksql answers, as elements.
import { el, fieldTable } from './dom.js'

const facts = pairs =>
  el('dl', {}, ...pairs.filter(([, v]) => v !== undefined && v !== null && v !== '').flatMap(([k, v]) => [el('dt', { textContent: k }), el('dd', { textContent: v })]))

function cellText(v) {
  if (v === null || v === undefined) return ''
  if (Array.isArray(v)) return v.map(cellText).join(', ')
  if (typeof v === 'object') return Object.entries(v).map(([k, x]) => `${k}: ${cellText(x)}`).join(', ')
  return String(v)
}

// A list of objects: a column each member that has something in it.
function listTable(list) {
  const names = [...new Set(list.flatMap(Object.keys))].filter(n => list.some(i => cellText(i[n]) !== ''))
  const label = n => n.replace(/([a-z])([A-Z])/g, '$1 $2').toLowerCase()
  return el('div', { className: 'scroll', tabIndex: 0, role: 'region', ariaLabel: 'Answer' },
    el('table', { className: 'rows' },
      el('thead', {}, el('tr', {}, ...names.map(n => el('th', { scope: 'col', textContent: label(n) })))),
      el('tbody', {}, ...list.map(i => el('tr', {}, ...names.map(n => el('td', { textContent: cellText(i[n]) })))))))
}

function source(d) {
  return el('div', { className: 'card' },
    facts([['name', d.name], ['kind', d.type?.toLowerCase()], ['window', d.windowType], ['topic', d.topic], ['partitions', d.partitions],
      ['key format', d.keyFormat], ['value format', d.valueFormat], ['read by', d.readQueries?.map(q => q.id).join(', ')],
      ['written by', d.writeQueries?.map(q => q.id).join(', ')], ['statement', d.statement]]),
    fieldTable(d.fields ?? []))
}

function query(d) {
  const card = el('div', { className: 'card' },
    facts([['id', d.id], ['kind', d.queryType?.toLowerCase()], ['state', d.state], ['reads', d.sources?.join(', ')], ['writes', d.sinks?.join(', ')],
      ['statement', d.statementText], ...(d.queryErrors ?? []).map(e => ['error', `${new Date(e.timestamp).toISOString()} ${e.errorMessage}`])]),
    fieldTable(d.fields ?? []))
  if (d.executionPlan) card.append(el('pre', { textContent: d.executionPlan }))
  return card
}

function done(message, warned = false) {
  return el('p', { className: warned ? 'done warned' : 'done' }, el('span', { textContent: message }))
}

const known = {
  currentStatus: e => done(e.commandStatus.message, e.commandStatus.status === 'ERROR'),
  warning_entity: e => done(e.message, true),
  terminate_query: e => done(e.wasTerminated ? `Query ${e.queryId} is terminated.` : `Query ${e.queryId} was not terminated.`),
  sourceDescription: e => source(e.sourceDescription),
  queryDescription: e => query(e.queryDescription),
  type_list: e => listTable(Object.entries(e.types).map(([name, schema]) => ({ name, schema: typeof schema === 'string' ? schema : JSON.stringify(schema) })))
}

export function show(entity) {
  const make = known[entity['@type']]
  const list = Object.values(entity).find(v => Array.isArray(v) && v !== entity.warnings && typeof v[0] === 'object')
  const out = el('div')
  if (make) out.append(make(entity))
  else if (entity['@type'] === 'source_descriptions') out.append(...entity.sourceDescriptions.map(source))
  else if (entity['@type'] === 'query_descriptions') out.append(...entity.queryDescriptions.map(query))
  else if (list) out.append(listTable(list))
  else {
    const rest = Object.entries(entity).filter(([k, v]) => !['@type', 'statementText', 'warnings'].includes(k) && cellText(v) !== '')
    out.append(rest.length ? el('div', { className: 'card' }, facts(rest.map(([k, v]) => [k, cellText(v)]))) : el('p', { className: 'note', textContent: 'There are none.' }))
  }
  for (const w of entity.warnings ?? []) out.append(done(w.message, true))
  return out
}
