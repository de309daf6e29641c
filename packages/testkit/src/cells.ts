// SPDX-License-Identifier: Apache-2.0
import type { TestDaemon } from './contained-daemon.ts'
import { startGoDaemon } from './go-daemon.ts'
import { startDaemon } from './own-daemon.ts'
import type { ProgramForm } from './own-programs.ts'

export const cellClients = ['our ctr', 'Go ctr', 'typed client', 'Docker'] as const

export type CellClient = (typeof cellClients)[number]

/** Whose daemon serves, and whose shim runs the containers. */
export interface Pairing {
  readonly daemon: 'ours' | 'Go'
  readonly shim: 'ours' | 'Go'
}

export const pairings: readonly Pairing[] = [
  { daemon: 'ours', shim: 'ours' },
  { daemon: 'ours', shim: 'Go' },
  { daemon: 'Go', shim: 'ours' },
  { daemon: 'Go', shim: 'Go' },
]

/** Pairings whose words are compared: all ours beside all Go's, then each daemon with the other's shim. */
export const sideBySide: readonly (readonly [Pairing, Pairing])[] = [
  [
    { daemon: 'ours', shim: 'ours' },
    { daemon: 'Go', shim: 'Go' },
  ],
  [
    { daemon: 'ours', shim: 'Go' },
    { daemon: 'Go', shim: 'ours' },
  ],
]

/** One cell of the matrix in README.md: programs that have to work together. */
export interface Cell extends Pairing {
  readonly client: CellClient
}

/** `Go ctr, Go daemon, our shim`: the title of a suite, and the name by which tools/matrix counts. */
export const cellName = ({ client, ...pairing }: Cell): string => `${client}, ${pairingName(pairing)}`

export const pairingName = ({ daemon, shim }: Pairing): string =>
  `${daemon === 'ours' ? 'our' : daemon} daemon, ${shim === 'ours' ? 'our' : shim} shim`

/**
 * Options for `describe` or `it`: each test inside counts for these cells, red when it fails. `meta` is an object as
 * vitest keeps it in its reports, here with the names of the cells under `cells`.
 */
export const proves = (...cells: readonly Cell[]): { readonly meta: object } => ({
  meta: { cells: cells.map(cellName) },
})

export interface PairedRequest {
  readonly env?: Readonly<Record<string, string>>
  /** Directories put first on the daemon's PATH. */
  readonly pathFirst?: readonly string[]
  readonly ctrForm?: ProgramForm
}

/** Starts the daemon of a pairing with that shim first on its PATH. */
export function startPaired({ daemon, shim }: Pairing, request: PairedRequest = {}): Promise<TestDaemon> {
  const options = { ...request, shim: shim === 'ours' ? ('ours' as const) : ('go' as const) }
  return daemon === 'ours' ? startDaemon(options) : startGoDaemon(options)
}
