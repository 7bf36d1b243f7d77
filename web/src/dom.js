// Elements and numbers, made short to write. Text is only ever put in as text.

export function el(tag, properties = {}, ...children) {
  const e = Object.assign(document.createElement(tag), properties)
  e.append(...children)
  return e
}

const format = new Intl.NumberFormat('en')
export const figure = n => format.format(n)

export function duration(ms) {
  const s = ms / 1000
  return s < 60 ? `${s.toFixed(1)} s` : `${Math.floor(s / 60)} min ${Math.floor(s % 60)} s`
}

export function schemaText(schema) {
  switch (schema.type) {
    case 'ARRAY': return `ARRAY<${schemaText(schema.memberSchema)}>`
    case 'MAP': return `MAP<STRING, ${schemaText(schema.memberSchema)}>`
    case 'STRUCT': return `STRUCT<${(schema.fields ?? []).map(f => `${f.name} ${schemaText(f.schema)}`).join(', ')}>`
    case 'DECIMAL': return schema.parameters ? `DECIMAL(${schema.parameters.precision}, ${schema.parameters.scale})` : 'DECIMAL'
    default: return schema.type
  }
}

// The columns of a source or query as a small table.
export function fieldTable(fields) {
  const keyWord = f => (f.type === 'KEY' ? ' key' : f.type === 'HEADER' ? ' header' : '')
  return el('table', { className: 'fields' },
    el('caption', { className: 'unseen', textContent: 'Columns' }),
    el('tbody', {}, ...fields.map(f =>
      el('tr', {}, el('td', { textContent: f.name }),
        el('td', {}, schemaText(f.schema), el('span', { className: 'key', textContent: keyWord(f) }))))))
}
