// SPDX-License-Identifier: Apache-2.0
import type { Labels, TaskIo } from '@containerd-ts/core'
import { InvalidArgumentError } from '@containerd-ts/errdefs'
import { parseRestartPolicy } from './restart-policy.ts'
import type { RestartPolicy } from './restart-policy.ts'

/** Labels of a container that this monitor reads; it writes the count only. */
export const RestartLabel = {
  status: 'containerd.io/restart.status',
  policy: 'containerd.io/restart.policy',
  count: 'containerd.io/restart.count',
  explicitlyStopped: 'containerd.io/restart.explicitly-stopped',
  logUri: 'containerd.io/restart.loguri',
  /** A file; what clients of the 1.x versions set in place of a URI. */
  logPath: 'containerd.io/restart.logpath',
} as const

/** What a container's labels ask for. */
export interface RestartWish {
  /** Where the task should be; anything else than these two is no wish. */
  readonly status: 'running' | 'stopped'
  readonly policy: RestartPolicy
  /** Restarts so far. */
  readonly count: number
  /** A client stopped the task on purpose. */
  readonly explicitlyStopped: boolean
}

/**
 * Reads what the labels ask for; absent when they ask for nothing.
 * @throws {InvalidArgumentError} a policy or a count that cannot be read
 */
export function restartWish(labels: Labels): RestartWish | undefined {
  const status = labels[RestartLabel.status]
  if (status !== 'running' && status !== 'stopped') return undefined
  return {
    status,
    policy: parseRestartPolicy(labels[RestartLabel.policy] ?? ''),
    count: parseCount(labels[RestartLabel.count] ?? ''),
    explicitlyStopped: trueWords.has(labels[RestartLabel.explicitlyStopped] ?? ''),
  }
}

/** Streams of a restarted task: a log that shims understand, or nowhere. A terminal's output has to go somewhere. */
export function ioOf(labels: Labels, terminal: boolean): TaskIo {
  const nowhere = terminal ? '/dev/null' : ''
  const path = labels[RestartLabel.logPath] ?? ''
  const log = labels[RestartLabel.logUri] ?? (path === '' ? nowhere : `file://${path}`)
  return { stdin: '', stdout: log, stderr: log, terminal }
}

const trueWords: ReadonlySet<string> = new Set(['1', 't', 'T', 'true', 'True', 'TRUE'])

function parseCount(text: string): number {
  if (text === '') return 0
  if (!/^[+-]?\d+$/.test(text)) throw new InvalidArgumentError(`restart count "${text}" is no number`)
  return Number(text)
}
