// SPDX-License-Identifier: Apache-2.0
import { existsSync } from 'node:fs'
import { chmod, writeFile } from 'node:fs/promises'
import { create, toBinary } from '@bufbuild/protobuf'
import { OptionsSchema } from '@containerd-ts/api/types/runc/options/oci_pb'
import { silentLogger } from '@containerd-ts/core'
import type { ShimHost } from '@containerd-ts/shim'
import { eventually, tempRoot } from '@containerd-ts/testkit'
import type { CallContext } from '@containerd-ts/ttrpc'
import { describe, expect, it } from 'vitest'
import { TaskService } from '../src/task-service.ts'

describe('shutdown', () => {
  it('asked for while a container is made comes when that fails', async () => {
    await using temp = await tempRoot('shutdown-')
    const [runtime, called, mayFail] = [temp.join('fake-runc'), temp.join('called'), temp.join('fail')]
    await writeFile(runtime, `#!/bin/sh\n: >${called}; while [ ! -e ${mayFail} ]; do sleep 0.01; done; exit 1\n`)
    await chmod(runtime, 0o755)
    await writeFile(temp.join('config.json'), '{}')
    let shutdowns = 0
    const host = {
      namespace: 'n',
      id: 'c',
      bundle: temp.path,
      log: silentLogger,
      events: { publish: () => {} },
      exits: {},
      settle: () => {},
      shutdown: () => void shutdowns++,
    } as unknown as ShimHost
    const service = new TaskService(host)
    const options = { binaryName: runtime, root: temp.join('root') }
    const request = {
      id: 'c',
      bundle: temp.path,
      rootfs: [],
      stdin: '',
      stdout: '',
      stderr: '',
      terminal: false,
      checkpoint: '',
      parentCheckpoint: '',
      options: {
        typeUrl: OptionsSchema.typeName,
        value: toBinary(OptionsSchema, create(OptionsSchema, options)),
      },
    }
    const making = service.create(request, { signal: new AbortController().signal } as CallContext)
    making.catch(() => {})
    await eventually('the runtime is called', () => existsSync(called))
    service.shutdown()
    expect(shutdowns).toBe(0)
    await writeFile(mayFail, '')
    await expect(making).rejects.toThrow('OCI runtime create failed')
    expect(shutdowns).toBe(1)
  })
})
