// SPDX-License-Identifier: Apache-2.0
/* oxlint-disable vitest/no-standalone-expect -- the steps of a history assert where they run */
import type { Labels, NamespaceView } from '@containerd-ts/core'
import { Code } from '@containerd-ts/errdefs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  collectAll,
  defaultNamespace,
  descriptor,
  failure,
  makeLitter,
  putBlob,
  sha256,
  type MetadataFixture,
  type MetadataSetup,
} from './metadata-fixture.ts'

/** Few names, so that operations meet. */
const blobNames = ['a', 'b', 'c', 'd', 'e']
const leaseNames = ['l', 'flat']
const imageNames = ['i', 'j']

/** The graph as it should be: who points to whom. */
interface Model {
  readonly blobs: Map<string, { refs: readonly string[]; isRoot: boolean }>
  readonly images: Map<string, string>
  readonly leases: Map<string, Set<string>>
}

interface Real {
  readonly fx: MetadataFixture
  readonly view: NamespaceView
}

type Command = fc.AsyncCommand<Model, Real>

/** One operation: what it needs, what it does to the model and to the real thing. */
function command(
  title: string,
  check: (m: Model) => boolean,
  model: (m: Model) => void,
  run: (r: Real, m: Model) => Promise<unknown>,
): Command {
  return {
    check,
    run: async (m, r) => {
      await run(r, m)
      model(m)
    },
    toString: () => title,
  }
}

const labelsOf = (refs: readonly string[], isRoot: boolean): Labels => ({
  ...Object.fromEntries(refs.map((ref, n) => [`containerd.io/gc.ref.content.${n}`, sha256(ref)])),
  ...(isRoot ? { 'containerd.io/gc.root': 'now' } : {}),
})

const blob = fc.constantFrom(...blobNames)
const lease = fc.constantFrom(...leaseNames)
const image = fc.constantFrom(...imageNames)
const refs = fc.uniqueArray(blob, { maxLength: 2 })
const rarely = fc.integer({ min: 0, max: 7 }).map((n) => n === 0)

const commands = [
  fc.tuple(blob, refs, rarely, fc.option(lease)).map(([name, to, isRoot, inLease]) =>
    command(
      `put ${name} -> ${to.join()}${isRoot ? ' root' : ''}${inLease === null ? '' : ` in ${inLease}`}`,
      (m) => !m.blobs.has(name) && (inLease === null || m.leases.has(inLease)),
      (m) => {
        m.blobs.set(name, { refs: to, isRoot })
        if (inLease !== null) m.leases.get(inLease)!.add(name)
      },
      ({ view }) =>
        putBlob(view, name, { labels: labelsOf(to, isRoot), ...(inLease === null ? {} : { lease: inLease }) }),
    ),
  ),
  fc.tuple(blob, refs, rarely).map(([name, to, isRoot]) =>
    command(
      `label ${name} -> ${to.join()}${isRoot ? ' root' : ''}`,
      (m) => m.blobs.has(name),
      (m) => void m.blobs.set(name, { refs: to, isRoot }),
      ({ view }) => view.content.update(sha256(name), labelsOf(to, isRoot)),
    ),
  ),
  blob.map((name) =>
    command(
      `delete ${name}`,
      (m) => m.blobs.has(name),
      (m) => void m.blobs.delete(name),
      ({ view }) => view.content.delete(sha256(name)),
    ),
  ),
  fc.tuple(image, blob).map(([name, target]) =>
    command(
      `image ${name} -> ${target}`,
      () => true,
      (m) => void m.images.set(name, target),
      ({ view }, m) => {
        const given = { name, target: descriptor(sha256(target)) }
        return m.images.has(name) ? view.images.update(given) : view.images.create(given)
      },
    ),
  ),
  image.map((name) =>
    command(
      `delete image ${name}`,
      (m) => m.images.has(name),
      (m) => void m.images.delete(name),
      ({ view }) => view.images.delete(name),
    ),
  ),
  lease.map((name) =>
    command(
      `lease ${name}`,
      (m) => !m.leases.has(name),
      (m) => void m.leases.set(name, new Set()),
      ({ view }) => view.leases.create({ id: name, labels: name === 'flat' ? { 'containerd.io/gc.flat': 'y' } : {} }),
    ),
  ),
  fc.tuple(lease, blob).map(([name, held]) =>
    command(
      `lease ${name} takes ${held}`,
      (m) => m.leases.has(name),
      (m) => void m.leases.get(name)!.add(held),
      ({ view }) => view.leases.addResource(name, { type: 'content', id: sha256(held) }),
    ),
  ),
  lease.map((name) =>
    command(
      `delete lease ${name}`,
      (m) => m.leases.has(name),
      (m) => void m.leases.delete(name),
      ({ view }) => view.leases.delete(name),
    ),
  ),
  fc.constant(
    command(
      'collect',
      () => true,
      sweepModel,
      async ({ fx, view }, m) => {
        await fx.collector.collect()
        const expected = [...reachable(m)].map((name) => sha256(name)).toSorted((a, b) => (a < b ? -1 : 1))
        expect((await collectAll(view.content.list())).map((info) => info.digest)).toEqual(expected)
        expect((await collectAll(fx.content.list())).map((info) => info.digest)).toEqual(expected)
      },
    ),
  ),
]

/** Blobs that a root leads to. */
function reachable({ blobs, images, leases }: Model): Set<string> {
  const found = new Set<string>()
  const follow = (name: string): void => {
    const node = blobs.get(name)
    if (node === undefined || found.has(name)) return
    found.add(name)
    node.refs.forEach(follow)
  }
  for (const [name, node] of blobs) if (node.isRoot) follow(name)
  for (const target of images.values()) follow(target)
  for (const name of leases.get('l') ?? []) follow(name)
  for (const name of leases.get('flat') ?? []) if (blobs.has(name)) found.add(name)
  return found
}

function sweepModel(m: Model): void {
  const kept = reachable(m)
  for (const name of m.blobs.keys()) if (!kept.has(name)) m.blobs.delete(name)
}

/** Random histories against a small graph that is easy to get right. */
export function gcModel(name: string, setup: MetadataSetup, runs: number): void {
  describe(`${name}: random histories`, () => {
    it('leave exactly what is reachable after each cycle', async () => {
      const history = fc.commands(commands, { maxCommands: 40 })
      await fc.assert(
        fc.asyncProperty(history, async (steps) => {
          await using fx = await setup()
          const model: Model = { blobs: new Map(), images: new Map(), leases: new Map() }
          const start = () => ({ model, real: { fx, view: fx.metadata.in(defaultNamespace) } })
          await fc.asyncModelRun(start, steps)
        }),
        { numRuns: runs },
      )
    })

    it('lose nothing that is reachable when cycles run beside them', async () => {
      const history = fc.commands(commands.slice(0, -1), { maxCommands: 60 })
      await fc.assert(
        fc.asyncProperty(history, async (steps) => {
          await using fx = await setup()
          const view = fx.metadata.in(defaultNamespace)
          // Garbage may go at any time: a model cannot say which blobs stand, only which must.
          const model: Model = { blobs: new Map(), images: new Map(), leases: new Map() }
          const stop = new AbortController()
          const cycles = (async () => {
            while (!stop.signal.aborted) {
              await makeLitter(view, 150)
              await fx.collector.collect()
            }
          })()
          for (const step of steps) {
            if (step.check(model)) await runBeside(step, model, { fx, view })
          }
          stop.abort()
          await cycles
          await expectWhole(model, view)
        }),
        { numRuns: Math.ceil(runs / 2) },
      )
    })
  })
}

/**
 * Runs one step while cycles run. What was reachable before the step and still is must stand; so must what the step
 * has made, if it is reachable. What only now became reachable may have been collected before the step came to it.
 */
async function runBeside(step: Command, model: Model, real: Real): Promise<void> {
  const mustStand = reachable(model)
  const known = new Set(model.blobs.keys())
  const code = await failure(step.run(model, real))
  expect([Code.Ok, Code.NotFound]).toContain(code)
  for (const name of model.blobs.keys()) if (!known.has(name)) mustStand.add(name)
  const standing = new Set((await collectAll(real.view.content.list())).map((info) => info.digest))
  const lost = [...reachable(model)].filter((name) => mustStand.has(name) && !standing.has(sha256(name)))
  expect(lost, 'reachable and gone').toEqual([])
  for (const name of model.blobs.keys()) if (!standing.has(sha256(name))) model.blobs.delete(name)
}

async function expectWhole(model: Model, view: NamespaceView): Promise<void> {
  for (const name of reachable(model)) {
    await using reader = await view.content.open(sha256(name))
    expect(reader.sizeBytes).toBe(name.length)
  }
}
