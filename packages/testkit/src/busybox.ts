// SPDX-License-Identifier: Apache-2.0
import { execFileSync } from 'node:child_process'
import { chmod, copyFile, mkdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { staticBusybox } from './peers.ts'
import type { TarEntry } from './tar.ts'

const directories = ['bin', 'dev', 'etc', 'proc', 'root', 'sys', 'tmp', 'var']
const files = {
  'etc/passwd':
    'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\nuser:x:1000:1000::/tmp:/bin/sh\n',
  'etc/group': 'root:x:0:\nnogroup:x:65534:\nuser:x:1000:\nextra:x:2000:user\n',
}

/** Entries of a layer that a container can run from: busybox with all its applets, users and empty mount points. */
export async function busyboxEntries(): Promise<readonly TarEntry[]> {
  const path = staticBusybox()
  return [
    ...directories.map((name): TarEntry => ({
      name: `${name}/`,
      type: 'directory',
      mode: name === 'tmp' ? 0o1777 : 0o755,
    })),
    { name: 'bin/busybox', data: await readFile(path), mode: 0o755 },
    ...applets(path).map((name): TarEntry => ({
      name: `bin/${name}`,
      type: 'symlink',
      target: 'busybox',
      mode: 0o777,
    })),
    ...Object.entries(files).map(([name, data]): TarEntry => ({ name, data })),
  ]
}

/** The same as a plain directory, for tests that start below images. */
export async function busyboxRootfs(dir: string): Promise<void> {
  for (const name of directories) await mkdir(join(dir, name), { recursive: true })
  await chmod(join(dir, 'tmp'), 0o1777)
  const path = staticBusybox()
  await copyFile(path, join(dir, 'bin', 'busybox'))
  await chmod(join(dir, 'bin', 'busybox'), 0o755)
  for (const name of applets(path)) await symlink('busybox', join(dir, 'bin', name))
  for (const [name, data] of Object.entries(files)) await writeFile(join(dir, name), data)
}

function applets(path: string): readonly string[] {
  const listed = execFileSync(path, ['--list'], { encoding: 'utf8' }).trimEnd().split('\n')
  return listed.filter((name) => name !== 'busybox')
}
