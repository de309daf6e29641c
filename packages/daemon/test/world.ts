// SPDX-License-Identifier: Apache-2.0
import { writeFile } from 'node:fs/promises'
import {
  allOf,
  busyboxEntries,
  eventually,
  hasBinary,
  hasOverlayfs,
  hasOwnShim,
  hasPeers,
  layoutArchive,
  makeImage,
  proves,
  requireRoot,
  startDaemon,
  tempRoot,
} from '@containerd-ts/testkit'
import type { CellClient, ImageLayout, OwnDaemonRequest, TempRoot, TestDaemon } from '@containerd-ts/testkit'
import { expect } from 'vitest'

/** What every interop test of the daemon needs. */
export const interopGate = allOf(requireRoot(), hasOverlayfs(), hasBinary('runc'), hasPeers(), hasOwnShim())

/**
 * A containerd namespace of the test's own, for the environment of ctr: cgroups are named after namespace and
 * container, so two daemons that run the same script must not share one.
 */
export const ownNamespace = (name: string): { readonly env: Readonly<Record<string, string>> } => ({
  env: { CONTAINERD_NAMESPACE: `${name}-${process.pid}` },
})

export const imageName = 'localhost/test/busybox:latest'

/** For suites that drive our daemon and our shim with one client. */
export const provesOurs = (client: CellClient) => proves({ client, daemon: 'ours', shim: 'ours' })

/** For suites that have Go's ctr say the same to our daemon as to Go's, each with its own shim. */
export const provesGoCtr = proves(
  { client: 'Go ctr', daemon: 'ours', shim: 'ours' },
  { client: 'Go ctr', daemon: 'Go', shim: 'Go' },
)

/** Our daemon and an image archive; nothing is imported yet. */
export interface World extends AsyncDisposable {
  readonly temp: TempRoot
  readonly daemon: TestDaemon
  readonly image: ImageLayout
  readonly archive: string
  /** Hands a further resource to the world: it goes before the daemon does. */
  use<T extends AsyncDisposable>(resource: T): T
}

export async function openWorld(request: OwnDaemonRequest = {}): Promise<World> {
  await using undo = new AsyncDisposableStack()
  const temp = undo.use(await tempRoot('ctd-world-'))
  const image = await makeImage(temp.join('image'), { layers: [await busyboxEntries()], name: imageName })
  const archive = temp.join('image.tar')
  await writeFile(archive, await layoutArchive(image.dir))
  const daemon = undo.use(await startDaemon({ ...ownNamespace('ours'), ...request }))
  const owned = undo.move()
  return {
    temp,
    daemon,
    image,
    archive,
    use: (resource) => owned.use(resource),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

/** Go's ctr must succeed; what it printed. */
export async function good(daemon: TestDaemon, ...args: readonly string[]): Promise<string> {
  const result = await daemon.ctr(...args)
  expect(`${result.stderr}exit status ${result.exitCode}`, result.command).toBe('exit status 0')
  return result.stdout
}

/** Go's ctr must fail with status 1 and say this. */
export async function bad(daemon: TestDaemon, message: string | RegExp, ...args: readonly string[]): Promise<void> {
  const result = await daemon.ctr(...args)
  expect(result.exitCode, `${result.command}: ${result.stderr}`).toBe(1)
  expect(result.stderr).toMatch(message)
}

export async function taskStatus(daemon: TestDaemon, id: string): Promise<string | undefined> {
  return new RegExp(`^${id} +\\d+ +(\\w+)`, 'm').exec((await daemon.ctr('task', 'ls')).stdout)?.[1]
}

/** Kills, deletes task and container. */
export async function removeContainer(daemon: TestDaemon, id: string): Promise<void> {
  await daemon.ctr('task', 'kill', '-s', 'KILL', id)
  await eventually(`end of ${id}`, async () => !['RUNNING', 'PAUSED'].includes((await taskStatus(daemon, id)) ?? ''))
  await daemon.ctr('task', 'rm', id)
  expect(await daemon.ctr('container', 'rm', id)).toMatchObject({ exitCode: 0 })
}

/** A row of a table that ctr printed, found by its first cell; cells are apart by two blanks or tabs or one. */
export function row(table: string, first: string): readonly string[] | undefined {
  const rows = table.split('\n').map((line) => line.trimEnd().split(/\s+/))
  return rows.find(([cell]) => cell === first)
}

/** Nothing but images and their committed snapshots is left of what the tests did. */
export async function expectClean(daemon: TestDaemon): Promise<void> {
  await eventually('nothing left', async () => {
    const left = [
      // Go's ctr leaves the FIFOs of detached containers to whoever deletes the task.
      ...daemon.leftovers().filter((line) => !line.startsWith('FIFOs')),
      ...lines(await good(daemon, 'containers', 'ls', '-q')).map((id) => `container ${id}`),
      ...lines(await good(daemon, 'task', 'ls', '-q')).map((id) => `task ${id}`),
      ...lines(await good(daemon, 'leases', 'ls', '-q')).map((id) => `lease ${id}`),
      ...lines(await good(daemon, 'content', 'active'))
        .slice(1)
        .map((line) => `ingest ${line}`),
      ...lines(await good(daemon, 'snapshot', 'ls')).filter((line) => / (Active|View)$/.test(line.trimEnd())),
    ]
    if (left.length > 0) throw new Error(left.join('\n'))
    return true
  })
}

export const lines = (text: string): readonly string[] => text.split('\n').filter((line) => line !== '')
