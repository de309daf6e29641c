// SPDX-License-Identifier: Apache-2.0
/** Annotations of a checkpoint's index, the original's. */
export const CheckpointAnnotation = {
  image: 'org.opencontainers.image.ref.name',
  runtime: 'io.containerd.checkpoint.runtime',
  snapshotter: 'io.containerd.checkpoint.snapshotter',
} as const
