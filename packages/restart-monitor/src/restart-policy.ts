// SPDX-License-Identifier: Apache-2.0
import { InvalidArgumentError } from '@containerd-ts/errdefs'

export type RestartPolicyName = 'always' | 'no' | 'on-failure' | 'unless-stopped'

export interface RestartPolicy {
  readonly name: RestartPolicyName
  /** Restarts after which `on-failure` gives up; 0 means never, and is all that other policies know. */
  readonly maxRestarts: number
}

/** What a policy may be called, in the order in which introspection shows it. */
export const restartPolicyNames: readonly RestartPolicyName[] = ['no', 'always', 'on-failure', 'unless-stopped']

/**
 * A policy as labels have it, such as `on-failure:3`; none means `always`.
 * @throws {InvalidArgumentError} unknown, or a limit that is no number, or one where there is none
 */
export function parseRestartPolicy(text: string): RestartPolicy {
  const [given, limit] = splitOnce(text, ':')
  const name = restartPolicyNames.find((each) => each === (given || 'always'))
  if (name === undefined) throw new InvalidArgumentError(`restart policy "${text}" not supported`)
  if (limit === undefined) return { name, maxRestarts: 0 }
  if (name !== 'on-failure') throw new InvalidArgumentError(`restart policy "${text}" takes no limit`)
  if (!/^\+?\d+$/.test(limit)) throw new InvalidArgumentError(`restart policy "${text}": limit is no number`)
  return { name, maxRestarts: Number(limit) }
}

function splitOnce(text: string, separator: string): readonly [string, string?] {
  const at = text.indexOf(separator)
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + separator.length)]
}
