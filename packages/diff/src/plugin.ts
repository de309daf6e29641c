// SPDX-License-Identifier: Apache-2.0
import { definePlugin, Differs, MetadataStores, Mounters, MountManagers } from '@containerd-ts/plugin'
import type { AnyPlugin, ConfigTable } from '@containerd-ts/plugin'
import { LayerDiffer } from './layer-differ.ts'
import type { StreamProcessor } from './stream-processor.ts'

/** @param workerUrl - program of the worker threads; a bundle supplies its own file */
export const walkingPlugin = (workerUrl?: URL): AnyPlugin =>
  definePlugin({
    slot: Differs,
    id: 'walking',
    requires: [Mounters, MetadataStores, MountManagers],
    init: ({ get, logger, daemon }) =>
      new LayerDiffer({
        mounter: get(Mounters),
        logger,
        processors: streamProcessors(daemon.streamProcessors),
        ...(workerUrl === undefined ? {} : { workerUrl }),
      }),
  })

const streamProcessors = (sections: ConfigTable): readonly StreamProcessor[] =>
  Object.entries(sections).flatMap(([id, section]) => {
    if (typeof section !== 'object' || Array.isArray(section)) return []
    const { accepts, returns, path, args, env } = section as ConfigTable
    if (typeof path !== 'string' || typeof returns !== 'string') return []
    return [{ id, path, returns, accepts: texts(accepts), args: texts(args), env: texts(env) }]
  })

const texts = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : []
