// SPDX-License-Identifier: Apache-2.0
const simple: Readonly<Record<string, number>> = { a: 7, b: 8, f: 12, n: 10, r: 13, t: 9, v: 11, '\\': 92 }
/** Digits that follow `\x`, `\u` and `\U`. */
const hexDigits: Readonly<Record<string, number>> = { x: 2, u: 4, U: 8 }

/**
 * Takes quotes and Go's escapes off; the quote itself may be escaped too. `\x` and octal escapes are bytes of UTF-8.
 * Answers `undefined` for an escape that Go does not know.
 */
export function unquote(quoted: string): string | undefined {
  const quote = quoted[0] ?? ''
  const inner = quoted.slice(1, -1)
  if (!inner.includes('\\')) return inner
  const chunks: Buffer[] = []
  for (let at = 0; at < inner.length;) {
    const next = inner.indexOf('\\', at)
    if (next < 0) {
      chunks.push(Buffer.from(inner.slice(at)))
      break
    }
    chunks.push(Buffer.from(inner.slice(at, next)))
    const escape = readEscape(inner, next + 1, quote)
    if (escape === undefined) return undefined
    chunks.push(escape.bytes)
    at = escape.end
  }
  return Buffer.concat(chunks).toString()
}

function readEscape(
  text: string,
  at: number,
  quote: string,
): { readonly bytes: Buffer; readonly end: number } | undefined {
  const char = text[at]
  if (char === undefined) return undefined
  if (char === quote) return { bytes: Buffer.from(char), end: at + 1 }
  const known = simple[char]
  if (known !== undefined) return { bytes: Buffer.of(known), end: at + 1 }
  const octal = /^[0-3][0-7]{2}/.exec(text.slice(at, at + 3))
  if (octal !== null) return { bytes: Buffer.of(Number.parseInt(octal[0], 8)), end: at + 3 }
  const length = hexDigits[char]
  if (length === undefined) return undefined
  const digits = text.slice(at + 1, at + 1 + length)
  if (digits.length !== length || !/^[0-9a-fA-F]+$/.test(digits)) return undefined
  const value = Number.parseInt(digits, 16)
  const end = at + 1 + length
  if (char === 'x') return { bytes: Buffer.of(value), end }
  const isCharacter = value <= 0x10ffff && (value < 0xd800 || value > 0xdfff)
  return isCharacter ? { bytes: Buffer.from(String.fromCodePoint(value)), end } : undefined
}
