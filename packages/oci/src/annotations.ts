// SPDX-License-Identifier: Apache-2.0
/** Annotation keys that containerd reads or writes. */
export const Annotation = {
  /** Tag, or full name, of an index entry. */
  refName: 'org.opencontainers.image.ref.name',
  /** Full image name of an index entry. */
  imageName: 'io.containerd.image.name',
} as const
