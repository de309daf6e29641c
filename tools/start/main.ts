// SPDX-License-Identifier: Apache-2.0
// `npm start`: builds, then does the main job on throw-away directories and says each step.
import { existsSync } from 'node:fs'
import { copyFile, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { tempRoot } from '@containerd-ts/testkit'
import { runScript } from '../lib/command.ts'
import { repoRoot } from '../lib/packages.ts'
import { mainJob } from './main-job.ts'
import { StartFailure, Steps } from './steps.ts'

const binDirectory = join(repoRoot, 'dist', 'bin')
const keptLog = join(repoRoot, '.cache', 'start', 'containerd.log')

async function start(): Promise<void> {
  const steps = new Steps()
  await steps.run('build containerd, ctr and containerd-shim-runc-v2', () =>
    runScript('tools/build/main.ts', ['containerd', 'ctr', 'shim']),
  )
  await using temp = await tempRoot('ctd-start-')
  console.log(`\nEverything from here on lives in ${temp.path} and goes away with it.`)
  try {
    await mainJob({ binDirectory, temp, steps })
  } catch (error) {
    await keepLog(temp.join('containerd.log'))
    throw error
  }
}

async function keepLog(path: string): Promise<void> {
  if (!existsSync(path)) return
  await mkdir(join(keptLog, '..'), { recursive: true })
  await copyFile(path, keptLog)
}

try {
  await start()
  console.log('\nDone: pulled, ran, exec-ed into, killed and removed a container. Nothing is left behind.')
} catch (error) {
  if (!(error instanceof StartFailure)) throw error
  console.error(`\nFailed at step: ${error.step}\n${error.message}`)
  if (existsSync(keptLog)) console.error(`Log of containerd: ${keptLog}`)
  console.error('What to do: read the message and the log, then run npm start again; it starts afresh each time.')
  process.exitCode = 1
}
