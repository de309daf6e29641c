// SPDX-License-Identifier: Apache-2.0
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { gate, type Gate } from './gates.ts'
import { repoRoot } from './repo-root.ts'

/** `source` runs the TypeScript files on this Node, `dist` what `npm run build` made. */
export type ProgramForm = 'source' | 'dist'

/** Set to 1 it makes tests run `dist/bin/containerd` and `dist/bin/ctr` in place of the sources. */
const distVariable = 'CONTAINERD_TS_DIST'

export const defaultForm = (): ProgramForm => (process.env[distVariable] === '1' ? 'dist' : 'source')

const packageOf = { containerd: 'daemon', ctr: 'ctr' } as const

/** One of our programs as a command line. */
export function ownProgram(
  name: keyof typeof packageOf,
  form: ProgramForm = defaultForm(),
): { program: string; args: readonly string[] } {
  if (form === 'dist') return { program: join(ownBinDir(), name), args: [] }
  const main = join(repoRoot(), 'packages', packageOf[name], 'src', 'main.ts')
  return { program: process.execPath, args: ['--conditions=@containerd-ts/source', main] }
}

/** `dist/bin` of the repository, for PATH: our shim is found there. */
export const ownBinDir = (): string => join(repoRoot(), 'dist', 'bin')

export function hasOwnShim(): Gate {
  const path = join(ownBinDir(), 'containerd-shim-runc-v2')
  return gate(existsSync(path), 'needs dist/bin/containerd-shim-runc-v2, which npm run build makes')
}
