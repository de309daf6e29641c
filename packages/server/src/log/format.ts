// SPDX-License-Identifier: Apache-2.0
import { fieldText } from './logger.ts'
import type { LogFormat, LogLevel } from './logger.ts'

/** The original writes warn in full. */
const levelName = (level: LogLevel): string => (level === 'warn' ? 'warning' : level)

const bare = /^[A-Za-z0-9\-._/@^+]+$/

/** Quoted as Go does where a bare word would be ambiguous. */
const quoted = (text: string): string => (bare.test(text) ? text : JSON.stringify(text))

/** `time="…" level=info msg="…" key=value`, keys in order, times with nine digits. */
export const textFormat: LogFormat = ({ time, level, message, fields }) => {
  const head = [
    `time="${time.toISOString().replace('Z', '000000Z')}"`,
    `level=${levelName(level)}`,
    `msg=${quoted(message)}`,
  ]
  const rest = Object.keys(fields)
    .toSorted()
    .flatMap((key) => (fields[key] === undefined ? [] : [`${key}=${quoted(fieldText(fields[key]))}`]))
  return [...head, ...rest].join(' ')
}

/** One JSON object a line. */
export const jsonFormat: LogFormat = ({ time, level, message, fields }) => {
  const plain = Object.fromEntries(
    Object.entries(fields).map(([key, value]) => [key, value instanceof Error ? fieldText(value) : value]),
  )
  return JSON.stringify({
    ...plain,
    level: levelName(level),
    msg: message,
    time: time.toISOString().replace('Z', '000000Z'),
  })
}
