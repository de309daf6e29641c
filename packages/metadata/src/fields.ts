// SPDX-License-Identifier: Apache-2.0
import type {
  BlobInfo,
  Container,
  FieldLookup,
  Image,
  IngestStatus,
  Labels,
  Lease,
  Sandbox,
  SnapshotInfo,
} from '@containerd-ts/core'

/** Empty texts count as absent. */
const text = (value: string | undefined): string | undefined => (value === '' ? undefined : value)

/** Keys come from callers: `constructor` is one like any other. */
const own = <V>(map: Readonly<Record<string, V>> | undefined, key: string): V | undefined =>
  map !== undefined && Object.hasOwn(map, key) ? map[key] : undefined

/** Looks a path up among plain fields and, below `labels` and `annotations`, among keys that may hold dots. */
const lookup =
  (
    fields: Readonly<Record<string, string | undefined>>,
    maps: Readonly<Record<string, Labels | undefined>>,
  ): FieldLookup =>
  ([field = '', ...rest]) =>
    rest.length > 0 && Object.hasOwn(maps, field)
      ? own(maps[field], rest.join('.'))
      : text(own(fields, [field, ...rest].join('.')))

export const imageFields = ({ name, target, labels }: Image): FieldLookup =>
  lookup(
    { name, 'target.digest': target.digest, 'target.mediatype': target.mediaType },
    { labels, annotations: target.annotations },
  )

export const containerFields = ({ id, image, runtime, labels }: Container): FieldLookup =>
  lookup({ id, image, 'runtime.name': runtime.name }, { labels })

export const blobFields = ({ digest, labels }: BlobInfo): FieldLookup => lookup({ digest }, { labels })
export const ingestFields = ({ ref }: IngestStatus): FieldLookup => lookup({ ref }, {})
export const leaseFields = ({ id, labels }: Lease): FieldLookup => lookup({ id }, { labels })
export const sandboxFields = ({ id, labels }: Sandbox): FieldLookup => lookup({ id }, { labels })
export const snapshotFields = ({ name, parent, kind, labels }: SnapshotInfo): FieldLookup =>
  lookup({ name, parent, kind }, { labels })
