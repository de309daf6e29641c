// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { digestAlgorithm, digestHex, isDigest, type Digest } from '@containerd-ts/core'

/** Where things lie below the root of a content store; the layout other tools read. */
export class ContentLayout {
  readonly root: string
  readonly blobs: string
  readonly ingests: string

  constructor(root: string) {
    this.root = root
    this.blobs = join(root, 'blobs')
    this.ingests = join(root, 'ingest')
  }

  blobDirectory(algorithm: string): string {
    return join(this.blobs, algorithm)
  }

  blob(digest: Digest): string {
    return join(this.blobs, digestAlgorithm(digest), digestHex(digest))
  }

  /** Named by hash: a ref holds slashes and any length. */
  ingest(ref: string): string {
    return join(this.ingests, createHash('sha256').update(ref).digest('hex'))
  }
}

/** Algorithms whose directories are listed, in the order of a listing. */
export const digestAlgorithms: readonly string[] = ['sha256', 'sha384', 'sha512']

/** The digest a blob file stands for; `undefined` for a stray file. */
export function digestOfFile(algorithm: string, fileName: string): Digest | undefined {
  const text = `${algorithm}:${fileName}`
  return isDigest(text) ? text : undefined
}
