// SPDX-License-Identifier: Apache-2.0
import { readdir, rm } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import type { Namespace } from '@containerd-ts/core'
import { isDeadlineExceeded, isNotFound } from '@containerd-ts/errdefs'
import { deadline, Semaphore } from '@containerd-ts/lifecycle'
import { readBootstrap } from '@containerd-ts/shim-bootstrap'
import { preciseTime } from '@containerd-ts/api'
import { Status } from '@containerd-ts/api/types/task/task_pb'
import type { StateResponse } from '@containerd-ts/api/runtime/task/v3/shim_pb'
import { Bundle, type BundleRoots } from './bundle.ts'
import { forEachNamespace, visibleDirectories } from './bundle-directories.ts'
import { removeRecordedSocket } from './dead-socket.ts'
import { killSilentShims } from './silent-shim.ts'
import type { Sandboxes } from './sandbox-endpoint.ts'
import { publishLoss, type Shim, type ShimContext } from './shim.ts'
import type { ShimBinary } from './shim-binary.ts'
import type { ShimStarter } from './shim-starter.ts'

export interface AdoptedTask {
  readonly shim: Shim
  readonly runtime: string
  readonly pid: number
}

export interface Adoption {
  readonly roots: BundleRoots
  readonly starter: ShimStarter
  readonly context: ShimContext
  readonly runtimeOf: ((namespace: Namespace, id: string) => Promise<string | undefined>) | undefined
  readonly sandboxes: Sandboxes | undefined
}

/**
 * Finds the tasks of an earlier daemon again: connects to shims that live, cleans up after those that do not and
 * publishes the exits nobody was there to see. One entry that cannot be handled stops nothing else.
 */
export async function adoptTasks(adoption: Adoption): Promise<AdoptedTask[]> {
  const { roots, context } = adoption
  const parallel = new Semaphore(availableParallelism())
  const adopted: AdoptedTask[] = []
  await forEachNamespace(roots.stateDir, context.logger, async (namespace) => {
    const load = async (id: string): Promise<void> => {
      try {
        const task = await adoptOne(adoption, new Bundle(roots, namespace, id))
        if (task !== undefined) adopted.push(task)
      } catch (error) {
        context.logger.error('bundle not loaded', { namespace, id, error })
      }
    }
    const ids = await visibleDirectories(join(roots.stateDir, namespace))
    await Promise.all(ids.map((id) => parallel.run(() => load(id))))
  })
  await removeStaleWork(roots, context)
  return adopted
}

async function adoptOne(adoption: Adoption, bundle: Bundle): Promise<AdoptedTask | undefined> {
  const { context, starter } = adoption
  const { namespace, id } = bundle
  if ((await readdir(bundle.path)).length === 0) {
    await bundle.remove(context.mounter)
    return undefined
  }
  const sandboxId = await bundle.read('sandbox')
  const runtime = await runtimeOf(adoption, bundle)
  const binary = runtime === undefined ? undefined : await starter.binary(runtime).catch(() => undefined)
  if (binary === undefined && sandboxId === undefined) {
    context.logger.warn('bundle of an unknown runtime dropped', { namespace, id, runtime })
    await bundle.remove(context.mounter)
    return undefined
  }
  using limit = deadline(context.timeouts.loadMs, undefined, `load of shim ${id}`)
  const found = await reconnect(adoption, bundle, binary, limit.signal)
  return found === undefined ? undefined : await inspect(adoption, { ...found, runtime: runtime ?? '' }, limit.signal)
}

async function runtimeOf({ runtimeOf: ofContainer }: Adoption, bundle: Bundle): Promise<string | undefined> {
  return (await bundle.read('shim-binary-path'))?.trim() ?? (await ofContainer?.(bundle.namespace, bundle.id))
}

/** Connects to the bundle's shim and makes sure that it answers; else cleans up after it. */
async function reconnect(
  { starter, context }: Adoption,
  bundle: Bundle,
  binary: ShimBinary | undefined,
  signal: AbortSignal,
): Promise<{ readonly shim: Shim; readonly pid: number } | undefined> {
  const { namespace, id } = bundle
  try {
    const endpoint = await readBootstrap(bundle.path)
    const shim = await starter.reconnect(bundle, endpoint, binary, signal)
    try {
      const { taskPid } = await shim.api.negotiate((calls) => calls.connect({ id }, { signal }))
      return { shim, pid: taskPid }
    } catch (error) {
      await shim.detach()
      throw error
    }
  } catch (error) {
    context.logger.warn('shim lost while no daemon ran', { namespace, id, error })
    if (isDeadlineExceeded(error)) await killSilentShims(bundle)
    await publishLossOfDead(context, bundle, binary)
    return undefined
  }
}

async function publishLossOfDead(context: ShimContext, bundle: Bundle, binary: ShimBinary | undefined): Promise<void> {
  const { namespace, id, path } = bundle
  const warn = (text: string): void => context.logger.warn('shim clean-up', { namespace, id, text })
  const deleted = await binary?.delete({ namespace, id, bundle: path }, warn).catch((error: unknown) => {
    context.logger.warn('shim clean-up failed', { namespace, id, error })
    return undefined
  })
  await removeRecordedSocket(path).catch((error: unknown) =>
    context.logger.warn('socket not removed', { namespace, id, error }),
  )
  await bundle.remove(context.mounter)
  if (deleted !== undefined) await publishLoss(context, bundle, deleted)
}

/** A shim that answers: adopts its task, or ends it when there is none. */
async function inspect(
  { context, sandboxes }: Adoption,
  task: AdoptedTask,
  signal: AbortSignal,
): Promise<AdoptedTask | undefined> {
  const { shim } = task
  const { namespace, id } = shim
  let state: StateResponse
  try {
    state = await shim.api.calls.state({ id }, { signal })
  } catch (error) {
    if (!isNotFound(error)) context.logger.warn('task adopted without its state', { namespace, id, error })
    if (!isNotFound(error) || (await sandboxes?.exists(namespace, id)) === true) return task
    context.logger.warn('shim without a task ended', { namespace, id })
    await shim.shutdown()
    await shim.cleanUp()
    return undefined
  }
  const at = preciseTime(state.exitedAt)
  if (state.status === Status.STOPPED && at !== undefined) {
    await publishMissedExit(context, shim, state.pid, state.exitStatus, at.date)
  }
  return { ...task, pid: state.pid }
}

/** The shim's own event may have found no daemon; consumers bear it twice, but not never. */
async function publishMissedExit(
  context: ShimContext,
  shim: Shim,
  pid: number,
  exitStatus: number,
  exitedAt: Date,
): Promise<void> {
  const { namespace, id } = shim
  try {
    await context.events.publish(namespace, { topic: '/tasks/exit', containerId: id, id, pid, exitStatus, exitedAt })
  } catch (error) {
    context.logger.error('missed exit not published', { namespace, id, error })
  }
}

/** Removes persistent directories whose bundle is gone, as after a boot. */
async function removeStaleWork({ rootDir, stateDir }: BundleRoots, { logger }: ShimContext): Promise<void> {
  await forEachNamespace(rootDir, logger, async (namespace) => {
    const live = new Set(await visibleDirectories(join(stateDir, namespace)))
    for (const id of (await visibleDirectories(join(rootDir, namespace))).filter((name) => !live.has(name))) {
      await rm(join(rootDir, namespace, id), { recursive: true, force: true }).catch((error: unknown) =>
        logger.warn('stale work directory not removed', { namespace, id, error }),
      )
    }
  })
}
