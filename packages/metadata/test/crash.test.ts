// SPDX-License-Identifier: Apache-2.0
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { MemorySnapshotBackend, RecordingPublisher } from '@containerd-ts/conformance/metadata'
import { FsContentStore } from '@containerd-ts/content'
import { parseNamespace } from '@containerd-ts/core'
import { createMetadata, type LmdbMetadata } from '@containerd-ts/metadata'
import { openStore } from '@containerd-ts/store'
import { expect, it } from 'vitest'

const program = `
  const { openStore } = await import('@containerd-ts/store')
  const { FsContentStore } = await import('@containerd-ts/content')
  const { createMetadata } = await import('@containerd-ts/metadata')
  const [, root] = process.argv
  const content = new FsContentStore({ root: root + '/content' })
  const store = await openStore(root + '/store')
  const metadata = await createMetadata({ store, content, snapshotters: {}, events: { publish: async () => {} } })
  const view = metadata.in('default')
  const work = async (worker) => {
    for (let n = 0; ; n++) {
      const name = worker + '-' + n + '-' + process.pid
      const { id: lease } = await view.leases.create({})
      const writer = await view.content.ingest(name, { lease })
      await writer.write(Buffer.from(name))
      const digest = await writer.commit()
      await writer[Symbol.asyncDispose]()
      await view.images.create({ name, target: { digest, mediaType: 'test', sizeBytes: name.length } })
      await view.leases.delete(lease)
      process.stdout.write('made ' + name + '\\n')
      if (n % 3 === 0) {
        await view.images.delete(name)
        process.stdout.write('deleted ' + name + '\\n')
      }
    }
  }
  setInterval(() => void metadata.collector.collect(), 5)
  await Promise.all([1, 2, 3, 4].map(work))`

/** Lets the program work until it has answered so often, then kills it; what it has answered comes back. */
async function workAndDie(root: string, answers: number): Promise<string[]> {
  const args = ['--conditions=@containerd-ts/source', '--input-type=module', '-e', program, root]
  const child = spawn(process.execPath, args, { cwd: import.meta.dirname, stdio: ['ignore', 'pipe', 'inherit'] })
  const lines: string[] = []
  for await (const line of createInterface({ input: child.stdout })) {
    if (lines.push(line) === answers) child.kill('SIGKILL')
  }
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  return lines
}

async function names(metadata: LmdbMetadata): Promise<string[]> {
  const images = await Array.fromAsync(metadata.in(parseNamespace('default')).images.list())
  return images.map((image) => image.name)
}

it('keeps what was answered before kill -9, and what remains is whole after the next collection', async () => {
  await using undo = new AsyncDisposableStack()
  const root = await mkdtemp(join(tmpdir(), 'metadata-crash-'))
  undo.defer(() => rm(root, { recursive: true, force: true }))
  const lines: string[] = []
  for (const answers of [40, 90]) lines.push(...(await workAndDie(root, answers)))
  const deleted = new Set(lines.filter((line) => line.startsWith('deleted ')).map((line) => line.slice(8)))
  const made = lines.filter((line) => line.startsWith('made ')).map((line) => line.slice(5))

  const store = undo.use(await openStore(join(root, 'store')))
  const content = new FsContentStore({ root: join(root, 'content') })
  const snapshotters = { memory: new MemorySnapshotBackend() }
  const metadata = await createMetadata({ store, content, snapshotters, events: new RecordingPublisher() })
  const standing = await names(metadata)
  // The last delete of each worker may have been done without its answer.
  const doubtful = new Set(made.filter((name) => Number(name.split('-')[1]) % 3 === 0))
  expect(made.filter((name) => !deleted.has(name) && !doubtful.has(name) && !standing.includes(name))).toEqual([])
  expect(standing.filter((name) => deleted.has(name))).toEqual([])

  const view = metadata.in(parseNamespace('default'))
  for (const { id } of await Array.fromAsync(view.leases.list())) await view.leases.delete(id)
  await metadata.collector.collect()
  expect(await names(metadata)).toEqual(standing)
  const digests = new Set<string>()
  for await (const { name, target } of view.images.list()) {
    digests.add(target.digest)
    await using reader = await view.content.open(target.digest)
    expect(Buffer.from(await reader.read(0, reader.sizeBytes)).toString()).toBe(name)
  }
  // Nothing is left but what images need, now that the leases of the dead writers are gone.
  expect(new Set((await Array.fromAsync(content.list())).map((info) => info.digest))).toEqual(digests)
  expect(await Array.fromAsync(content.ingests())).toEqual([])
}, 60_000)
