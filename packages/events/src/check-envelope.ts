// SPDX-License-Identifier: Apache-2.0
import { checkIdentifier, type Envelope } from '@containerd-ts/core'
import { describe, InvalidArgumentError } from '@containerd-ts/errdefs'

/** Go's zero time, the first moment of year 1. */
const zeroTimeMs = Date.UTC(2000, 0, 1) - 63_082_281_600_000

/**
 * Checks what every event needs: a namespace, and a topic of identifiers led by slashes.
 * @throws {InvalidArgumentError} naming the value and the rule it breaks
 */
export function checkAddress(namespace: string, topic: string): void {
  try {
    checkIdentifier(namespace)
  } catch (cause) {
    throw new InvalidArgumentError(`event has invalid namespace: ${describe(cause)}`, { cause })
  }
  if (topic === '') throw new InvalidArgumentError(`topic must not be empty`)
  if (!topic.startsWith('/')) throw new InvalidArgumentError(`topic "${topic}" must start with '/'`)
  if (topic === '/') throw new InvalidArgumentError(`topic "${topic}" must have at least one component`)
  for (const component of topic.slice(1).split('/')) {
    try {
      checkIdentifier(component)
    } catch (cause) {
      throw new InvalidArgumentError(`topic "${topic}" contains invalid component "${component}": ${describe(cause)}`, {
        cause,
      })
    }
  }
}

/** Checks an envelope that somebody else has filled. @throws {InvalidArgumentError} */
export function checkEnvelope({ namespace, topic, timestamp }: Envelope): void {
  checkAddress(namespace, topic)
  const time = timestamp.getTime()
  if (Number.isNaN(time) || time === zeroTimeMs) {
    throw new InvalidArgumentError('timestamp must be set on forwarded event')
  }
}
