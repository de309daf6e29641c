// SPDX-License-Identifier: Apache-2.0
import type { HandlerContext, ServiceImpl } from '@connectrpc/connect'
import { fromTimestamp } from '@containerd-ts/api'
import type { Diff } from '@containerd-ts/api/services/diff/v1/diff_pb'
import type { Differ, Metadata } from '@containerd-ts/core'
import { isUnimplemented, UnimplementedError } from '@containerd-ts/errdefs'
import { fromAnyMap, fromDescriptor, fromMount, toDescriptor } from '@containerd-ts/wire'
import { namespaceOf, optionsOf } from './call.ts'
import { required } from './required.ts'

export interface DiffServiceOptions {
  readonly metadata: Metadata
  /** Tried in this order; the next one only where one does not know the media type. */
  readonly differs: readonly Differ[]
  /** Sync the file system after every apply, whatever the request says. */
  readonly syncFs?: boolean
}

/** containerd.services.diff.v1.Diff */
export function diffService({ metadata, differs, syncFs = false }: DiffServiceOptions): ServiceImpl<typeof Diff> {
  const content = (context: HandlerContext) => metadata.in(namespaceOf(context)).content
  const firstOf = async <T>(what: string, attempt: (differ: Differ) => Promise<T>): Promise<T> => {
    let last: unknown = new UnimplementedError(`no differ for ${what}`)
    for (const differ of differs) {
      try {
        return await attempt(differ)
      } catch (error) {
        if (!isUnimplemented(error)) throw error
        last = error
      }
    }
    throw last
  }
  return {
    async apply(request, context) {
      const layer = fromDescriptor(required(request.diff, 'diff'))
      const options = {
        ...optionsOf(context),
        payloads: fromAnyMap(request.payloads),
        syncFs: syncFs || request.syncFs,
      }
      const mounts = request.mounts.map(fromMount)
      const applied = await firstOf(layer.mediaType, (differ) => differ.apply(layer, mounts, content(context), options))
      return { applied: toDescriptor(applied) }
    },

    async diff(request, context) {
      const options = {
        ...optionsOf(context),
        mediaType: request.mediaType === '' ? undefined : request.mediaType,
        ref: request.ref === '' ? undefined : request.ref,
        labels: request.labels,
        sourceDateEpoch: fromTimestamp(request.sourceDateEpoch),
      }
      const [left, right] = [request.left.map(fromMount), request.right.map(fromMount)]
      const diff = await firstOf(request.mediaType, (differ) => differ.compare(left, right, content(context), options))
      return { diff: toDescriptor(diff) }
    },
  }
}
