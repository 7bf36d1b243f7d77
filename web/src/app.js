// The page: the SQL box, running what is in it, and a result for each statement.
import { closeQuery, columns, item, lines, run, ServerError } from './api.js'
import { duration, el, figure } from './dom.js'
import { show } from './entities.js'
import { Grid } from './grid.js'
import { refresh, start } from './sidebar.js'
import { asSetting, isPrint, isQuery, paint, split } from './sql.js'

const $ = id => document.getElementById(id)
const sql = $('sql'), results = $('results')
const session = { properties: {}, variables: {} }
let running = null // {abort, queryId}

const EXAMPLE = `CREATE STREAM readings (sensor VARCHAR KEY, celsius DOUBLE)
  WITH (kafka_topic = 'readings', value_format = 'JSON', partitions = 1);
INSERT INTO readings VALUES ('north', 7.5);
INSERT INTO readings VALUES ('south', 21.25);
SELECT * FROM readings EMIT CHANGES;`

// ---- the box ----------------------------------------------------------------------------------------------

function repaint() {
  $('paint').replaceChildren(paint(sql.value), '\n')
  follow()
  localStorage.setItem('weir.sql', sql.value)
}
function follow() {
  $('paint').scrollTop = sql.scrollTop
  $('paint').scrollLeft = sql.scrollLeft
}

function showSettings() {
  const all = [...Object.entries(session.properties), ...Object.entries(session.variables).map(([k, v]) => ['${' + k + '}', v])]
  $('settings').replaceChildren(...all.map(([k, v]) => el('span', { textContent: `${k} = ${v}` })))
}

const sessionNow = () => ({
  properties: { ...($('earliest').checked ? { 'auto.offset.reset': 'earliest' } : {}), ...session.properties },
  variables: session.variables
})

function announce(text) { $('announce').textContent = text }

// ---- results ------------------------------------------------------------------------------------------------

function result(statement, kind) {
  const title = el('h3', { textContent: statement.text.replace(/\s+/g, ' ').replace(/ ;$/, ';'), title: statement.text })
  const header = el('header', {}, title)
  const box = el('section', { className: `result ${kind}`, ariaLabel: 'Result' }, header)
  results.append(box)
  return { box, header }
}

const PLACE = /^line:? (\d+)(?::|, Col: )(\d+): /i

// "line 2:14: ..." and "Line: 2, Col: 14: ..." count within the statement that was sent.
function placeOf(statement, message) {
  const m = message.match(PLACE)
  if (!m) return null
  const all = statement.text.split('\n'), n = Number(m[1]) - 1, col = Number(m[2]) - 1
  if (n >= all.length || col > all[n].length) return null
  const at = all.slice(0, n).reduce((sum, l) => sum + l.length + 1, 0) + col
  const word = all[n].slice(col).match(/^[\w@]+|^./)?.[0] ?? ''
  return { line: all[n], col, word, at: statement.at + at }
}

function showError(box, statement, error) {
  const place = statement.at === undefined ? null : placeOf(statement, error.message)
  const offline = error instanceof TypeError
  const words = error.message.split('\nStatement: ')[0].replace(PLACE, place ? '' : '$&')
  const card = el('div', { className: 'card', role: 'alert' },
    el('h4', { textContent: offline ? 'The server did not answer' : error.code >= 50000 ? 'The server failed' : 'That did not work' }),
    el('p', { className: 'words', textContent: offline ? 'Is it running? The page goes on asking.' : words.trim() }))
  if (place) {
    card.append(
      el('pre', {}, place.line.slice(0, place.col), el('mark', { textContent: place.word || ' ' }), place.line.slice(place.col + place.word.length)),
      el('button', { className: 'small', type: 'button', textContent: 'Go there', onclick: () => {
        sql.focus()
        sql.setSelectionRange(place.at, place.at + place.word.length)
      } }))
  }
  box.classList.add('fault-box')
  box.append(card)
}

async function runStatement(statement) {
  const setting = asSetting(statement.text)
  const { box } = result(statement, 'plain')
  if (setting) {
    if (setting.value === undefined) delete session[setting.map][setting.name]
    else session[setting.map][setting.name] = setting.value
    showSettings()
    box.append(el('p', { className: 'done' }, el('span', { textContent: 'Kept in this page and sent along from now on.' })))
    return
  }
  try {
    const entities = await run(statement.text, sessionNow(), running.abort.signal)
    if (!entities.length) box.append(el('p', { className: 'done' }, el('span', { textContent: 'Done.' })))
    for (const e of entities) box.append(show(e))
    if (entities.some(e => e.commandStatus?.status === 'ERROR')) throw new ServerError(entities.map(e => e.commandStatus?.message ?? '').join('\n'))
  } catch (error) {
    if (error.name === 'AbortError') box.append(el('p', { className: 'note', textContent: 'Stopped waiting; the server may still run it.' }))
    else showError(box, statement, error)
    throw error
  } finally {
    refresh()
  }
}

// The head of a live result: state, rows, rate and time, each with a place of its own.
function meter(box, header, grid) {
  const began = performance.now()
  const word = el('span', { textContent: 'running' })
  const rows = el('span', { className: 'figure rows' }), rate = el('span', { className: 'figure rate' }), time = el('span', { className: 'figure time' })
  const wrap = el('button', { className: 'small', type: 'button', textContent: 'Wrap', ariaPressed: 'false', onclick: () => {
    wrap.ariaPressed = String(box.classList.toggle('wrap'))
  } })
  header.append(el('span', { className: 'state' }, el('span', { className: 'dot' }), word), rows, rate, time, wrap)
  box.classList.add('live')
  let before = 0, at = began
  const tick = () => {
    const now = performance.now()
    rows.replaceChildren(el('b', { textContent: figure(grid.count) }), grid.count === 1 ? ' row' : ' rows')
    time.textContent = duration(now - began)
    if (now - at < 1000) return
    rate.textContent = `${figure(Math.round((grid.count - before) * 1000 / (now - at)))}/s`
    before = grid.count
    at = now
  }
  tick()
  const timer = setInterval(tick, 250)
  return state => {
    clearInterval(timer)
    grid.flush()
    tick()
    rate.textContent = `${figure(Math.round(grid.count * 1000 / Math.max(performance.now() - began, 1)))}/s`
    word.textContent = state
    box.classList.remove('live')
    box.dataset.state = state
    box.dataset.rows = grid.count
    announce(`${state}, ${grid.count} rows`)
  }
}

async function runQuery(statement) {
  const { box, header } = result(statement, 'grid')
  const grid = new Grid(box)
  const end = meter(box, header, grid)
  const print = isPrint(statement.text)
  if (print) grid.setColumns([{ name: 'record', type: '' }])
  try {
    for await (const list of lines(statement.text, sessionNow(), running.abort.signal)) {
      for (const line of list) {
        if (print) {
          if (line) grid.add([line])
          continue
        }
        const i = item(line)
        if (i?.header) {
          running.queryId = i.header.queryId
          grid.setColumns(columns(i.header.schema))
        } else if (i?.row) grid.add(i.row.columns, i.row.tombstone)
        else if (i?.errorMessage) throw new ServerError(i.errorMessage.message, Number(i.errorMessage.error_code))
      }
    }
    end(running.stopped ? 'stopped' : 'complete')
  } catch (error) {
    if (error.name === 'AbortError') {
      end('stopped')
      return
    }
    end('failed')
    showError(box, statement, error)
    throw error
  }
}

// ---- running --------------------------------------------------------------------------------------------------

async function runAll(list) {
  await stop()
  const mine = (running = { abort: new AbortController(), queryId: null, stopped: false })
  results.replaceChildren()
  $('stop').disabled = false
  try {
    for (const s of list) {
      if (mine.stopped || mine !== running) break
      mine.queryId = null
      await (isQuery(s.text) || isPrint(s.text) ? runQuery(s) : runStatement(s))
    }
  } catch (error) {
    if (error.name !== 'AbortError') announce('failed') // it stands in its result
  } finally {
    if (mine === running) {
      running = null
      $('stop').disabled = true
    }
  }
}

async function stop() {
  const r = running
  if (!r) return
  r.stopped = true
  if (r.queryId) closeQuery(r.queryId)
  r.abort.abort()
  running = null
  $('stop').disabled = true
}

function runBox() {
  const from = sql.selectionStart, to = sql.selectionEnd
  const list = from < to ? split(sql.value.slice(from, to)).map(s => ({ ...s, at: s.at + from })) : split(sql.value)
  if (list.length) runAll(list)
}

function runSql(text) {
  runAll([{ text }])
}

function welcome() {
  results.append(el('div', { className: 'welcome' },
    el('h3', { textContent: 'Ask a stream' }),
    el('p', { textContent: 'Write SQL above and run it. A query with EMIT CHANGES goes on until you stop it, and its rows appear here as they happen.' }),
    el('button', { type: 'button', textContent: 'Put an example into the box', onclick: () => {
      sql.value = EXAMPLE
      repaint()
      sql.focus()
    } })))
}

sql.value = new URLSearchParams(location.search).get('sql') ?? localStorage.getItem('weir.sql') ?? 'SHOW STREAMS;'
sql.addEventListener('input', repaint)
sql.addEventListener('scroll', follow, { passive: true })
$('form').addEventListener('submit', e => {
  e.preventDefault()
  runBox()
})
$('stop').addEventListener('click', stop)
document.addEventListener('keydown', e => {
  if (e.key === 'Enter' && (e.ctrlKey || e.metaKey)) {
    e.preventDefault()
    runBox()
  }
})
repaint()
welcome()
start(runSql)
