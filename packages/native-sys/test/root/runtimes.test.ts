// SPDX-License-Identifier: Apache-2.0
import { execFile } from 'node:child_process'
import { chmodSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { platformTarget } from '../../src/native/load.ts'
import { scratch } from './scratch.ts'

const run = promisify(execFile)
const bun = createRequire(import.meta.url).resolve('@oven/bun-linux-x64/bin/bun')
const smoke = join(import.meta.dirname, 'smoke.ts')
const steps = ['spawn', 'reaper', 'relay', 'terminal', 'descriptors', 'socket', 'files', 'mount', 'eventfd']
const options = { timeout: 30_000 }

describe.each([
  ['Node', process.execPath],
  ['Bun', bun],
])('under %s', (_name, program) => {
  it('every subject works and the process ends by itself', async () => {
    const { stdout } = await run(program, ['--conditions=@containerd-ts/source', smoke], options)
    expect(stdout.trim().split('\n')).toEqual(steps)
  })
})

describe('a single executable', () => {
  it('carries the addon when it is handed over', async () => {
    await using s = scratch()
    const addon = join(import.meta.dirname, `../../dist/native/${platformTarget()}/native_sys.node`)
    const entry = join(import.meta.dirname, '.embedded.ts')
    writeFileSync(
      entry,
      `import { setBinding } from '../../src/embed.ts'
       import { native } from '../../src/index.ts'
       setBinding(require(${JSON.stringify(addon)}))
       const child = native.spawn({ path: '/bin/sh', argv: ['sh', '-c', 'exit 3'], env: {} })
       console.log((await child.exited).status)`,
    )
    try {
      await run(
        bun,
        ['build', '--compile', '--conditions=@containerd-ts/source', entry, '--outfile', s.path('program')],
        options,
      )
    } finally {
      rmSync(entry)
    }
    chmodSync(s.path('program'), 0o755)
    const { stdout } = await run(s.path('program'), [], { ...options, cwd: '/' })
    expect(stdout).toBe('3\n')
  })
})
