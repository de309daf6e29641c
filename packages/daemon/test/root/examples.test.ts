// SPDX-License-Identifier: Apache-2.0
import { fileURLToPath } from 'node:url'
import { mustRun, requireRoot, tempRoot } from '@containerd-ts/testkit'
import { describe, expect, it } from 'vitest'

const examples = fileURLToPath(new URL('../../../../docs/examples/', import.meta.url))
const run = async (name: string): Promise<string> => {
  await using temp = await tempRoot('ctd-example-')
  const { stdout } = await mustRun(process.execPath, [
    '--conditions=@containerd-ts/source',
    `${examples}${name}`,
    temp.path,
  ])
  return stdout
}

describe.skipIf(!requireRoot().open)('examples in docs/', () => {
  it('compose a daemon from chosen packages', async () => {
    expect(await run('compose.ts')).toContain("name: 'mine'")
  })

  it('leave one plugin out and replace another', async () => {
    expect(await run('replace.ts')).toContain('/snapshot/prepare')
  })
})
