// SPDX-License-Identifier: Apache-2.0
// The one place that knows which JavaScript runtime this is.
import { basename } from 'node:path'

/** How to start this very program again. */
export interface SelfCommand {
  readonly path: string
  /** What stands before the program's own arguments. */
  readonly args: readonly string[]
}

/** A Bun executable keeps its modules in a file system of its own, under this root. */
const embedded = '/$bunfs/'

/** True for a single-file executable, whose path is all it takes to run it. */
const isExecutable = (): boolean => process.argv[1]?.startsWith(embedded) === true

export function selfCommand(): SelfCommand {
  if (isExecutable()) return { path: process.execPath, args: [] }
  return { path: process.execPath, args: [...process.execArgv, process.argv[1] as string] }
}

/** File name of the program. */
export const programName = (): string =>
  basename(isExecutable() ? process.execPath : (process.argv[1] ?? process.execPath))

/** Engine and its version, as `-v` prints it. */
export function engineVersion(): string {
  const { bun } = process.versions as { readonly bun?: string }
  return bun === undefined ? `node${process.versions.node}` : `bun${bun}`
}

/** SHA-256 in hex. Bun has it at hand; loading node:crypto takes it 2 ms. */
export function sha256(text: string): string {
  const { Bun } = globalThis as { readonly Bun?: { readonly CryptoHasher: new (algorithm: string) => Hasher } }
  const hasher: Hasher =
    Bun === undefined ? process.getBuiltinModule('node:crypto').createHash('sha256') : new Bun.CryptoHasher('sha256')
  return hasher.update(text).digest('hex')
}

interface Hasher {
  update(text: string): Hasher
  digest(encoding: 'hex'): string
}

/** Gives back what garbage holds. Bun collects by allocation, and an idle process allocates nothing. */
export function releaseMemory(): void {
  const { Bun } = globalThis as { readonly Bun?: { gc(force: boolean): number; shrink?(): void } }
  Bun?.gc(true)
  Bun?.shrink?.()
}
