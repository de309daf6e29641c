// SPDX-License-Identifier: Apache-2.0
import { InvalidArgumentError } from '@containerd-ts/errdefs'
import type { SpecIdMapping } from '@containerd-ts/oci'

/** Reads `container:host:length` texts. @throws {InvalidArgumentError} */
export const parseIdMaps = (texts: readonly string[] = []): SpecIdMapping[] => texts.map(parseIdMap)

function parseIdMap(text: string): SpecIdMapping {
  const match = /^(\d{1,10}):(\d{1,10}):(\d{1,10})$/.exec(text)
  const [containerID = 0, hostID = 0, size = 0] = match?.slice(1).map(Number) ?? []
  if (match === null || [containerID, hostID, size].some((id) => id > 0xffffffff)) {
    throw new InvalidArgumentError(`invalid id mapping "${text}": expected container:host:length`)
  }
  return { containerID, hostID, size }
}

/** As a snapshot's label holds them. */
export const formatIdMaps = (maps: readonly SpecIdMapping[]): string =>
  maps.map(({ containerID, hostID, size }) => `${containerID}:${hostID}:${size}`).join(',')
