// SPDX-License-Identifier: Apache-2.0
import { readFile, stat, writeFile } from 'node:fs/promises'
import { create, toBinary } from '@bufbuild/protobuf'
import { AnySchema } from '@bufbuild/protobuf/wkt'
import { packMessage } from '@containerd-ts/api'
import { OptionsSchema } from '@containerd-ts/api/types/runc/options/oci_pb'
import { Code, codeOf } from '@containerd-ts/errdefs'
import { tempRoot } from '@containerd-ts/testkit'
import { describe, expect, it } from 'vitest'
import { execSpecOf } from './exec-spec.ts'
import { runcOptions } from './messages/runc-options.ts'
import { decodeOptions, saveOptions } from './options.ts'
import { readSavedOptions } from './saved-options.ts'
import { ownsPidNamespace } from './spec.ts'

const options = { binaryName: 'crun', root: '/r', systemdCgroup: true, ioUid: 7, shimCgroup: '/shims' }

describe('options', () => {
  it('are the defaults when absent, and come with or without a prefix of the type', () => {
    expect(decodeOptions(undefined).binaryName).toBe('')
    expect(decodeOptions(packMessage(OptionsSchema, options))).toMatchObject(options)
    const value = toBinary(OptionsSchema, create(OptionsSchema, options))
    expect(
      decodeOptions(create(AnySchema, { typeUrl: 'type.googleapis.com/containerd.runc.v1.Options', value })),
    ).toMatchObject(options)
  })

  it('of another type are refused', () => {
    const foreign = create(AnySchema, { typeUrl: 'runtimeoptions.v1.Options', value: new Uint8Array([10, 0]) })
    expect(codeOf(catching(() => decodeOptions(foreign)))).toBe(Code.InvalidArgument)
  })

  it('are kept for delete under the original names, zeros left out', async () => {
    await using temp = await tempRoot('opt-')
    saveOptions(temp.path, runcOptions.decode(runcOptions.encode(options)))
    expect(JSON.parse(await readFile(temp.join('options.json'), 'utf8'))).toEqual({
      binary_name: 'crun',
      root: '/r',
      systemd_cgroup: true,
      io_uid: 7,
      shim_cgroup: '/shims',
    })
    expect((await stat(temp.join('runtime'))).mode & 0o777).toBe(0o600)
    expect(await readSavedOptions(temp.path)).toEqual({ binaryName: 'crun', root: '/r' })
    saveOptions(temp.path, decodeOptions(undefined))
    expect(await readFile(temp.join('options.json'), 'utf8')).toBe('{}')
  })

  it('are the defaults for a bundle that has none', async () => {
    await using temp = await tempRoot('opt-')
    expect(await readSavedOptions(temp.path)).toEqual({ binaryName: '', root: '' })
  })
})

describe('spec', () => {
  it('owns its pid namespace only with one of its own', async () => {
    await using temp = await tempRoot('spec-')
    const owns = async (namespaces: unknown): Promise<boolean> => {
      await writeFile(temp.join('config.json'), JSON.stringify({ linux: { namespaces } }))
      return ownsPidNamespace(temp.path)
    }
    expect(await owns([{ type: 'mount' }, { type: 'pid' }])).toBe(true)
    expect(await owns([{ type: 'pid', path: '/proc/1/ns/pid' }])).toBe(false)
    expect(await owns(undefined)).toBe(false)
    expect(ownsPidNamespace(temp.join('nowhere'))).toBe(false)
  })

  it('of an exec takes the terminal from the request and must be JSON', () => {
    const any = { typeUrl: 'whatever', value: Buffer.from('{"args":["x"],"terminal":true}') }
    expect(JSON.parse(execSpecOf(any, false))).toEqual({ args: ['x'], terminal: false })
    expect(codeOf(catching(() => execSpecOf({ typeUrl: '', value: Buffer.from('{') }, false)))).toBe(
      Code.InvalidArgument,
    )
  })
})

function catching(action: () => unknown): unknown {
  try {
    return action()
  } catch (error) {
    return error
  }
}
