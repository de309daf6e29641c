// SPDX-License-Identifier: Apache-2.0
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { spawn } from 'node:child_process'
import { mustRun } from '@containerd-ts/testkit'
import { repoRoot } from '../../lib/packages.ts'
import { benchCache } from './places.ts'

export interface Programs extends AsyncDisposable {
  readonly binDir: string
}

/** Builds what is measured. What it prints is progress and goes to standard error. */
export async function buildPrograms(signal: AbortSignal): Promise<void> {
  const script = join(repoRoot, 'tools', 'build', 'main.ts')
  const child = spawn(process.execPath, [...process.execArgv, script, 'containerd', 'ctr', 'shim'], {
    cwd: repoRoot,
    stdio: ['ignore', process.stderr, process.stderr],
    signal,
  })
  const { promise, resolve, reject } = Promise.withResolvers<number | null>()
  child.on('error', reject)
  child.on('exit', resolve)
  if ((await promise) !== 0) throw new Error('the build failed')
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
