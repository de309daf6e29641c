// SPDX-License-Identifier: Apache-2.0
import { NotFoundError } from '@containerd-ts/errdefs'

/** `restorable`: created from a checkpoint, nothing runs yet. */
export type InitState = 'created' | 'restorable' | 'running' | 'paused' | 'stopped' | 'deleted'

export type InitOperation = 'start' | 'delete' | 'pause' | 'resume' | 'update' | 'checkpoint' | 'exec in' | 'kill'

const allowed: Readonly<Record<InitOperation, readonly InitState[]>> = {
  start: ['created', 'restorable'],
  delete: ['created', 'restorable', 'stopped'],
  pause: ['running'],
  resume: ['paused'],
  update: ['created', 'restorable', 'running', 'paused'],
  checkpoint: ['running', 'paused'],
  'exec in': ['created', 'running'],
  kill: ['created', 'restorable', 'running', 'paused', 'stopped'],
}

const nouns: Readonly<Record<InitState, string>> = {
  created: 'created process',
  restorable: 'created process',
  running: 'running process',
  paused: 'paused process',
  stopped: 'stopped process',
  deleted: 'deleted process',
}

/**
 * Refuses what the state does not allow. The original's refusals have no class, so they travel as Unknown, save
 * for what is asked of a deleted process.
 * @throws {NotFoundError} delete and kill of a deleted process
 */
export function checkState(operation: InitOperation, state: InitState): void {
  if (allowed[operation].includes(state)) return
  if (state === 'deleted' && (operation === 'delete' || operation === 'kill')) {
    throw new NotFoundError(`cannot ${operation} a deleted process`)
  }
  if (operation === 'exec in') throw new Error(`cannot exec in a ${state === 'restorable' ? 'created' : state} state`)
  throw new Error(`cannot ${operation} a ${nouns[state]}`)
}
