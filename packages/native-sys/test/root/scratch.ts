// SPDX-License-Identifier: Apache-2.0
import { closeSync, mkdtempSync, openSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { native } from '@containerd-ts/native-sys'

export interface Scratch extends AsyncDisposable {
  readonly dir: string
  readonly path: (name: string) => string
}

/** A directory of one's own; mounts on it are taken off before it goes. */
export function scratch(): Scratch {
  const dir = mkdtempSync(join(tmpdir(), 'native-sys-'))
  return {
    dir,
    path: (name) => join(dir, name),
    async [Symbol.asyncDispose]() {
      for (const name of readdirSync(dir, { encoding: 'buffer' })) {
        while (await native.unmount(Buffer.concat([Buffer.from(`${dir}/`), name]), { lazy: true }));
      }
      const fd = openSync(dir, 'r') // by bytes: names here need not be UTF-8
      native.applyBatchSync(fd, [{ op: 'empty', path: '.' }])
      closeSync(fd)
      rmSync(dir, { recursive: true, force: true })
    },
  }
}

/** Open descriptors of this process. */
export const openFds = (): number => readdirSync('/proc/self/fd').length
