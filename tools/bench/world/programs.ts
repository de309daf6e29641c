// SPDX-License-Identifier: Apache-2.0
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { mustRun } from '@containerd-ts/testkit'
import { repoRoot } from '../../lib/packages.ts'
import { childScript } from './child-script.ts'
import { benchCache } from './places.ts'

export interface Programs extends AsyncDisposable {
  readonly binDir: string
}

export function buildPrograms(signal: AbortSignal): Promise<void> {
  return childScript(join(repoRoot, 'tools', 'build', 'main.ts'), ['containerd', 'ctr', 'shim'], signal)
}

/** The programs under names of their own: a build made meanwhile does not change what is measured. */
export async function holdPrograms(): Promise<Programs> {
  const dir = join(benchCache, `programs-${process.pid}`)
  const remove = () => rm(dir, { recursive: true, force: true })
  await mkdir(dir, { recursive: true })
  try {
    // Hard links: builds replace files and never write into them.
    await mustRun('cp', ['-al', join(repoRoot, 'dist', 'bin'), join(repoRoot, 'dist', 'lib'), dir])
  } catch (error) {
    await remove()
    throw error
  }
  return { binDir: join(dir, 'bin'), [Symbol.asyncDispose]: remove }
}
