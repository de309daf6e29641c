// SPDX-License-Identifier: Apache-2.0
import type { ImageConfig } from '../image-types.ts'
import type { SpecOption } from '../spec-builder.ts'
import { processOf } from '../spec-builder.ts'

/** PATH of images that set no environment. */
export const defaultPath = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

/** Overrides by name, in place or at the end; an override without `=` deletes. */
export function mergeEnv(base: readonly string[], overrides: readonly string[]): string[] {
  const merged: (string | undefined)[] = [...base]
  const nameOf = (entry: string): string => entry.split('=', 1)[0] ?? ''
  const at = new Map(base.map((entry, i) => [nameOf(entry), i]))
  for (const entry of overrides) {
    const index = at.get(nameOf(entry))
    if (!entry.includes('=')) {
      if (index !== undefined) merged[index] = undefined
    } else if (index === undefined) at.set(nameOf(entry), merged.push(entry) - 1)
    else merged[index] = entry
  }
  return merged.filter((entry) => entry !== undefined)
}

export const withEnv =
  (variables: readonly string[]): SpecOption =>
  (spec) => {
    if (variables.length === 0) return
    const process = processOf(spec)
    process.env = mergeEnv(process.env ?? [], variables)
  }

/** Every line of an env file is a variable, verbatim; there is no comment syntax. */
export const withEnvFile = (text: string): SpecOption => withEnv(text.split('\n').filter((line) => line !== ''))

/** Environment, command and working directory of an image; its user is an option of its own. */
export const withImageProcess =
  ({ config }: ImageConfig, args: readonly string[] = []): SpecOption =>
  (spec) => {
    const process = processOf(spec)
    process.env = mergeEnv(config.env.length === 0 ? [defaultPath] : config.env, process.env ?? [])
    process.args = [...config.entrypoint, ...(args.length === 0 ? config.cmd : args)]
    process.cwd = config.workingDir === '' ? '/' : config.workingDir
  }

/** Replaces entry point and command. */
export const withArgs =
  (...args: readonly string[]): SpecOption =>
  (spec) => {
    processOf(spec).args = [...args]
  }

export const withCwd =
  (cwd: string): SpecOption =>
  (spec) => {
    processOf(spec).cwd = cwd
  }

export const withTty: SpecOption = (spec) => {
  const process = processOf(spec)
  process.terminal = true
  process.env = mergeEnv(process.env ?? [], ['TERM=xterm'])
}

export const withTtySize =
  (width: number, height: number): SpecOption =>
  (spec) => {
    processOf(spec).consoleSize = { height, width }
  }

/** Lets the process gain privileges, as set-user-ID programs do. */
export const withNewPrivileges: SpecOption = (spec) => {
  processOf(spec).noNewPrivileges = false
}

export const withNoNewPrivileges: SpecOption = (spec) => {
  processOf(spec).noNewPrivileges = true
}

/** Sets or replaces one limit, such as `RLIMIT_NOFILE`. */
export const withRlimit =
  (type: string, soft: number, hard: number): SpecOption =>
  (spec) => {
    const process = processOf(spec)
    process.rlimits = [...(process.rlimits ?? []).filter((limit) => limit.type !== type), { type, hard, soft }]
  }

export const withOomScoreAdj =
  (score: number): SpecOption =>
  (spec) => {
    processOf(spec).oomScoreAdj = score
  }

export const withApparmorProfile =
  (profile: string): SpecOption =>
  (spec) => {
    processOf(spec).apparmorProfile = profile
  }

export const withSelinuxLabel =
  (label: string): SpecOption =>
  (spec) => {
    processOf(spec).selinuxLabel = label
  }
