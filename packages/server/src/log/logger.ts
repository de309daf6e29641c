// SPDX-License-Identifier: Apache-2.0
import { writeSync } from 'node:fs'
import type { LogFields, Logger } from '@containerd-ts/core'
import { describe, errnoOf } from '@containerd-ts/errdefs'

const levels = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'panic'] as const
export type LogLevel = (typeof levels)[number]

export interface LogLine {
  readonly time: Date
  readonly level: LogLevel
  readonly message: string
  readonly fields: LogFields
}

export type LogFormat = (line: LogLine) => string

export interface LoggerOptions {
  readonly level: LogLevel
  readonly format: LogFormat
  /** Where lines go; each ends in a newline. Default: standard error, written before the call returns. */
  readonly write?: (text: string) => void
}

/** @throws {RangeError} unknown level */
export function parseLogLevel(text: string): LogLevel {
  const level = text === 'warning' ? 'warn' : text
  if (!levels.includes(level as LogLevel)) throw new RangeError(`not a valid log level: "${text}"`)
  return level as LogLevel
}

/** A logger whose lines are whole and in order even when the process dies right after. */
export function createLogger(options: LoggerOptions): Logger {
  return new LineLogger(options, levels.indexOf(options.level), {})
}

class LineLogger implements Logger {
  readonly #options: LoggerOptions
  readonly #lowest: number
  readonly #fields: LogFields

  constructor(options: LoggerOptions, lowest: number, fields: LogFields) {
    this.#options = options
    this.#lowest = lowest
    this.#fields = fields
  }

  trace = (message: string, fields?: LogFields): void => this.#log('trace', message, fields)
  debug = (message: string, fields?: LogFields): void => this.#log('debug', message, fields)
  info = (message: string, fields?: LogFields): void => this.#log('info', message, fields)
  warn = (message: string, fields?: LogFields): void => this.#log('warn', message, fields)
  error = (message: string, fields?: LogFields): void => this.#log('error', message, fields)
  child = (fields: LogFields): Logger => new LineLogger(this.#options, this.#lowest, { ...this.#fields, ...fields })

  #log(level: LogLevel, message: string, fields?: LogFields): void {
    if (levels.indexOf(level) < this.#lowest) return
    const line = { time: new Date(), level, message, fields: { ...this.#fields, ...fields } }
    const write = this.#options.write ?? writeToStderr
    write(`${this.#options.format(line)}\n`)
  }
}

/** A full or closed pipe loses the line, never the daemon. */
function writeToStderr(text: string): void {
  try {
    writeSync(2, text)
  } catch (error) {
    if (errnoOf(error) === undefined) throw error
  }
}

/** Text of a field's value: errors with their causes. */
export const fieldText = (value: unknown): string => {
  if (value instanceof Error) return describe(value)
  return typeof value === 'string' ? value : JSON.stringify(value)
}
