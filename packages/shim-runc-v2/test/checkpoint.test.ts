// SPDX-License-Identifier: Apache-2.0
import { chmod, readFile, stat, writeFile, mkdir } from 'node:fs/promises'
import { create } from '@bufbuild/protobuf'
import { CheckpointOptionsSchema, OptionsSchema } from '@containerd-ts/api/types/runc/options/oci_pb'
import { native } from '@containerd-ts/native-sys'
import { Runc } from '@containerd-ts/runc'
import { eventually, tempRoot } from '@containerd-ts/testkit'
import type { TempRoot } from '@containerd-ts/testkit'
import { describe, expect, it } from 'vitest'
import { InitProcess } from '../src/init-process.ts'
import { openIo } from '../src/stdio/open-io.ts'

const streams = { stdin: '', stdout: '', stderr: '', terminal: false }

/** An init whose runtime is a shell script: CRIU itself does not work on every kernel. */
async function restorable(temp: TempRoot, body: string): Promise<InitProcess> {
  const command = temp.join('runtime')
  await writeFile(command, `#!/bin/sh\necho "$*" >>${temp.join('calls')}\n${body}\n`)
  await chmod(command, 0o755)
  await mkdir(temp.join('work'))
  const runc = new Runc({ command, root: '/r', log: temp.join('log.json') })
  const openStreams = (signal: AbortSignal) => openIo(streams, { namespace: 'n', id: 'c', uid: 0, gid: 0 }, signal)
  return new InitProcess({
    id: 'c',
    bundle: temp.path,
    runc,
    options: create(OptionsSchema),
    streams,
    openIo: openStreams,
    checkpoint: '/image',
  })
}

// A sleep stands for the restored container; it is this test's to end.
const restoring = (temp: TempRoot): string =>
  `case "$*" in *restore*) sleep 100 >/dev/null 2>&1 & printf %s $! >${temp.join('init.pid')};; esac`

describe('checkpoint and restore', () => {
  it('asks the runtime for nothing until Start, which restores', async () => {
    await using temp = await tempRoot('cp-')
    const init = await restorable(temp, restoring(temp))
    await init.create()
    expect(init).toMatchObject({ pid: 0, status: 'created' })
    let told = 0
    await init.start((pid) => void (told = pid))
    try {
      expect(init).toMatchObject({ pid: told, status: 'running' })
      expect((await readFile(temp.join('calls'), 'utf8')).trim()).toBe(
        `--root /r --log ${temp.join('log.json')} --log-format json restore --image-path /image --work-path ${temp.join('work')} --detach --pid-file ${temp.join('init.pid')} -no-subreaper --bundle ${temp.path} c`,
      )
      await init.checkpoint('/to', create(CheckpointOptionsSchema, { openTcp: true, exit: true }))
      expect(await readFile(temp.join('calls'), 'utf8')).toContain(
        `checkpoint --image-path /to --work-path ${temp.join('work', 'criu-work')} --tcp-established c\n`,
      )
      await expect(stat(temp.join('work', 'criu-work'))).rejects.toMatchObject({ code: 'ENOENT' })
    } finally {
      native.kill(told, 9)
    }
  })

  it('keeps the log of a checkpoint that failed, and says where', async () => {
    await using temp = await tempRoot('cp-')
    const fail = `case "$*" in *checkpoint*) echo why >${temp.join('work', 'criu-work', 'dump.log')}; echo first; echo second; exit 1;; esac`
    const init = await restorable(temp, `${restoring(temp)}\n${fail}`)
    await init.start(() => {})
    try {
      await expect(init.checkpoint('/to', create(CheckpointOptionsSchema))).rejects.toThrow(
        new RegExp(`exit status 1: first path= ${temp.join('criu-dump.log')}$`),
      )
      expect(await readFile(temp.join('criu-dump.log'), 'utf8')).toBe('why\n')
    } finally {
      native.kill(init.pid, 9)
    }
  })

  it('reports a restore that failed from the log', async () => {
    await using temp = await tempRoot('cp-')
    const init = await restorable(temp, `echo '{"level":"error","msg":"no criu"}' >${temp.join('log.json')}; exit 1`)
    await expect(init.start(() => {})).rejects.toThrow('OCI runtime restore failed: no criu')
    expect(init.status).toBe('created')
  })
})

describe('pause', () => {
  it('of a process that ends meanwhile leaves nothing frozen and says so', async () => {
    await using temp = await tempRoot('frozen-')
    const ended = temp.join('ended')
    const waits = `case "$*" in *pause*) while [ ! -e ${ended} ]; do sleep 0.01; done;; esac`
    const init = await restorable(temp, `${restoring(temp)}\n${waits}`)
    await init.start(() => {})
    const pausing = init.pause()
    pausing.catch(() => {})
    await eventually('the runtime pauses', async () => /pause c$/m.test(await readFile(temp.join('calls'), 'utf8')))
    native.kill(init.pid, 9)
    init.setExited({ pid: init.pid, status: 137, at: new Date() })
    await writeFile(ended, '')
    await expect(pausing).rejects.toThrow('cannot pause a stopped process')
    expect(init.status).toBe('stopped')
    expect(await readFile(temp.join('calls'), 'utf8')).toMatch(/resume c\n$/)
  })
})

describe('streams', () => {
  it('of an unknown scheme are refused', async () => {
    const owner = { namespace: 'n', id: 'c', uid: 0, gid: 0 }
    const { signal } = new AbortController()
    await expect(openIo({ ...streams, stdout: 'ttrpc+unix:///x', stderr: 'y' }, owner, signal)).rejects.toThrow(
      'unknown STDIO scheme ttrpc+unix',
    )
    await expect(openIo({ ...streams, stdout: 'file:///x', terminal: true }, owner, signal)).rejects.toThrow(
      'unknown STDIO scheme file',
    )
  })

  it('need both outputs', async () => {
    const owner = { namespace: 'n', id: 'c', uid: 0, gid: 0 }
    const io = await openIo({ ...streams, stdout: '/nowhere/out' }, owner, new AbortController().signal)
    await expect(io.attach(AbortSignal.timeout(1_000))).rejects.toThrow('opening w/o fifo')
    await io.close()
  })
})
