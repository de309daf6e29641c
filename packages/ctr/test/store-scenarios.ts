// SPDX-License-Identifier: Apache-2.0
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { busyboxEntries, eventually, layoutArchive, makeImage, sha256, startRegistry } from '@containerd-ts/testkit'
import { describe, expect, it } from 'vitest'
import { expectBad, expectClean, imageName } from './world.ts'
import type { World } from './world.ts'

/** What commands about images, content, snapshots, leases, namespaces and events promise. */
export function storeScenarios(world: () => World): void {
  const good = (...args: readonly string[]) => world().good(...args)
  /** The label commands of a container and all that has labels beside it. */
  const labelled = (id: string): readonly (readonly string[])[] => [
    ['containers', 'label', id],
    ['images', 'label', imageName],
    ['content', 'label', world().image.manifest.digest],
    ['snapshots', 'label', `${id}-snapshot`],
  ]

  describe('stores', () => {
    it('pulls from a registry, and pushes what another pulls', async () => {
      await using registry = await startRegistry()
      const ref = await registry.push(world().image, 'library/pulled', 'v1')
      const said = await good('images', 'pull', '--plain-http', ref)
      expect(said).toContain('done: ')
      expect(await good('images', 'ls', '-q')).toContain(ref)
      expect(await good('images', 'check', `name==${ref}`)).toMatch(/complete \(2\/2\).*true/)
      const copy = `${registry.host}/library/copy:v1`
      await good('images', 'push', '--plain-http', copy, ref)
      await good('-n', 'elsewhere', 'images', 'pull', '--plain-http', copy)
      expect(await good('-n', 'elsewhere', 'images', 'ls')).toContain(world().image.manifest.digest)
      await good('-n', 'elsewhere', 'images', 'rm', '--sync', copy)
      await good('images', 'rm', ref)
    })

    it('fetches without unpacking, and single blobs without a daemon', async () => {
      await using registry = await startRegistry()
      const ref = await registry.push(world().image, 'library/fetched', 'v1')
      await good('-n', 'fetching', 'content', 'fetch', '--plain-http', ref)
      expect(await good('-n', 'fetching', 'snapshots', 'ls')).toMatch(/^KEY +PARENT +KIND *\n$/)
      const [layer] = world().image.layers
      const blob = await world().ctr('content', 'fetch-blob', '--plain-http', ref, layer?.digest ?? '')
      expect(sha256(blob.stdoutBytes)).toBe(layer?.digest)
      expect(JSON.parse(await good('content', 'fetch-object', '--plain-http', ref))).toMatchObject({ schemaVersion: 2 })
      await good('-n', 'fetching', 'images', 'rm', '--sync', ref)
    })

    it('says who is to blame when the registry has no such image', async () => {
      await using registry = await startRegistry()
      await expectBad(world(), /not found/, 'images', 'pull', '--plain-http', `${registry.host}/library/none:latest`)
      await expectClean(world())
    })

    it('leaves no half an image and no lease of a pull that is interrupted, and the next one succeeds', async () => {
      await using registry = await startRegistry()
      const ref = await registry.push(world().image, 'library/interrupted', 'v1')
      for (let delayMs = 50; delayMs <= 650; delayMs += 150) {
        const pull = world().start('-n', 'interrupted', 'images', 'pull', '--plain-http', ref)
        await new Promise((resolve) => setTimeout(resolve, delayMs))
        pull.kill('SIGINT')
        await pull.exited
        expect(await good('-n', 'interrupted', 'leases', 'ls', '-q')).toBe('')
        // The interrupt may come when the daemon is done: then the image is whole.
        if ((await good('-n', 'interrupted', 'images', 'ls', '-q')) === '') continue
        expect(await good('-n', 'interrupted', 'images', 'check', '-q')).toBe(`${ref}\n`)
        await good('-n', 'interrupted', 'images', 'rm', '--sync', ref)
      }
      await good('-n', 'interrupted', 'images', 'pull', '--plain-http', ref)
      await good('-n', 'interrupted', 'images', 'rm', '--sync', ref)
    })

    it('answers 401 and a short name with what they mean', async () => {
      await using registry = await startRegistry({ auth: { user: 'u', password: 'p' } })
      const ref = await registry.push(world().image, 'library/guarded', 'v1')
      await expectBad(world(), /401|unauthori[sz]ed|authorization/i, 'images', 'pull', '--plain-http', ref)
      await good('-n', 'guarded', 'images', 'pull', '--plain-http', '--user', 'u:p', ref)
      await good('-n', 'guarded', 'images', 'rm', '--sync', ref)
      await expectBad(world(), /docker\.io\/library\/busybox:latest/, 'images', 'pull', 'busybox')
    })

    it('answers on command lines that are wrong', async () => {
      expect(await world().ctr('nonsense')).toMatchObject({ exitCode: 3 })
      await expectBad(world(), /flag provided but not defined: -nope/, 'images', 'ls', '--nope')
      await expectBad(world(), /cannot access socket \/nonexistent/, '-a', '/nonexistent', 'info')
      await expectBad(world(), /container id must be provided/, 'run', imageName)
      await expectBad(world(), /--rm cannot be specified together/, 'run', '--rm', '-d', imageName, 'x')
      await expectBad(world(), /--cni is not supported/, 'run', '--cni', imageName, 'x')
    })

    it('tags, labels, shows and exports an image', async () => {
      await good('images', 'tag', imageName, 'localhost/test/other:v2')
      expect(await good('images', 'label', 'localhost/test/other:v2', 'a=b')).toMatch(/a=b/)
      expect(await good('images', 'inspect', imageName)).toContain(`@${world().image.manifest.digest}`)
      const file = world().temp.join('exported.tar')
      await good('images', 'export', file, 'localhost/test/other:v2')
      expect((await readFile(file)).length).toBeGreaterThan(1_000_000)
      await good('-n', 'imported', 'images', 'import', '--no-unpack', file)
      expect(await good('-n', 'imported', 'images', 'ls', '-q')).toBe('localhost/test/other:v2\n')
      await good('-n', 'imported', 'images', 'rm', '--sync', 'localhost/test/other:v2')
      await good('images', 'rm', 'localhost/test/other:v2')
    })

    it("converts an image as Go's ctr does, to one that is complete and runs", async () => {
      const { temp, daemon } = world()
      const name = 'localhost/test/docker:v1'
      const layers = [await busyboxEntries(), [{ name: 'second', data: 'layer' }]]
      const image = await makeImage(temp.join('docker'), { layers, docker: true, name })
      const file = temp.join('docker.tar')
      await writeFile(file, await layoutArchive(image.dir))
      await good('-n', 'converting', 'images', 'import', '--no-unpack', file)
      for (const flags of [['--oci'], ['--uncompress'], ['--uncompress', '--oci']]) {
        const ours = await good('-n', 'converting', 'images', 'convert', ...flags, name, 'localhost/ours:v1')
        expect(ours).toMatch(/^sha256:[0-9a-f]{64}\n$/)
        const theirs = await daemon.ctr('-n', 'converting', 'images', 'convert', ...flags, name, 'localhost/theirs:v1')
        expect([theirs.stderr, theirs.stdout]).toEqual(['', ours])
      }
      expect(await good('-n', 'converting', 'images', 'check', 'name==localhost/ours:v1')).toMatch(/complete \(3\/3\)/)
      await good('-n', 'converting', 'images', 'rm', '--sync', name, 'localhost/theirs:v1')
      expect(await good('-n', 'converting', 'images', 'check', '-q')).toBe('localhost/ours:v1\n')
      const exported = temp.join('converted.tar')
      await good('-n', 'converting', 'images', 'export', exported, 'localhost/ours:v1')
      await good('images', 'import', exported)
      expect(await good('run', '--rm', 'localhost/ours:v1', 'converted', 'cat', '/second')).toBe('layer')
      await good('images', 'rm', '--sync', 'localhost/ours:v1')
      await good('-n', 'converting', 'images', 'rm', '--sync', 'localhost/ours:v1')
      await expectBad(world(), /not found/, 'images', 'convert', 'localhost/none:v1', 'localhost/x:y')
      expect(await good('-n', 'converting', 'leases', 'ls', '-q')).toBe('')
      await expectClean(world())
    })

    it('mounts an image and takes it down again', async () => {
      const target = world().temp.join('mounted')
      await mkdir(target)
      const said = await good('images', 'mount', imageName, target)
      expect(said).toMatch(new RegExp(`^sha256:[0-9a-f]{64}\\n${target}\\n$`))
      expect(await good('images', 'unmount', '--rm', target)).toBe(`${target}\n`)
      await expectClean(world())
    })

    it('reads and writes content', async () => {
      const { digest } = world().image.manifest
      expect(sha256(Buffer.from(await good('content', 'get', digest)))).toBe(digest)
      const blob = 'some content'
      await world().feed(blob, 'content', 'ingest', '--expected-size', String(blob.length), 'a-ref')
      expect(await good('content', 'ls', '-q')).toContain(sha256(Buffer.from(blob)))
      expect(await good('content', 'rm', sha256(Buffer.from(blob)))).toContain(sha256(Buffer.from(blob)))
    })

    it('prints what a container changed as a layer', async () => {
      await good('run', imageName, 'changer', 'sh', '-c', 'echo new > /newfile')
      const layer = await world().ctr('snapshots', 'diff', 'changer')
      expect(layer.stdoutBytes.subarray(0, 2)).toEqual(Buffer.from([0x1f, 0x8b]))
      await good('containers', 'rm', 'changer')
      await expectClean(world())
    })

    it('prepares, commits, lists and removes snapshots', async () => {
      await good('snapshots', 'prepare', 'active')
      await good('snapshots', 'commit', 'committed', 'active')
      expect(await good('snapshots', 'prepare', '-t', '/mnt', 'child', 'committed')).toMatch(
        /^mount -t overlay overlay \/mnt -o /,
      )
      expect(await good('snapshots', 'tree')).toMatch(/ committed\n {2}\\_ child\n/)
      expect(JSON.parse(await good('snapshots', 'info', 'child'))).toMatchObject({
        Kind: 'Active',
        Parent: 'committed',
      })
      await good('snapshots', 'rm', 'child', 'committed')
    })

    it('shows the labels of what gets none, and keeps them', async () => {
      await good('containers', 'create', '--label', 'k=v', imageName, 'kept', 'true')
      await good('snapshots', 'prepare', 'kept-snapshot')
      for (const subject of labelled('kept')) {
        // Go's ctr sets one, since it cannot show those of containers and images.
        const { stdout } = await world().daemon.ctr(...subject, 'theirs=1')
        const before = sortedLabels(stdout)
        expect(before).toContain('theirs=1')
        for (const round of ['first', 'second']) {
          expect(sortedLabels(await good(...subject)), `${subject.join(' ')}, ${round}`).toEqual(before)
        }
        await good(...subject, 'theirs=')
      }
      await good('containers', 'rm', 'kept')
      await good('snapshots', 'rm', 'kept-snapshot')
      await good('namespaces', 'create', 'kept', 'a=b', 'c')
      expect(await good('namespaces', 'label', 'kept')).toBe('')
      expect(await good('namespaces', 'ls')).toMatch(/^kept +a=b,c=true /m)
      await good('namespaces', 'rm', 'kept')
    })

    it("takes a label without a value for true, as Go's ctr does, and clears one whose value is empty", async () => {
      await good('containers', 'create', imageName, 'told', 'true')
      await good('snapshots', 'prepare', 'told-snapshot')
      for (const subject of labelled('told')) {
        const theirs = await world().daemon.ctr(...subject, 'theirs')
        expect(theirs.stdout).toContain('theirs=true')
        const both = sortedLabels(`${theirs.stdout.trim()},ours=true`)
        expect(sortedLabels(await good(...subject, 'ours')), subject.join(' ')).toEqual(both)
        const neither = both.filter((pair) => !/^(theirs|ours)=/.test(pair))
        expect(sortedLabels(await good(...subject, 'theirs=', 'ours=')), subject.join(' ')).toEqual(neither)
      }
      await good('containers', 'rm', 'told')
      await good('snapshots', 'rm', 'told-snapshot')
    })

    it('keeps leases and namespaces', async () => {
      await good('namespaces', 'create', 'made', 'a=b')
      expect(await good('namespaces', 'ls')).toMatch(/^made +a=b/m)
      await good('namespaces', 'rm', 'made')
      await good('leases', 'create', '--id', 'held', 'k=v')
      expect(await good('leases', 'ls')).toMatch(/^held .*k=v/m)
      await good('leases', 'rm', 'held')
    })

    it('prints events as they happen', async () => {
      const events = world().start('events')
      await new Promise((resolve) => setTimeout(resolve, 2000))
      await good('run', '--rm', imageName, 'eventful', 'true')
      await eventually('the last event', () => events.output().includes('/containers/delete'))
      events.kill('SIGTERM')
      await events.exited
      for (const topic of ['/containers/create', '/tasks/create', '/tasks/start', '/tasks/exit', '/tasks/delete']) {
        expect(events.output()).toMatch(
          new RegExp(`^\\d{4}-\\S+ \\S+ \\+0000 UTC default ${topic} \\{.*"eventful"`, 'm'),
        )
      }
    })
  })
}

/** Printed labels come in any order. */
const sortedLabels = (printed: string): readonly string[] =>
  printed
    .trim()
    .split(',')
    .filter((pair) => pair !== '')
    .toSorted()
