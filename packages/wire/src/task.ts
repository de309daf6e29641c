// SPDX-License-Identifier: Apache-2.0
import { create } from '@bufbuild/protobuf'
import { preciseTime, toTimestamp } from '@containerd-ts/api'
import { ProcessSchema } from '@containerd-ts/api/types/task/task_pb'
import type { Process, Status } from '@containerd-ts/api/types/task/task_pb'
import type { Timestamp } from '@bufbuild/protobuf/wkt'
import type { Exit, ExitTime, ProcessState, ProcessStatus } from '@containerd-ts/core'
import { epoch } from './time.ts'

const statuses: readonly ProcessStatus[] = ['unknown', 'created', 'running', 'stopped', 'paused', 'pausing']

/** Shims and the daemon share one enumeration. */
export const fromStatus = (status: Status): ProcessStatus => statuses[status] ?? 'unknown'
export const toStatus = (status: ProcessStatus): Status => statuses.indexOf(status)

/** Year 1 where the process has not ended: Go clients take an absent time for a real one. */
export const toExitedAt = (exit: Exit | undefined): Timestamp => toTimestamp(exit?.at)

export const fromExitedAt = (timestamp: Timestamp | undefined): ExitTime =>
  preciseTime(timestamp) ?? { date: epoch, nanos: 0 }

/** As the original answers: the container id inside stays empty. */
export const toProcess = (state: ProcessState): Process =>
  create(ProcessSchema, {
    id: state.id,
    pid: state.pid,
    status: toStatus(state.status),
    stdin: state.stdin,
    stdout: state.stdout,
    stderr: state.stderr,
    terminal: state.terminal,
    exitStatus: state.exit?.status ?? 0,
    exitedAt: toExitedAt(state.exit),
  })

export function fromProcess(message: Process): ProcessState {
  const ended = preciseTime(message.exitedAt)
  return {
    id: message.id,
    pid: message.pid,
    status: fromStatus(message.status),
    stdin: message.stdin,
    stdout: message.stdout,
    stderr: message.stderr,
    terminal: message.terminal,
    exit: ended === undefined ? undefined : { status: message.exitStatus, at: ended },
  }
}
