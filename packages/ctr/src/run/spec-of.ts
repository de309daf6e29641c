// SPDX-License-Identifier: Apache-2.0
import type { Container } from '@containerd-ts/core'
import { FailedPreconditionError } from '@containerd-ts/errdefs'
import type { RuntimeSpec, SpecProcess } from '@containerd-ts/oci'

/** @throws {FailedPreconditionError} the container has no spec */
export function specOf({ id, spec }: Container): RuntimeSpec {
  if (spec === undefined) throw new FailedPreconditionError(`container ${id} has no runtime spec`)
  return JSON.parse(Buffer.from(spec.value).toString()) as RuntimeSpec
}

/** @throws {FailedPreconditionError} the container has no process */
export function processSpecOf(container: Container): SpecProcess {
  const { process } = specOf(container)
  if (process === undefined) throw new FailedPreconditionError(`runtime spec of ${container.id} has no process`)
  return process
}
