// SPDX-License-Identifier: Apache-2.0
/** Stands for a time a peer left out. */
export const epoch = new Date(0)
