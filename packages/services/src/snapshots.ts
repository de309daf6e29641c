// SPDX-License-Identifier: Apache-2.0
import type { HandlerContext, ServiceImpl } from '@connectrpc/connect'
import { maskPaths } from '@containerd-ts/api'
import type { Snapshots } from '@containerd-ts/api/services/snapshots/v1/snapshots_pb'
import { parseFilters } from '@containerd-ts/core'
import type { Filter, Metadata, Snapshotter } from '@containerd-ts/core'
import { describe, InvalidArgumentError, UnimplementedError, UnknownError } from '@containerd-ts/errdefs'
import { fromSnapshotInfo, toInt64, toMount, toSnapshotInfo } from '@containerd-ts/wire'
import { namespaceOf, optionsOf } from './call.ts'
import { batches } from './collect.ts'
import { required } from './required.ts'

const batchSize = 100

/** Absent text fields arrive empty. */
const given = (text: string): string | undefined => (text === '' ? undefined : text)

type Pick = (request: { readonly snapshotter: string }, context: HandlerContext) => Snapshotter

/** containerd.services.snapshots.v1.Snapshots */
export const snapshotsService = (metadata: Metadata): ServiceImpl<typeof Snapshots> => {
  const pick: Pick = ({ snapshotter: name }, context) => {
    if (name === '') throw new InvalidArgumentError('snapshotter argument missing')
    return metadata.in(namespaceOf(context)).snapshotter(name)
  }
  return {
    ...serviceOf(pick),
    cleanup(request, context) {
      pick(request, context)
      throw new UnimplementedError(`snapshotter ${request.snapshotter} does not implement cleanup method`)
    },
  }
}

/** The same service over one snapshotter, whatever name a call gives: what a proxy plugin of a daemon talks to. */
export const snapshotterService = (snapshotter: Snapshotter): ServiceImpl<typeof Snapshots> =>
  serviceOf(() => snapshotter)

/** @throws {UnknownError} malformed: the original's code here, and only here */
function filtersOf({ filters }: { readonly filters: readonly string[] }): readonly Filter[] {
  try {
    return parseFilters(filters)
  } catch (cause) {
    throw new UnknownError(describe(cause), { cause })
  }
}

function serviceOf(snapshotter: Pick): ServiceImpl<typeof Snapshots> {
  return {
    async prepare(request, context) {
      const options = { ...optionsOf(context), labels: request.labels }
      const mounts = await snapshotter(request, context).prepare(request.key, given(request.parent), options)
      return { mounts: mounts.map(toMount) }
    },

    async view(request, context) {
      const options = { ...optionsOf(context), labels: request.labels }
      const mounts = await snapshotter(request, context).view(request.key, given(request.parent), options)
      return { mounts: mounts.map(toMount) }
    },

    async mounts(request, context) {
      const mounts = await snapshotter(request, context).mounts(request.key, optionsOf(context))
      return { mounts: mounts.map(toMount) }
    },

    async commit(request, context) {
      const options = { ...optionsOf(context), labels: request.labels, parent: given(request.parent) }
      await snapshotter(request, context).commit(request.name, request.key, options)
      return {}
    },

    async remove(request, context) {
      await snapshotter(request, context).remove(request.key, optionsOf(context))
      return {}
    },

    async stat(request, context) {
      return { info: toSnapshotInfo(await snapshotter(request, context).stat(request.key, optionsOf(context))) }
    },

    async update(request, context) {
      const { name, labels } = fromSnapshotInfo(required(request.info, 'info'))
      const paths = maskPaths(request.updateMask)
      return {
        info: toSnapshotInfo(await snapshotter(request, context).update(name, labels, paths, optionsOf(context))),
      }
    },

    async *list(request, context) {
      const found = snapshotter(request, context).list(filtersOf(request), optionsOf(context))
      for await (const info of batches(found, batchSize, toSnapshotInfo)) yield { info }
    },

    async usage(request, context) {
      const { sizeBytes, inodes } = await snapshotter(request, context).usage(request.key, optionsOf(context))
      return { size: toInt64(sizeBytes), inodes: toInt64(inodes) }
    },

    async cleanup(request, context) {
      await snapshotter(request, context).cleanup(optionsOf(context))
      return {}
    },
  }
}
