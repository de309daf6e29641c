// SPDX-License-Identifier: Apache-2.0
import { Code, describe, fromWireStatus, toWireStatus, UnknownError } from '@containerd-ts/errdefs'
import type { AppliedLayer, ApplyJob } from '../apply/apply-layer.ts'
import type { CompareJob } from '../compare/compare-layer.ts'

/** Where a worker finds the stored bytes: in a file, or by asking for them piece by piece. */
export interface WorkerSource {
  readonly path: string | undefined
  /** Absent: unknown, read until an empty piece. */
  readonly sizeBytes: number | undefined
}

/** A worker does one job at a time. */
export type WorkerJob =
  | { readonly kind: 'apply'; readonly job: ApplyJob; readonly source: WorkerSource }
  | { readonly kind: 'compare'; readonly job: CompareJob }

export type WorkerResult = AppliedLayer | undefined

export type ToWorker =
  | { readonly kind: 'job'; readonly job: WorkerJob }
  /** Answers `read`; empty at the end. */
  | { readonly kind: 'piece'; readonly bytes: Uint8Array }
  /** Answers `write`. */
  | { readonly kind: 'taken' }
  | { readonly kind: 'abort' }

export type FromWorker =
  | { readonly kind: 'read'; readonly offset: number; readonly length: number }
  | { readonly kind: 'write'; readonly bytes: Uint8Array }
  | { readonly kind: 'progress'; readonly readBytes: number }
  | { readonly kind: 'warn'; readonly message: string; readonly fields: Readonly<Record<string, unknown>> }
  | { readonly kind: 'done'; readonly result: WorkerResult }
  | { readonly kind: 'failed'; readonly failure: Failure }

/** An error that crosses threads: class text and code survive, and the errno of a system call. */
export interface Failure {
  readonly code: number
  readonly message: string
  readonly errno: string | undefined
}

export function toFailure(error: unknown, errno: string | undefined): Failure {
  const { code, message } = toWireStatus(error)
  return { code, message: code === Code.Unknown ? describe(error) : message, errno }
}

export function fromFailure({ code, message, errno }: Failure): Error {
  const cause = errno === undefined ? undefined : Object.assign(new Error(errno), { code: errno })
  const options = cause === undefined ? undefined : { cause }
  return code === Code.Unknown ? new UnknownError(message, options) : fromWireStatus(code, message, options)
}
