// SPDX-License-Identifier: Apache-2.0
import type { ContainerdClient } from '@containerd-ts/client'
import { writeText } from '../output/write-bytes.ts'

const suppressor = 'CONTAINERD_SUPPRESS_DEPRECATION_WARNINGS'

/**
 * Has the daemon asked, beside whatever the command does, which deprecated features it saw in use, and prints
 * them. The question costs no time of its own: disposal of the client waits for the answer, which came long ago.
 */
export function warnOfDeprecations(client: ContainerdClient): ContainerdClient {
  if (/^(1|t|true)$/i.test(process.env[suppressor] ?? '')) return client
  const stop = new AbortController()
  const asked = client.introspection
    .server({ signal: stop.signal })
    .then(({ deprecations }) => deprecations.forEach(({ message }) => writeText(2, `DEPRECATION: ${message}\n`)))
    .catch(() => {}) // a server that cannot answer has nothing to warn of; the command itself will tell
  return {
    ...client,
    [Symbol.asyncDispose]: async () => {
      const late = setTimeout(() => stop.abort(), patienceMs)
      await asked
      clearTimeout(late)
      await client[Symbol.asyncDispose]()
    },
  }
}

const patienceMs = 200
