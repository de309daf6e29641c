// SPDX-License-Identifier: Apache-2.0
import { stat } from 'node:fs/promises'
import { optPlugin } from '@containerd-ts/server'
import { tempRoot } from '@containerd-ts/testkit'
import { afterEach, describe, expect, it } from 'vitest'

const { PATH, LD_LIBRARY_PATH } = process.env

describe('the directory of installed programs', () => {
  afterEach(() => {
    process.env['PATH'] = PATH
    if (LD_LIBRARY_PATH === undefined) delete process.env['LD_LIBRARY_PATH']
    else process.env['LD_LIBRARY_PATH'] = LD_LIBRARY_PATH
  })

  it('exists, comes first, and is told to clients', async () => {
    await using root = await tempRoot('opt-')
    const path = root.join('opt')
    process.env['PATH'] = '/bin:/usr/bin'
    delete process.env['LD_LIBRARY_PATH']
    const meta = { exports: {}, platforms: [], capabilities: [] }
    const context = { config: { path }, meta } as unknown as Parameters<typeof optPlugin.init>[0]
    for (const _again of [1, 2]) expect(await optPlugin.init(context)).toEqual({ path })
    expect(meta.exports).toEqual({ path })
    expect((await stat(root.join('opt/bin'))).mode & 0o777).toBe(0o711)
    expect(process.env['PATH']).toBe(`${path}/bin:/bin:/usr/bin`)
    expect(process.env['LD_LIBRARY_PATH']).toBe(`${path}/lib`)
  })
})
