// SPDX-License-Identifier: Apache-2.0
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { InvalidArgumentError } from '@containerd-ts/errdefs'

interface HookState {
  readonly id: string
  readonly bundle: string
  readonly rootfs: string
  readonly pid: number
  readonly status: string
  readonly annotations: Readonly<Record<string, string>>
}

/** Signals end a child with no exit code of its own. */
const killedStatus = 1

/**
 * Runs a command as an OCI hook: its arguments and environment may hold `{{id}}`, `{{bundle}}`, `{{rootfs}}`,
 * `{{pid}}`, `{{status}}` and `{{annotation "key"}}`, filled from the state on standard input.
 */
export async function ociHook(command: readonly string[]): Promise<number> {
  const [file, ...args] = command
  if (file === undefined) throw new InvalidArgumentError('oci-hook: a command is required')
  const input = readFileSync(0)
  const state = readState(input.toString())
  const environment = Object.entries(process.env).map(([key, value]) => [key, fill(value ?? '', state)] as const)
  const child = spawn(
    file,
    args.map((arg) => fill(arg, state)),
    {
      env: Object.fromEntries(environment),
      stdio: ['pipe', 'inherit', 'inherit'],
    },
  )
  child.stdin.on('error', () => {}) // a hook need not read its input
  child.stdin.end(input)
  const { promise, resolve, reject } = Promise.withResolvers<number>()
  child.once('error', reject)
  child.once('close', (code) => resolve(code ?? killedStatus))
  return await promise
}

function readState(text: string): HookState {
  const { id, bundle, pid, status, annotations } = JSON.parse(text) as Partial<HookState>
  if (bundle === undefined) throw new InvalidArgumentError('oci-hook: state names no bundle')
  const spec = JSON.parse(readFileSync(join(bundle, 'config.json'), 'utf8')) as {
    readonly root?: { readonly path?: string }
  }
  const path = spec.root?.path ?? ''
  return {
    id: id ?? '',
    bundle,
    pid: pid ?? 0,
    status: status ?? '',
    annotations: annotations ?? {},
    rootfs: path.startsWith('/') ? path : join(bundle, path),
  }
}

/** @throws {InvalidArgumentError} a function nobody knows */
export function fill(template: string, state: HookState): string {
  return template.replaceAll(/\{\{\s*(\w+)(?:\s+"([^"]*)")?\s*\}\}/g, (whole, name: string, key?: string) => {
    if (name === 'annotation' && key !== undefined) return state.annotations[key] ?? ''
    if (name === 'id' || name === 'bundle' || name === 'rootfs' || name === 'status') return state[name]
    if (name === 'pid') return String(state.pid)
    throw new InvalidArgumentError(`oci-hook: function in ${whole} not defined`)
  })
}
