// SPDX-License-Identifier: Apache-2.0
import { InvalidArgumentError } from '@containerd-ts/errdefs'
import type { IdMapping } from '@containerd-ts/native-sys'

/**
 * Parses `containerId:hostId:size`, several joined by commas, as labels and mount options carry it.
 * @throws {InvalidArgumentError} not three numbers, or an empty range
 */
export function parseIdMappings(text: string): readonly IdMapping[] {
  return text.split(',').map((part) => {
    const match = /^(\d{1,10}):(\d{1,10}):(\d{1,10})$/.exec(part)
    const [containerId = 0, hostId = 0, size = 0] = (match?.slice(1) ?? []).map(Number)
    if (match === null || size === 0) throw new InvalidArgumentError(`id mapping "${part}" is not container:host:size`)
    return { containerId, hostId, size }
  })
}

/** Host id that `id` inside the mapping stands for; `undefined` when no range holds it. */
export function toHostId(mappings: readonly IdMapping[], id: number): number | undefined {
  const range = mappings.find((m) => id >= m.containerId && id < m.containerId + m.size)
  return range === undefined ? undefined : range.hostId + (id - range.containerId)
}
