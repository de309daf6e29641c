// SPDX-License-Identifier: Apache-2.0
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { allOf, busyboxRootfs, hasBinary, requireRoot, runCommand, tempRoot } from '@containerd-ts/testkit'
import { describe, expect, it } from 'vitest'
import {
  buildSpec,
  decodeConfig,
  withAddedCapabilities,
  withArgs,
  withCgroup,
  withDefaultSeccomp,
  withDefaultUnixDevices,
  withImageConfig,
  withoutSeccomp,
  withReadonlyRoot,
  withUser,
} from '../../src/index.ts'
import type { SpecOption } from '../../src/index.ts'

let count = 0

/** Runs a command under runc in a busybox root, with the options over the image's. */
async function run(
  command: string,
  ...options: (SpecOption | 'as user')[]
): Promise<{ readonly exitCode: number | undefined; readonly output: string }> {
  await using root = await tempRoot()
  await mkdir(root.join('rootfs'))
  await busyboxRootfs(root.join('rootfs'))
  const id = `spec-${process.pid}-${count++}`
  const read = async (path: string): Promise<string | undefined> => readFile(root.join('rootfs', path), 'utf8')
  const image = decodeConfig(Buffer.from('{"os":"linux","architecture":"amd64"}'))
  const args = withArgs('/bin/sh', '-c', command)
  const user = withUser('user', read)
  const more = options.map((option) => (option === 'as user' ? user : option))
  // runc alone would leave the namespace's cgroup behind: the container goes into that of the test.
  const all = [withDefaultUnixDevices, withImageConfig(image, read), args, withDefaultSeccomp, ...more, withCgroup('')]
  await writeFile(root.join('config.json'), JSON.stringify(await buildSpec({ namespace: 'test', id }, all)))
  const result = await runCommand('runc', ['--root', root.join('state'), 'run', '--bundle', root.path, id])
  return { exitCode: result.exitCode, output: result.stdout + result.stderr }
}

describe.skipIf(!allOf(requireRoot(), hasBinary('runc')).open)('specs under runc', () => {
  it('run a command with the default environment, limits and capabilities', async () => {
    const { exitCode, output } = await run(
      'echo $PATH; ulimit -n; id -u; grep CapBnd /proc/self/status; grep Seccomp: /proc/self/status; exit 7',
    )
    expect(output).toContain('/usr/local/sbin:')
    expect(output).toMatch(/^1024$/m)
    expect(output).toMatch(/CapBnd:\s*00000000a80425fb/)
    expect(output).toMatch(/Seccomp:\s*2/)
    expect(exitCode).toBe(7)
  })

  it('hide and protect what the defaults say', async () => {
    const { output } = await run(
      'ls -A /sys/firmware | wc -l; echo x > /proc/sys/kernel/hostname; cat /dev/zero | head -c 3 | wc -c; mknod /tmp/d b 8 0 && cat /tmp/d',
    )
    expect(output).toMatch(/^0$/m)
    expect(output).toMatch(/hostname: Read-only file system/)
    expect(output).toMatch(/^3$/m)
    expect(output).toMatch(/\/tmp\/d.*Operation not permitted/)
  })

  it('let seccomp refuse what no capability opens', async () => {
    const command = 'unshare -m true; echo unshare=$?'
    expect((await run(command)).output).toMatch(/unshare=1/)
    expect((await run(command, withAddedCapabilities(['CAP_SYS_ADMIN']), withDefaultSeccomp)).output).toMatch(
      /unshare=0/,
    )
    expect((await run('grep Seccomp: /proc/self/status', withoutSeccomp)).output).toMatch(/Seccomp:\s*0/)
  })

  it('run as a user of the container, on a read-only root', async () => {
    const { output } = await run('id -u; id -g; touch /x', 'as user', withReadonlyRoot)
    expect(output).toMatch(/^1000\n1000\n/)
    expect(output).toMatch(/Read-only file system/)
  })
})
