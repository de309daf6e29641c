// SPDX-License-Identifier: Apache-2.0
/** A 64-bit size or count as a number; values past 2^53 lose precision, as no size here is that large. */
export const fromInt64 = (value: bigint): number => Number(value)

export const toInt64 = (value: number): bigint => BigInt(Math.trunc(value))
