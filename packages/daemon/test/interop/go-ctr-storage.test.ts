// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { mustRun, startGoDaemon } from '@containerd-ts/testkit'
import type { TestDaemon } from '@containerd-ts/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { expectSameWords } from '../side-by-side.ts'
import {
  bad,
  expectClean,
  good,
  imageName,
  interopGate,
  lines,
  openWorld,
  ownNamespace,
  provesGoCtr,
  row,
} from '../world.ts'
import type { World } from '../world.ts'

const missing = `sha256:${'0'.repeat(64)}`

describe.skipIf(!interopGate.open)(
  'namespaces, content, snapshots and leases with Go ctr, beside the Go daemon',
  provesGoCtr,
  () => {
    let world: World
    let daemon: TestDaemon
    let both: readonly [TestDaemon, TestDaemon]
    let layer: string
    let chainId: string
    const expectSame = (...script: readonly string[]) =>
      expectSameWords(
        both,
        script.map((line) => line.split(' ')),
      )

    beforeAll(async () => {
      world = await openWorld()
      daemon = world.daemon
      both = [daemon, world.use(await startGoDaemon(ownNamespace('theirs')))]
      for (const each of both) await good(each, 'images', 'import', world.archive)
      layer = world.image.layers[0]?.digest ?? ''
      chainId = world.image.layers[0]?.diffId ?? ''
    })
    afterAll(async () => {
      await world[Symbol.asyncDispose]()
    })

    it('says who it is', async () => {
      const said = await daemon.ctr('version')
      expect(said.stdout).toMatch(/Server:\n {2}Version: {2}2\.3\.4\+ts\.\S+\n {2}Revision:.*\n {2}UUID: [0-9a-f-]{36}/)
      const plugins = await good(daemon, 'plugins', 'ls')
      for (const id of ['overlayfs', 'native', 'containers-service', 'scheduler', 'exchange', 'task']) {
        expect(
          lines(plugins).some((line) => line.split(/\s+/)[1] === id && / ok *$/.test(line)),
          id,
        ).toBe(true)
      }
    })

    it('keeps namespaces and their labels', async () => {
      await expectSame(
        'namespaces create other a=b',
        'namespaces create other',
        'namespaces ls',
        'namespaces label other a= c=d',
        'namespaces ls -q',
        'namespaces rm other',
        'namespaces rm other',
        'namespaces rm nosuch',
        'namespaces create --help',
      )
      await bad(daemon, /identifier "bad\/name" must match .*: invalid argument/, 'namespaces', 'create', 'bad/name')
      await bad(
        daemon,
        /namespace "ours-\d+" must be empty, but it still has images, blobs, snapshots on "overlayfs"/,
        'namespaces',
        'rm',
        daemon.env['CONTAINERD_NAMESPACE'] ?? '',
      )
    })

    it('lists, reads, labels and deletes blobs', async () => {
      await expectSame(
        'content ls',
        'content ls -q',
        'content ls size>5',
        `content ls digest==${layer}`,
        `content get ${world.image.config.digest}`,
        `content label ${layer} one=1`,
        `content ls -q labels.one==1`,
        `content label ${layer} one=`,
        `content get ${missing}`,
        'content get nonsense',
        `content label ${missing} a=b`,
        `content rm ${missing}`,
        'content rm nonsense',
      )
      const bytes = (await daemon.ctr('content', 'get', layer)).stdoutBytes
      expect(`sha256:${createHash('sha256').update(bytes).digest('hex')}`).toBe(layer)
    })

    it('takes a blob in, and refuses one that is not what was promised', async () => {
      const input = Buffer.alloc(5_000_000, 'seven words of content in a row. ')
      const digest = `sha256:${createHash('sha256').update(input).digest('hex')}`
      for (const each of both) {
        const ingest = (expected: string, ref: string) => {
          const promise = ['--expected-digest', expected, '--expected-size', '5000000']
          return each.ctrWith({ input }, '-n', 'ingest', 'content', 'ingest', ...promise, ref)
        }
        expect(await ingest(missing, 'ref-1')).toMatchObject({
          exitCode: 1,
          stderr: expect.stringMatching(/ref-1.* unexpected commit digest .*: failed precondition/) as unknown,
        })
        expect(row(await good(each, '-n', 'ingest', 'content', 'active'), 'ref-1')?.[1]).toBe('5MB')
        expect(await ingest(digest, 'ref-2')).toMatchObject({ exitCode: 0, stderr: '' })
        expect(await good(each, '-n', 'ingest', 'content', 'get', digest)).toBe(input.toString())
        expect(row(await good(each, '-n', 'ingest', 'content', 'active'), 'ref-2')).toBeUndefined()
        await good(each, '-n', 'ingest', 'content', 'rm', digest)
      }
    })

    it('edits a blob with an editor', async () => {
      const editor = world.temp.join('editor.sh')
      await writeFile(editor, '#!/bin/sh\nprintf edited > "$1"\n', { mode: 0o755 })
      await expectSame(`content edit --editor ${editor} ${world.image.config.digest}`)
    })

    it('prepares, views, commits, compares and removes snapshots', async () => {
      await expectSame(
        `snapshots prepare work ${chainId}`,
        `snapshots view look ${chainId}`,
        'snapshots ls',
        'snapshots commit done work',
        'snapshots prepare upper done',
        'snapshots tree',
        'snapshots prepare orphan nosuch',
        'snapshots info nosuch',
        'snapshots label done one=1',
      )
      await bad(daemon, /"upper": already exists/, 'snapshots', 'prepare', 'upper', chainId)
      await bad(daemon, /"done": already exists/, 'snapshots', 'commit', 'done', 'upper')
      await bad(daemon, /"done": already exists/, 'snapshots', 'commit', 'done', 'work')
      await bad(daemon, /look is not active: failed precondition/, 'snapshots', 'commit', 'late', 'look')
      for (const parent of ['done', chainId])
        await bad(daemon, /cannot remove snapshot with child: failed precondition/, 'snapshots', 'rm', parent)
      await expectSame(
        'snapshots rm upper look',
        'snapshots rm done',
        'snapshots rm done',
        'snapshots ls',
        'snapshots --snapshotter nosuch ls',
      )
    })

    it('shows what to mount, and mounts it', async () => {
      const target = world.temp.join('target')
      await mustRun('mkdir', ['-p', target])
      for (const each of both) {
        const shown = await good(each, 'snapshots', 'prepare', '-t', target, 'mounted', chainId)
        expect(shown).toMatch(new RegExp(`^mount -t overlay overlay ${target} -o .*lowerdir=.*\n$`))
        const script = `${shown.trim()} && echo text > ${target}/new && rm ${target}/etc/group && umount ${target}`
        const inside = each.mounts.enter('sh', ['-c', script])
        await mustRun(inside.program, inside.args)
        const usage = row(await good(each, 'snapshots', 'usage', 'mounted'), 'mounted')
        expect(usage).toEqual(['mounted', expect.any(String), 'KiB', expect.any(String)])
        const diff = await each.ctr(
          'snapshots',
          'diff',
          '--media-type',
          'application/vnd.oci.image.layer.v1.tar',
          chainId,
          'mounted',
        )
        const listed = await mustRun('tar', ['t'], { input: diff.stdoutBytes })
        expect(lines(listed.stdout)).toEqual(['etc/', 'etc/.wh.group', 'new'])
      }
      await expectSame('snapshots rm mounted', 'snapshots usage nosuch')
    })

    it('keeps leases and what they hold', async () => {
      await expectSame(
        'leases create --id one a=b',
        'leases create --id one',
        'leases ls',
        'leases ls -q id==one',
        'leases rm --sync one',
        'leases rm one',
        'leases ls',
      )
    })

    it('runs on the native snapshotter, too', async () => {
      await expectSame(
        `images import --snapshotter native ${world.archive}`,
        'snapshots --snapshotter native ls',
        `run --rm --snapshotter native ${imageName} native-1 cat /etc/passwd`,
        'snapshots --snapshotter native tree',
      )
    })

    it('leaves nothing behind', async () => {
      await expectClean(daemon)
    })
  },
)
