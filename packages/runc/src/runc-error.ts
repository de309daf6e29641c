// SPDX-License-Identifier: Apache-2.0
import { readFile } from 'node:fs/promises'
import { describe, errnoOf } from '@containerd-ts/errdefs'

/** The runtime ended with a status other than 0. Carries no code: it travels as Unknown, as the original's does. */
export class RuntimeExitError extends Error {
  override readonly name = 'RuntimeExitError'
  /** Exit code, or 128 plus the signal. */
  readonly status: number
  /** What the runtime printed, where its output was captured. */
  readonly output: string

  constructor(command: string, status: number, output: string, options?: ErrorOptions) {
    const said = output.trimEnd()
    super(`${command} did not terminate successfully: exit status ${status}${said === '' ? '' : `: ${said}`}`, options)
    this.status = status
    this.output = output
  }
}

/** A runtime call failed; the message is what its log says of the reason. The process's own error is the cause. */
export class RuntimeCallError extends Error {
  override readonly name = 'RuntimeCallError'
}

/**
 * The error to report for a failed runtime call: `prefix: <last error of the log>`, or the process's own error
 * where the log has none. The log is never emptied, so an older error can stand for a later silent failure.
 */
export async function explainFailure(prefix: string, error: unknown, logPath: string): Promise<RuntimeCallError> {
  let logged: string | undefined
  try {
    logged = await lastLoggedError(logPath)
  } catch (why) {
    const reason = `unable to retrieve OCI runtime error (${describe(why)}): ${describe(error)}`
    return new RuntimeCallError(`${prefix}: ${reason}`, { cause: error })
  }
  if (logged === undefined) return new RuntimeCallError(`${prefix}: ${describe(error)}`, { cause: error })
  return withoutCauseText(`${prefix}: ${logged}`)
}

/** Text of the last entry of level `error` in a log of JSON objects. */
export async function lastLoggedError(logPath: string): Promise<string | undefined> {
  let last: string | undefined
  for (const line of (await readFile(logPath, 'utf8')).split('\n')) {
    if (line.trim() === '') continue
    const entry = JSON.parse(line) as { readonly level?: unknown; readonly msg?: unknown }
    if (entry.level === 'error' && typeof entry.msg === 'string') last = entry.msg.trim()
  }
  return last === '' ? undefined : last
}

/** Whether the text of a failed kill or delete says that the container or process is gone. */
export function saysGone(error: unknown): boolean {
  const text = describe(error)
  return (
    text.includes('os: process already finished') ||
    text.includes('container not running') ||
    text.toLowerCase().includes('no such process') ||
    errnoOf(error) === 'ESRCH'
  )
}

/** Whether the runtime says that it knows no such container. */
export const saysDoesNotExist = (error: unknown): boolean => describe(error).includes('does not exist')

// The wire text of an error is its message and those of its causes: the log's words replace the process's here.
const withoutCauseText = (message: string): RuntimeCallError => new RuntimeCallError(message)
