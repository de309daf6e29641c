// SPDX-License-Identifier: Apache-2.0
const needsEncoding = /[^\x20-\x24\x26-\x7e]/
/** Longer texts would not fit a peer's limit on the size of headers. */
const maxMessageBytes = 8 * 1024

/** grpc-message: UTF-8 in which all but printable ASCII, and the percent sign, is percent-encoded. */
export function percentEncode(text: string): string {
  if (text.length <= maxMessageBytes / 3 && !needsEncoding.test(text)) return text
  let out = ''
  for (const byte of Buffer.from(text, 'utf8')) {
    const plain = byte >= 0x20 && byte <= 0x7e && byte !== 0x25
    out += plain ? String.fromCharCode(byte) : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`
    if (out.length >= maxMessageBytes) break
  }
  return out
}

/** Decodes what can be decoded and leaves the rest as it is. */
export function percentDecode(text: string): string {
  if (!text.includes('%')) return text
  const bytes: number[] = []
  for (let i = 0; i < text.length; i++) {
    const hex = text[i] === '%' ? text.slice(i + 1, i + 3) : ''
    if (/^[0-9a-fA-F]{2}$/.test(hex)) {
      bytes.push(Number.parseInt(hex, 16))
      i += 2
    } else {
      bytes.push(...Buffer.from(text[i] ?? '', 'utf8'))
    }
  }
  return Buffer.from(bytes).toString('utf8')
}
