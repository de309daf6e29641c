// SPDX-License-Identifier: Apache-2.0
import { writeSync } from 'node:fs'
import type { LogFields, Logger } from '@containerd-ts/core'
import { describe } from '@containerd-ts/errdefs'

type Level = 'trace' | 'debug' | 'info' | 'warning' | 'error'

const bare = /^[A-Za-z0-9\-._/@^+]+$/

/**
 * Logs logfmt lines, which the daemon copies to its own log as they are, to a descriptor that may be a FIFO
 * nobody reads: what cannot be written at once is dropped.
 */
export function textLogger(fd: number, debug: boolean, fields: LogFields = {}): Logger {
  const write = (level: Level, message: string, own: LogFields = {}): void => {
    try {
      writeSync(fd, formatLine(new Date(), level, message, { ...fields, ...own }))
    } catch {
      // no reader, or a slow one: a log line stops nothing
    }
  }
  const drop = (): void => {}
  return {
    trace: drop,
    debug: debug ? (message, own) => write('debug', message, own) : drop,
    info: (message, own) => write('info', message, own),
    warn: (message, own) => write('warning', message, own),
    error: (message, own) => write('error', message, own),
    child: (more) => textLogger(fd, debug, { ...fields, ...more }),
  }
}

/** One line: time, level, message, then the fields by name. */
export function formatLine(time: Date, level: Level, message: string, fields: LogFields): string {
  const stamp = time.toISOString().replace('Z', '000000Z')
  const rest = Object.keys(fields)
    .filter((name) => fields[name] !== undefined)
    .sort()
    .map((name) => ` ${name}=${quote(textOf(fields[name]))}`)
  return `time=${quote(stamp)} level=${level} msg=${quote(message)}${rest.join('')}\n`
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value
  if (value instanceof Error) return describe(value)
  return JSON.stringify(value) ?? String(value)
}

const quote = (text: string): string => (bare.test(text) ? text : JSON.stringify(text))
