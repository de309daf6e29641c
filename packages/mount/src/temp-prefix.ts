// SPDX-License-Identifier: Apache-2.0

/** What temporary mount points are called, so that those of a killed process can be found. */
export const tempPrefix = 'containerd-mount'
