// SPDX-License-Identifier: Apache-2.0
export interface DeviceNumber {
  readonly major: number
  readonly minor: number
}

/** Splits a device number as Linux packs it: makedev(3), the other way. */
export const splitDevice = (device: bigint): DeviceNumber => ({
  major: Number(((device >> 8n) & 0xfffn) | ((device >> 32n) & 0xfffff000n)),
  minor: Number((device & 0xffn) | ((device >> 12n) & 0xffffff00n)),
})
