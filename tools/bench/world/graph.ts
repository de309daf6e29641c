// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto'
import type { NamespaceClient } from '@containerd-ts/client'
import { LabelKey, parseDigest, type Descriptor } from '@containerd-ts/core'
import type { BaseImage } from './base-image.ts'
import { createRecord } from './containers.ts'
import { perWorker } from './workers.ts'

/** Calls in flight: both daemons commit what arrives together faster than one thing after the other. */
const inFlight = 64

/** What a name points to need not be there: the collector looks for it all the same. */
export function descriptorOf(name: string): Descriptor {
  const digest = parseDigest(`sha256:${createHash('sha256').update(name).digest('hex')}`)
  return { mediaType: 'application/vnd.oci.image.manifest.v1+json', digest, sizeBytes: 500 }
}

/** Makes records that a collection has to look at and none may remove: images with references, containers, leases. */
export async function fillGraph(client: NamespaceClient, count: number, image: BaseImage): Promise<void> {
  await perWorker(inFlight, count, async (i) => {
    if (i % 5 === 0) await createRecord(client, `container-${i}`, image)
    else if (i % 5 === 1) await client.leases.create({ id: `lease-${i}` })
    else await client.images.create({ name: `image-${i}`, target: descriptorOf(`image-${i}`), labels: references(i) })
  })
}

const references = (i: number): Readonly<Record<string, string>> =>
  Object.fromEntries(
    [1, 2].map((n) => [`${LabelKey.gcRefContent}.${n}`, descriptorOf(`image-${i}-${n}`).digest] as const),
  )
