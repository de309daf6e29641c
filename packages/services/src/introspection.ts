// SPDX-License-Identifier: Apache-2.0
import { statSync } from 'node:fs'
import type { ServiceImpl } from '@connectrpc/connect'
import type { MessageInitShape } from '@bufbuild/protobuf'
import { toTimestamp, unpackMessage } from '@containerd-ts/api'
import { RuntimeRequestSchema } from '@containerd-ts/api/types/introspection_pb'
import type { Introspection, PluginSchema } from '@containerd-ts/api/services/introspection/v1/introspection_pb'
import { matchesAny, parseFilters } from '@containerd-ts/core'
import type { DeprecationWarning, FieldLookup, TaskManager } from '@containerd-ts/core'
import { FailedPreconditionError, NotFoundError, toWireStatus, UnimplementedError } from '@containerd-ts/errdefs'
import { Runtimes } from '@containerd-ts/plugin'
import type { PluginRecord } from '@containerd-ts/plugin'
import { fromAny, toAny } from '@containerd-ts/wire'
import { optionsOf } from './call.ts'

export interface IntrospectionOptions {
  /** Stable id of this daemon's root. */
  readonly uuid: () => Promise<string>
  readonly records: readonly PluginRecord[]
  readonly deprecations?: () => readonly DeprecationWarning[]
}

/** containerd.services.introspection.v1.Introspection */
export const introspectionService = (init: IntrospectionOptions): ServiceImpl<typeof Introspection> => ({
  plugins({ filters }) {
    const parsed = parseFilters(filters)
    return { plugins: init.records.filter((record) => matchesAny(parsed, lookup(record))).map(toPlugin) }
  },

  async server() {
    const deprecations = init.deprecations?.() ?? []
    return {
      uuid: await init.uuid(),
      pid: BigInt(process.pid),
      pidns: BigInt(statSync('/proc/self/ns/pid').ino),
      deprecations: deprecations.map(({ id, message, lastOccurrence }) => ({
        id,
        message,
        lastOccurrence: toTimestamp(lastOccurrence),
      })),
    }
  },

  async pluginInfo({ type, id, options }, context) {
    const record = init.records.find((candidate) => candidate.type === type && candidate.id === id)
    if (record === undefined) throw NotFoundError.of('plugin', `${type}.${id}`)
    if (options === undefined) return { plugin: toPlugin(record) }
    if (record.state.status !== 'ok') {
      throw new FailedPreconditionError(`plugin ${type}.${id} is not loaded`, { cause: record.state.error })
    }
    const request = unpackMessage(RuntimeRequestSchema, options)
    if (type !== Runtimes.type || request === undefined) {
      throw new UnimplementedError(`plugin ${type}.${id} does not answer ${options.typeUrl}`)
    }
    const runtimes = record.state.instance as TaskManager
    const extra = await runtimes.runtimeInfo(request.runtimePath, fromAny(request.options), optionsOf(context))
    return { plugin: toPlugin(record), extra: toAny(extra) }
  },
})

function toPlugin({ type, id, requires, meta, state }: PluginRecord): MessageInitShape<typeof PluginSchema> {
  return {
    type,
    id,
    requires: [...requires],
    platforms: meta.platforms.map(({ os, architecture, variant }) => ({ os, architecture, variant: variant ?? '' })),
    exports: { ...meta.exports },
    capabilities: [...meta.capabilities],
    ...(state.status === 'ok' ? {} : { initErr: toWireStatus(state.error) }),
  }
}

const lookup =
  ({ type, id }: PluginRecord): FieldLookup =>
  ([field, ...rest]) => {
    if (rest.length > 0) return undefined
    if (field === 'type') return type
    return field === 'id' ? id : undefined
  }
