// SPDX-License-Identifier: Apache-2.0
import { InvalidArgumentError } from '@containerd-ts/errdefs'
import { unquote } from './filter-quote.ts'

export type FilterTokenKind = 'field' | 'quoted' | 'operator' | 'separator' | 'value' | 'end' | 'other'

export interface FilterToken {
  readonly kind: FilterTokenKind
  readonly text: string
  /** Index of its first UTF-16 unit. */
  readonly start: number
}

const blank = /\p{White_Space}/u
const fieldRun = /[A-Za-z0-9_]+/y
const operatorRun = /[=!~]+/y
/** Graphic characters but for blanks and commas. */
const valueRun = /[\p{L}\p{M}\p{N}\p{P}\p{S}]+?(?=,|[^\p{L}\p{M}\p{N}\p{P}\p{S}]|$)/uy
const quotes = '"/|'

/** Cuts a filter into tokens. What a run of letters is depends on whether a value is due. */
export class FilterScanner {
  readonly text: string
  #at = 0

  constructor(text: string) {
    this.text = text
  }

  get position(): number {
    return this.#at
  }

  /** The next character, blanks included; empty at the end. */
  peek(): string {
    return characterAt(this.text, this.#at)
  }

  /** The next token, skipping blanks before it. */
  next(wanted: 'field' | 'operator' | 'value'): FilterToken {
    while (this.#at < this.text.length && blank.test(this.peek())) this.#at += this.peek().length
    const start = this.#at
    const char = this.peek()
    if (char === '') return { kind: 'end', text: '', start }
    if (quotes.includes(char)) return this.#quoted(char, start)
    if (char === ',' || char === '.') return this.#take('separator', char)
    const operator = this.#match(operatorRun)
    if (operator !== undefined) return this.#take('operator', operator)
    const run = this.#match(wanted === 'value' ? valueRun : fieldRun)
    if (run !== undefined) return this.#take(wanted === 'value' ? 'value' : 'field', run)
    return this.#take('other', char)
  }

  /** @throws {InvalidArgumentError} pointing into the text */
  fail(position: number, reason: string): never {
    const char = characterAt(this.text, position)
    const where =
      char !== '' ? `${this.text.slice(0, position)} >|${char}|< ${this.text.slice(position + char.length)}` : this.text
    throw new InvalidArgumentError(`filters: parse error: [${where}]: ${reason}`)
  }

  /** Text of a quoted token without quotes and escapes. */
  unquote(token: FilterToken, anyQuote: boolean): string {
    if (!anyQuote && !token.text.startsWith('"')) return this.fail(token.start, 'invalid quote encountered')
    const text = unquote(token.text)
    return text ?? this.fail(token.start, 'illegal escape sequence')
  }

  #quoted(quote: string, start: number): FilterToken {
    for (let at = start + 1; at < this.text.length; at++) {
      const char = this.text[at]
      if (char === '\\') at++
      else if (char === '\n') return this.fail(start, 'unexpected newline in literal')
      else if (char === quote) return this.#take('quoted', this.text.slice(start, at + 1))
    }
    return this.fail(start, 'quoted literal not terminated')
  }

  #match(run: RegExp): string | undefined {
    run.lastIndex = this.#at
    return run.exec(this.text)?.[0]
  }

  #take(kind: FilterTokenKind, text: string): FilterToken {
    const start = this.#at
    this.#at += text.length
    return { kind, text, start }
  }
}

function characterAt(text: string, at: number): string {
  const code = text.codePointAt(at)
  return code === undefined ? '' : String.fromCodePoint(code)
}
