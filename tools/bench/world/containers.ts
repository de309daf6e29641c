// SPDX-License-Identifier: Apache-2.0
import type { NamespaceClient, TaskProxy } from '@containerd-ts/client'
import { JsonType } from '@containerd-ts/api'
import { defaultSpec } from '@containerd-ts/oci'
import type { Mount } from '@containerd-ts/core'
import type { BaseImage } from './base-image.ts'

export const cyclePhases = ['prepare', 'create', 'run', 'delete', 'remove'] as const
/** Milliseconds of each phase of a container's life. */
export type Life = Readonly<Record<(typeof cyclePhases)[number], number>>

const runtime = { name: 'io.containerd.runc.v2' }
export const snapshotter = 'overlayfs'

/** The record of a container that runs a program of the image. */
export async function createRecord(
  client: NamespaceClient,
  id: string,
  image: BaseImage,
  args: readonly string[] = ['true'],
): Promise<void> {
  const spec = defaultSpec({ namespace: client.namespace, id })
  if (spec.process !== undefined) {
    spec.process.args = [...args]
    spec.process.env = ['PATH=/bin:/usr/bin:/sbin']
  }
  await client.containers.create({
    id,
    image: image.name,
    runtime,
    snapshotter,
    snapshotKey: id,
    spec: { typeUrl: JsonType.Spec, value: Buffer.from(JSON.stringify(spec)) },
  })
}

/** A container's whole life: snapshot and record, task, its end, and all of it removed. */
export async function cycle(client: NamespaceClient, id: string, image: BaseImage): Promise<Life> {
  const marks = [performance.now()]
  const mark = () => marks.push(performance.now())
  const rootfs = await prepare(client, id, image)
  mark()
  const task = await client.tasks.create({ containerId: id, rootfs })
  mark()
  const exit = task.wait()
  exit.catch(() => {}) // the start may fail first
  await task.start()
  const { status } = await exit
  if (status !== 0) throw new Error(`${id}: exit status ${status}`)
  mark()
  await task.delete()
  mark()
  await removeRecord(client, id)
  mark()
  const spans = cyclePhases.map((phase, i) => [phase, (marks[i + 1] ?? 0) - (marks[i] ?? 0)])
  return Object.fromEntries(spans) as Life
}

/** A container that runs until it is killed. */
export async function startSleeper(client: NamespaceClient, id: string, image: BaseImage): Promise<TaskProxy> {
  const rootfs = await prepare(client, id, image, ['sleep', '1000000'])
  const task = await client.tasks.create({ containerId: id, rootfs })
  await task.start()
  return task
}

export async function killSleeper(client: NamespaceClient, id: string): Promise<void> {
  const task = await client.tasks.get(id)
  const exit = task.wait()
  exit.catch(() => {}) // the kill may fail first
  await task.kill(9)
  await exit
  await task.delete()
  await removeRecord(client, id)
}

async function prepare(
  client: NamespaceClient,
  id: string,
  image: BaseImage,
  args?: readonly string[],
): Promise<readonly Mount[]> {
  // The record first: it holds the snapshot, which the garbage collector would be free to take otherwise.
  await createRecord(client, id, image, args)
  return await client.snapshotter(snapshotter).prepare(id, image.chainId)
}

async function removeRecord(client: NamespaceClient, id: string): Promise<void> {
  // The snapshot first: without its record the garbage collector takes it.
  await client.snapshotter(snapshotter).remove(id)
  await client.containers.delete(id)
}
