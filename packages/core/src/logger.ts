// SPDX-License-Identifier: Apache-2.0
/** Values attached to a log line. */
export type LogFields = Readonly<Record<string, unknown>>

/** What libraries log through; the application picks the sink. Messages are lower case and hold no values. */
export interface Logger {
  trace(message: string, fields?: LogFields): void
  debug(message: string, fields?: LogFields): void
  info(message: string, fields?: LogFields): void
  warn(message: string, fields?: LogFields): void
  error(message: string, fields?: LogFields): void
  /** A logger that adds these fields to every line. */
  child(fields: LogFields): Logger
}

const nothing = (): void => {}

/** Drops everything; the default of every library. */
export const silentLogger: Logger = {
  trace: nothing,
  debug: nothing,
  info: nothing,
  warn: nothing,
  error: nothing,
  child: () => silentLogger,
}
