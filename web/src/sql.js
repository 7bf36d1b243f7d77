// SQL as text: where statements end, which endpoint takes them, how they are coloured. No grammar: the server has it.

const TOKEN = /--[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|'(?:[^']|'')*'?|`[^`]*`?|"[^"]*"?|\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|[A-Za-z_@][\w@]*|;|\s+|./gy

const KEYWORDS = new Set(('select from where group by having partition emit changes final limit create or replace source stream table ' +
  'as with if not exists drop delete topic insert into values show list describe extended explain streams tables queries topics ' +
  'functions properties types variables terminate pause resume all print beginning interval set unset define undefine join inner left ' +
  'right full outer on within grace period window tumbling hopping session size advance retention and or is null like between in case ' +
  'when then else end cast array map struct primary key headers header alter add column system type assert schema timeout true ' +
  'false int integer bigint double decimal varchar string boolean timestamp date time bytes days hours minutes seconds ' +
  'milliseconds day hour minute second distinct function').split(' '))

function* tokens(text) {
  TOKEN.lastIndex = 0
  for (let m; (m = TOKEN.exec(text));) yield m[0]
}

// [{text, at}]: statements with their semicolon; one that lacks it gets it.
export function split(text) {
  const list = []
  let at = 0, begin = 0, some = false
  for (const t of tokens(text)) {
    const counts = !/^\s|^--|^\/\*/.test(t)
    if (counts && !some) {
      some = true
      begin = at
    }
    at += t.length
    if (t === ';' && some) {
      if (at - begin > 1) list.push({ text: text.slice(begin, at), at: begin })
      some = false
    }
  }
  if (some) list.push({ text: text.slice(begin) + '\n;', at: begin })
  return list
}

const firstWord = text => text.match(/^\s*([a-z]+)/i)?.[1].toLowerCase()
export const isQuery = text => firstWord(text) === 'select'
export const isPrint = text => firstWord(text) === 'print'

// SET, UNSET, DEFINE and UNDEFINE: a server keeps no session, so the page does. null: none of them.
export function asSetting(text) {
  const plain = s => s.replaceAll("''", "'")
  const string = "'((?:[^']|'')*)'"
  let m
  if ((m = text.match(new RegExp(`^set\\s+${string}\\s*=\\s*${string}\\s*;$`, 'i')))) return { map: 'properties', name: plain(m[1]), value: plain(m[2]) }
  if ((m = text.match(new RegExp(`^unset\\s+${string}\\s*;$`, 'i')))) return { map: 'properties', name: plain(m[1]) }
  if ((m = text.match(new RegExp(`^define\\s+(\\w+)\\s*=\\s*${string}\\s*;$`, 'i')))) return { map: 'variables', name: m[1], value: plain(m[2]) }
  if ((m = text.match(/^undefine\s+(\w+)\s*;$/i))) return { map: 'variables', name: m[1] }
  return null
}

const classOf = t =>
  t.startsWith('--') || t.startsWith('/*') ? 't-comment' : /^['"`]/.test(t) ? 't-string' : /^\d/.test(t) ? 't-number' :
    KEYWORDS.has(t.toLowerCase()) ? 't-keyword' : ''

// The coloured text as nodes.
export function paint(text) {
  const out = document.createDocumentFragment()
  for (const t of tokens(text)) {
    const c = classOf(t)
    if (c) {
      const span = document.createElement('span')
      span.className = c
      span.textContent = t
      out.append(span)
    } else {
      out.append(t)
    }
  }
  return out
}

export const quoteName = name => (/^[A-Z_][A-Z0-9_]*$/.test(name) ? name : '`' + name.replaceAll('`', '``') + '`')
