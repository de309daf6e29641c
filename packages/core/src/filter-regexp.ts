// SPDX-License-Identifier: Apache-2.0
/** Flags of RE2 that change how a place is written; `i` and `m` become modifiers of JavaScript. */
interface Flags {
  readonly i: boolean
  readonly m: boolean
  readonly s: boolean
  readonly U: boolean
}

/** Groups that are open: how many `)` each needs, and the flags to go back to. */
interface Group {
  readonly closing: number
  readonly flags: Flags
}

const perlClasses: Readonly<Record<string, string>> = { d: '0-9', w: '0-9A-Za-z_', s: '\\t\\n\\f\\r ' }
const posixClasses: Readonly<Record<string, string>> = {
  alnum: '0-9A-Za-z',
  alpha: 'A-Za-z',
  ascii: '\\x00-\\x7f',
  blank: '\\t ',
  cntrl: '\\x00-\\x1f\\x7f',
  digit: '0-9',
  graph: '!-~',
  lower: 'a-z',
  print: ' -~',
  punct: '!-\\/:-@\\[-`\\{-~',
  space: '\\t\\n\\v\\f\\r ',
  upper: 'A-Z',
  word: '0-9A-Za-z_',
  xdigit: '0-9A-Fa-f',
}
const control: Readonly<Record<string, string>> = { a: '\\x07', f: '\\f', n: '\\n', r: '\\r', t: '\\t', v: '\\v' }

/**
 * Compiles an expression of RE2's syntax (Go's) to one of JavaScript's. Answers `undefined` for what RE2 refuses:
 * look-around, back references, unknown escapes.
 * @see https://github.com/google/re2/wiki/Syntax
 */
export function compileRe2(pattern: string): RegExp | undefined {
  try {
    return new RegExp(new Translation(pattern).run(), 'u')
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

class Translation {
  readonly #chars: readonly string[]
  #at = 0
  #out = ''
  #flags: Flags = { i: false, m: false, s: false, U: false }
  #closing = 0
  readonly #groups: Group[] = []

  constructor(pattern: string) {
    this.#chars = Array.from(pattern)
  }

  run(): string {
    while (this.#at < this.#chars.length) this.#step()
    if (this.#groups.length > 0) throw new SyntaxError('missing )')
    return this.#out + ')'.repeat(this.#closing)
  }

  #step(): void {
    const char = this.#take()
    if (char === '\\') this.#out += this.#escape()
    else if (char === '[') this.#out += this.#class()
    else if (char === '(') this.#open()
    else if (char === ')') this.#close()
    else if (char === '.') this.#out += this.#flags.s ? '[^]' : '[^\\n]'
    else if (char === '*' || char === '+' || char === '?') this.#quantifier(char)
    else if (char === '{') this.#repeat()
    else this.#out += char === '}' || char === ']' || char === '/' ? `\\${char}` : char
  }

  #take(): string {
    const char = this.#chars[this.#at++]
    if (char === undefined) throw new SyntaxError('unexpected end')
    return char
  }

  #rest(length: number): string {
    return this.#chars.slice(this.#at, this.#at + length).join('')
  }

  #quantifier(text: string): void {
    const lazy = this.#chars[this.#at] === '?'
    if (lazy) this.#at++
    this.#out += text + (lazy === this.#flags.U ? '' : '?')
  }

  #repeat(): void {
    const found = /^(\d+)(?:,(\d*))?\}/.exec(this.#rest(12))
    if (found === null) {
      this.#out += '\\{'
      return
    }
    if (Number(found[1]) > 1000 || Number(found[2] ?? 0) > 1000) throw new SyntaxError('repeat count too large')
    this.#at += found[0].length
    this.#quantifier(`{${found[0]}`)
  }

  #open(): void {
    if (this.#rest(1) !== '?') {
      this.#push('(?:', this.#flags)
      return
    }
    const named = /^\?P?<[A-Za-z0-9_]+>/.exec(this.#rest(80))
    if (named !== null) {
      this.#at += named[0].length
      this.#push('(?:', this.#flags)
      return
    }
    const flags = /^\?([imsU]*)(?:-([imsU]+))?([:)])/.exec(this.#rest(16))
    if (flags === null) throw new SyntaxError('unsupported group')
    this.#at += flags[0].length
    const next = { ...this.#flags }
    for (const flag of flags[1] ?? '') next[flag as keyof Flags] = true
    for (const flag of flags[2] ?? '') next[flag as keyof Flags] = false
    if (flags[3] === ':') {
      this.#push(modifiers(next), next)
    } else {
      this.#out += modifiers(next) // until the surrounding group ends
      this.#closing++
      this.#flags = next
    }
  }

  #push(text: string, flags: Flags): void {
    this.#groups.push({ closing: this.#closing, flags: this.#flags })
    this.#out += text
    this.#closing = 1
    this.#flags = flags
  }

  #close(): void {
    const group = this.#groups.pop()
    if (group === undefined) throw new SyntaxError('unexpected )')
    this.#out += ')'.repeat(this.#closing)
    this.#closing = group.closing
    this.#flags = group.flags
  }

  #escape(): string {
    const char = this.#take()
    if (char === 'b' || char === 'B') return `\\${char}`
    if (char === 'A') return '(?<![^])'
    if (char === 'z') return '(?![^])'
    if (char === 'Q') return this.#literal()
    const perl = perlClasses[char.toLowerCase()]
    if (perl !== undefined) return char === char.toLowerCase() ? `[${perl}]` : `[^${perl}]`
    return this.#single(char)
  }

  /** An escape that stands for one character or a Unicode class, inside brackets and outside. */
  #single(char: string): string {
    if (char === 'p' || char === 'P') return this.#property(char)
    const known = control[char]
    if (known !== undefined) return known
    if (char === 'x') return this.#hex()
    const octal = /^(?:0[0-7]{0,2}|[1-7][0-7]{1,2})/.exec(char + this.#rest(2))
    if (octal !== null) {
      this.#at += octal[0].length - 1
      return codePoint(Number.parseInt(octal[0], 8))
    }
    if (/[A-Za-z0-9]/.test(char) || char > '\x7f') throw new SyntaxError('invalid escape sequence')
    return codePoint(char.charCodeAt(0))
  }

  #hex(): string {
    const found = /^(?:\{([0-9a-fA-F]+)\}|([0-9a-fA-F]{2}))/.exec(this.#rest(12))
    if (found === null) throw new SyntaxError('invalid escape sequence')
    this.#at += found[0].length
    return codePoint(Number.parseInt(found[1] ?? found[2] ?? '', 16))
  }

  #property(letter: string): string {
    const found = /^(?:\{(\^?)([A-Za-z_]+)\}|([A-Z]))/.exec(this.#rest(40))
    if (found === null) throw new SyntaxError('invalid character class')
    this.#at += found[0].length
    const negated = (letter === 'P') !== (found[1] === '^')
    const name = found[2] ?? found[3] ?? ''
    return `\\${negated ? 'P' : 'p'}{${name.length <= 2 ? name : `Script=${name}`}}`
  }

  #literal(): string {
    let text = ''
    while (this.#at < this.#chars.length) {
      const char = this.#take()
      if (char === '\\' && this.#rest(1) === 'E') {
        this.#at++
        break
      }
      text += codePoint(char.codePointAt(0) ?? 0)
    }
    return text
  }

  #class(): string {
    let out = '['
    if (this.#rest(1) === '^') out += this.#take()
    for (let first = true; ; first = false) {
      const char = this.#take()
      if (char === ']' && !first) return `${out}]`
      const posix = char === '[' ? /^:(\^?)([a-z]+):\]/.exec(this.#rest(24)) : null
      if (posix !== null) {
        this.#at += posix[0].length
        out += posixRange(posix[2] ?? '', posix[1] === '^')
      } else if (char === '\\') {
        out += this.#escapeInClass()
      } else if (char === '-') {
        out += this.#rest(1) === ']' || first ? '\\-' : '-'
      } else {
        out += /[\^$\\.*+?()[\]{}|/]/.test(char) ? `\\${char}` : char
      }
    }
  }

  #escapeInClass(): string {
    const char = this.#take()
    const perl = perlClasses[char.toLowerCase()]
    if (perl === undefined) return this.#single(char)
    return char === char.toLowerCase() ? perl : complement(perl)
  }
}

const modifiers = (flags: Flags): string => {
  const on = `${flags.i ? 'i' : ''}${flags.m ? 'm' : ''}`
  const off = `${flags.i ? '' : 'i'}${flags.m ? '' : 'm'}`
  return `(?${on}${off === '' ? '' : `-${off}`}:`
}

const codePoint = (value: number): string => {
  if (value > 0x10ffff) throw new SyntaxError('invalid escape sequence')
  return `\\u{${value.toString(16)}}`
}

function posixRange(name: string, negated: boolean): string {
  const range = Object.hasOwn(posixClasses, name) ? posixClasses[name] : undefined
  if (range === undefined) throw new SyntaxError('invalid character class range')
  return negated ? complement(range) : range
}

/** The characters outside `range`, written as members of a class. */
function complement(range: string): string {
  const inside = new RegExp(`[${range}]`, 'u')
  let out = ''
  for (let code = 0, start = -1; code <= 0x80; code++) {
    const outside = code < 0x80 && !inside.test(String.fromCodePoint(code))
    if (outside && start < 0) start = code
    if (!outside && start >= 0) {
      out += `${codePoint(start)}-${codePoint(code - 1)}`
      start = -1
    }
  }
  return `${out}\\u{80}-\\u{10ffff}`
}
