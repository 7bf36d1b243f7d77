// The result table of a query: rows are drawn once a frame, the newest ROWS_MAX are kept, and nothing moves while
// the reader looks at older ones.
import { Exact } from './api.js'
import { el, figure } from './dom.js'

const ROWS_MAX = 1000
const SAMPLE_ROWS = 50
const CHARS_MIN = 6
const CHARS_MAX = 44

function textOf(v) {
  if (v === null || v === undefined) return 'null'
  if (v instanceof Exact) return v.text
  if (Array.isArray(v)) return '[' + v.map(inner).join(', ') + ']'
  if (typeof v === 'object') return '{' + Object.entries(v).map(([k, x]) => `${k}: ${inner(x)}`).join(', ') + '}'
  return String(v)
}
const inner = v => (typeof v === 'string' ? JSON.stringify(v) : textOf(v))

export class Grid {
  #columns = []
  #waiting = []
  #frame = 0
  #following = true
  #body
  #scroll
  #newer
  #note
  count = 0

  // box: the element to fill; columns may come later.
  constructor(box) {
    this.table = el('table', { className: 'rows' })
    this.#scroll = el('div', { className: 'scroll', tabIndex: 0, role: 'region', ariaLabel: 'Rows' }, this.table)
    this.#newer = el('button', { className: 'newer small', type: 'button', hidden: true, onclick: () => this.follow() })
    this.#note = el('p', { className: 'note', hidden: true })
    this.#scroll.addEventListener('scroll', () => this.#scrolled(), { passive: true })
    box.append(this.#scroll, this.#newer, this.#note)
  }

  setColumns(columns) {
    this.#columns = columns.map(c => ({ ...c, numeric: /^(INTEGER|BIGINT|DOUBLE|DECIMAL)/.test(c.type) }))
    this.cols = this.#columns.map(() => el('col'))
    this.table.append(
      el('caption', { className: 'unseen', textContent: 'Rows of the query' }),
      el('colgroup', {}, ...this.cols),
      el('thead', {}, el('tr', {}, ...this.#columns.map(c => el('th', { scope: 'col', className: c.numeric ? 'num' : '' }, c.name, el('small', { textContent: c.type }))))),
      (this.#body = el('tbody')))
    this.#size([])
  }

  add(row, gone = false) {
    this.count++
    this.#waiting.push({ row, gone })
    if (this.#waiting.length > 2 * ROWS_MAX) this.#waiting.splice(0, ROWS_MAX)
    this.#frame ||= requestAnimationFrame(() => this.#draw())
  }

  // Draws what waits without waiting for the next frame: the query has ended.
  flush() {
    cancelAnimationFrame(this.#frame)
    this.#draw()
  }

  follow() {
    this.#following = true
    this.#draw()
  }

  note(text) {
    this.#note.textContent = text
    this.#note.hidden = !text
  }

  // Widths come from the first rows and stay.
  #size(sample) {
    this.sized = sample.length > 0
    this.#columns.forEach((c, i) => {
      const widest = Math.max(c.name.length, Math.min(c.type.length, 18), ...sample.map(s => textOf(s.row[i]).length))
      this.cols[i].style.width = `calc(${Math.min(Math.max(widest, CHARS_MIN), CHARS_MAX) + 1}ch + 28px)`
    })
  }

  #cell(v, column) {
    const td = document.createElement('td')
    const text = textOf(v)
    td.textContent = text
    if (v === null || v === undefined) td.className = 'null'
    if (column.numeric) td.classList.add('num')
    if (text.length > CHARS_MAX) td.title = text
    return td
  }

  #draw() {
    this.#frame = 0
    if (!this.#body) return
    if (!this.sized && this.#waiting.length) this.#size(this.#waiting.slice(0, SAMPLE_ROWS))
    const full = this.#body.rows.length >= ROWS_MAX
    if (!this.#following && full) {
      this.#newer.hidden = false
      this.#newer.textContent = 'To the newest rows'
      return
    }
    const take = this.#waiting.splice(0).slice(-ROWS_MAX)
    const part = document.createDocumentFragment()
    for (const { row, gone } of take) {
      const tr = document.createElement('tr')
      if (gone) tr.className = 'gone'
      this.#columns.forEach((c, i) => tr.append(this.#cell(row[i], c)))
      part.append(tr)
    }
    this.#body.append(part)
    const over = this.#body.rows.length - ROWS_MAX
    if (over > 0) {
      const range = document.createRange()
      range.setStartBefore(this.#body.rows[0])
      range.setEndAfter(this.#body.rows[over - 1])
      range.deleteContents()
    }
    this.table.dataset.rows = this.count
    this.note(this.count > ROWS_MAX ? `The newest ${figure(ROWS_MAX)} of ${figure(this.count)} rows are shown.` : '')
    if (this.#following) {
      this.#newer.hidden = true
      this.#scroll.scrollTop = this.#scroll.scrollHeight
    }
  }

  #scrolled() {
    const s = this.#scroll
    const atEnd = s.scrollHeight - s.scrollTop - s.clientHeight < 24
    if (atEnd && !this.#following) this.follow()
    this.#following = atEnd
  }
}
