// The server's public REST API.

// Numbers become Exact, because a double does not hold every BIGINT and DECIMAL.
export class Exact {
  constructor(text) { this.text = text }
  toString() { return this.text }
}

const PIECE = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g
const MARK = '\u0001'
export function parseExact(text) {
  const marked = text.replace(PIECE, m => (m[0] === '"' ? m : `"\\u0001${m}"`))
  return JSON.parse(marked, (_, v) => (typeof v === 'string' && v[0] === MARK ? new Exact(v.slice(1)) : v))
}

export class ServerError extends Error {
  constructor(message, code) {
    super(message)
    this.code = code
  }
}

async function failure(response) {
  const text = await response.text()
  try {
    const body = JSON.parse(text)
    return new ServerError(body.message ?? text, body.error_code)
  } catch {
    return new ServerError(text || `${response.status} ${response.statusText}`, response.status)
  }
}

const post = (path, body, signal) =>
  fetch(path, { method: 'POST', body: JSON.stringify(body), signal, headers: { 'content-type': 'application/json', accept: 'application/vnd.ksql.v1+json' } })

export async function get(path) {
  const response = await fetch(path)
  if (!response.ok) throw await failure(response)
  return response.json()
}

// Entities of statements.
export async function run(sql, session = {}, signal) {
  const response = await post('/ksql', { ksql: sql, streamsProperties: session.properties ?? {}, sessionVariables: session.variables ?? {} }, signal)
  if (!response.ok) throw await failure(response)
  return response.json()
}

export const closeQuery = queryId => post('/close-query', { queryId }).catch(() => {})

// The lines of a SELECT's or PRINT's answer, in lists as they arrive.
export async function* lines(sql, session, signal) {
  const response = await post('/query', { ksql: sql, streamsProperties: session.properties, sessionVariables: session.variables }, signal)
  if (!response.ok) throw await failure(response)
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader()
  let rest = ''
  for (let part; !(part = await reader.read()).done;) {
    const list = (rest + part.value).split('\n')
    rest = list.pop()
    if (list.length) yield list
  }
  if (rest) yield [rest]
}

// One line of a SELECT's answer: {header}, {row}, {finalMessage}, {errorMessage}; null: only brackets.
export function item(line) {
  const text = line.replace(/^[\[,\s]+/, '').replace(/\}[,\]\s]*$/, '}')
  return text.startsWith('{') ? parseExact(text) : null
}

// `A` INTEGER KEY, `B` STRUCT<`C` STRING> -> [{name, type}]
export function columns(schema) {
  const list = []
  let depth = 0, quoted = false, begin = 0
  const take = end => {
    const m = schema.slice(begin, end).trim().match(/^`((?:[^`]|``)*)`\s*([\s\S]*)$/)
    if (m) list.push({ name: m[1].replaceAll('``', '`'), type: m[2] })
    begin = end + 1
  }
  for (let i = 0; i < schema.length; i++) {
    const c = schema[i]
    if (c === '`') quoted = !quoted
    else if (quoted) continue
    else if (c === '<' || c === '(') depth++
    else if (c === '>' || c === ')') depth--
    else if (c === ',' && depth === 0) take(i)
  }
  take(schema.length)
  return list
}
