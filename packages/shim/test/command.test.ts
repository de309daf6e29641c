// SPDX-License-Identifier: Apache-2.0
import { writeFile } from 'node:fs/promises'
import { runCommand, tempRoot } from '@containerd-ts/testkit'
import { describe, expect, it } from 'vitest'

const program = `
import { runShim } from '@containerd-ts/shim'
const status = await runShim({
  name: 'io.test.v1',
  version: { version: '1.2.3', revision: 'abc' },
  groupAnnotations: [],
  shimCgroup: () => undefined,
  cleanup: async ({ id, bundle }) => { process.stderr.write(id + ' ' + bundle); return { pid: 7, exitStatus: 137, exitedAt: new Date(0) } },
  info: async (options) => Buffer.from(options?.typeUrl ?? 'none'),
  serve: async () => { throw new Error('not here') },
})
process.exit(status)
`

async function shim(...args: readonly string[]) {
  await using temp = await tempRoot('cmd-')
  const file = temp.join('shim.mjs')
  await writeFile(file, program.replace('@containerd-ts/shim', new URL('../src/index.ts', import.meta.url).pathname))
  return await runCommand(process.execPath, ['--conditions=@containerd-ts/source', file, ...args], { cwd: temp.path })
}

describe('commands of a shim', () => {
  it('print the version', async () => {
    expect(await shim('-v')).toMatchObject({
      exitCode: 0,
      stdout: expect.stringMatching(
        /^shim\.mjs:\n {2}Version: {2}1\.2\.3\n {2}Revision: abc\n {2}Go version: node\S+\n\n$/,
      ) as unknown,
    })
  })

  it('print what the definition knows of the runtime', async () => {
    expect(await shim('-info')).toMatchObject({ exitCode: 0, stdout: 'none' })
  })

  it('clean up in the sibling directory of that id', async () => {
    const result = await shim('-namespace', 'n', '-id', 'c2', 'delete')
    expect(result.exitCode).toBe(0)
    expect(result.stderr).toMatch(/^c2 \/.*\/c2$/)
    expect(result.stdoutBytes[0]).toBe(0x08)
  })

  it('fail with the name of the shim in front, 2 for a wrong command line', async () => {
    expect(await shim('start')).toMatchObject({ exitCode: 1, stderr: 'io.test.v1: shim namespace cannot be empty' })
    expect(await shim('-namespace', 'n', 'dance')).toMatchObject({
      exitCode: 1,
      stderr: 'io.test.v1: unknown command "dance"',
    })
    expect(await shim('-nope')).toMatchObject({ exitCode: 2 })
  })
})
