// SPDX-License-Identifier: Apache-2.0
/** Largest manifest accepted, in bytes; the original's odd number. */
export const maxManifestBytes = 4 * 1048 * 1048
