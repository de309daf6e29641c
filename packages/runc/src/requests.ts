// SPDX-License-Identifier: Apache-2.0
import type { Fd } from '@containerd-ts/native-sys'

/** The fds 0 to 2 that the container's process inherits. */
export type ProcessStdio = readonly [Fd | 'null', Fd | 'null', Fd | 'null']

export interface CreateRequest {
  readonly bundle: string
  readonly pidFile: string
  /** Path of a console socket; the container gets a terminal. */
  readonly consoleSocket?: string | undefined
  readonly noPivot?: boolean | undefined
  readonly noNewKeyring?: boolean | undefined
  /** Without it the runtime's output is captured for the error text. */
  readonly stdio?: ProcessStdio | undefined
}

export interface ExecRequest {
  /** OCI process, JSON. */
  readonly process: Uint8Array | string
  readonly pidFile: string
  readonly consoleSocket?: string | undefined
  readonly stdio?: ProcessStdio | undefined
}

export interface CheckpointRequest {
  readonly imagePath: string
  readonly workPath: string
  readonly openTcp?: boolean | undefined
  readonly externalUnixSockets?: boolean | undefined
  /** The container has a terminal (`--shell-job`). */
  readonly terminal?: boolean | undefined
  readonly fileLocks?: boolean | undefined
  readonly emptyNamespaces?: readonly string[] | undefined
  readonly leaveRunning?: boolean | undefined
}

export interface RestoreRequest {
  readonly imagePath: string
  readonly workPath: string
  readonly parentPath?: string | undefined
  readonly bundle: string
  readonly pidFile: string
  readonly consoleSocket?: string | undefined
  readonly noPivot?: boolean | undefined
  readonly stdio?: ProcessStdio | undefined
}

type Flag = readonly [flag: string, value?: string | boolean | undefined]

/** Flags with an absent value or `false` are left out; `true` stands alone. */
function flags(...list: readonly Flag[]): string[] {
  return list.flatMap(([flag, value = true]) =>
    value === false || value === '' ? [] : value === true ? [flag] : [flag, value],
  )
}

const optional = (flag: string, value: string | undefined): Flag => [flag, value ?? false]
const when = (flag: string, value: boolean | undefined): Flag => [flag, value ?? false]

export function createArgs(id: string, r: CreateRequest): string[] {
  return [
    'create',
    ...flags(['--bundle', r.bundle], ['--pid-file', r.pidFile], optional('--console-socket', r.consoleSocket)),
    ...flags(when('--no-pivot', r.noPivot), when('--no-new-keyring', r.noNewKeyring)),
    id,
  ]
}

export function execArgs(id: string, r: Omit<ExecRequest, 'process'>, processFile: string): string[] {
  const head = flags(['--process', processFile], optional('--console-socket', r.consoleSocket))
  return ['exec', ...head, '--detach', ...flags(['--pid-file', r.pidFile]), id]
}

export function checkpointArgs(id: string, r: CheckpointRequest): string[] {
  return [
    'checkpoint',
    ...flags(['--image-path', r.imagePath], ['--work-path', r.workPath]),
    ...flags(when('--tcp-established', r.openTcp), when('--ext-unix-sk', r.externalUnixSockets)),
    ...flags(when('--shell-job', r.terminal), when('--file-locks', r.fileLocks)),
    ...(r.emptyNamespaces ?? []).flatMap((name) => ['--empty-ns', name]),
    ...flags(when('--leave-running', r.leaveRunning)),
    id,
  ]
}

export function restoreArgs(id: string, r: RestoreRequest): string[] {
  return [
    'restore',
    ...flags(['--image-path', r.imagePath], ['--work-path', r.workPath], optional('--parent-path', r.parentPath)),
    '--detach',
    ...flags(['--pid-file', r.pidFile], optional('--console-socket', r.consoleSocket), when('--no-pivot', r.noPivot)),
    '-no-subreaper',
    ...flags(['--bundle', r.bundle]),
    id,
  ]
}
