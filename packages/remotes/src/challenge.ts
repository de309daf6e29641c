// SPDX-License-Identifier: Apache-2.0
/** One challenge of a `WWW-Authenticate` header. */
export interface Challenge {
  /** Lower case, such as `bearer`. */
  readonly scheme: string
  readonly parameters: Readonly<Record<string, string>>
}

const preference: Readonly<Record<string, number>> = { bearer: 0, basic: 1 }

/** Parses challenges, the preferred scheme first. Malformed rests are left out. @see RFC 9110, section 11.6.1 */
export function parseChallenges(headers: readonly string[]): readonly Challenge[] {
  return headers.flatMap(parseHeader).toSorted((a, b) => (preference[a.scheme] ?? 2) - (preference[b.scheme] ?? 2))
}

function parseHeader(header: string): Challenge[] {
  const challenges: { scheme: string; parameters: Record<string, string> }[] = []
  const token = /[,\s]*([!#$%&'*+.^_`|~0-9A-Za-z-]+)(?:\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,]*)))?/y
  for (let match = token.exec(header); match !== null; match = token.exec(header)) {
    const [, name = '', quoted, bare] = match
    const value = quoted?.replaceAll(/\\(.)/g, '$1') ?? bare
    const current = challenges.at(-1)
    if (value === undefined) challenges.push({ scheme: name.toLowerCase(), parameters: {} })
    else if (current === undefined) return []
    else current.parameters[name.toLowerCase()] = value
  }
  return challenges
}
