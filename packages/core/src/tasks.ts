// SPDX-License-Identifier: Apache-2.0
import type { CallOptions } from './call-options.ts'
import type { Container } from './containers.ts'
import type { Namespace } from './identifier.ts'
import type { Mount } from './mounts.ts'
import type { TypedAny } from './typed-any.ts'

export type ProcessStatus = 'unknown' | 'created' | 'running' | 'stopped' | 'paused' | 'pausing'

/** Paths or URIs of a process's streams; empty text means none. */
export interface TaskIo {
  readonly stdin: string
  readonly stdout: string
  readonly stderr: string
  readonly terminal: boolean
}

/** A point in time as shims send it, to the nanosecond. */
export interface ExitTime {
  readonly date: Date
  /** Nanoseconds within the millisecond, 0 to 999 999. */
  readonly nanos: number
}

export interface Exit {
  /** 128 + signal for a process that a signal ended; 255 when nobody knows. */
  readonly status: number
  readonly at: ExitTime
}

/** The init of a task, or a process executed in it. */
export interface ProcessState extends TaskIo {
  /** Container id for the init, exec id otherwise. */
  readonly id: string
  readonly pid: number
  readonly status: ProcessStatus
  /** Present once the process has ended. */
  readonly exit?: Exit | undefined
}

export interface NewTask extends TaskIo {
  readonly id: string
  /** Runtime name or shim path. */
  readonly runtime: string
  /** Options from the container record, used where the task brings none. */
  readonly runtimeOptions?: TypedAny | undefined
  readonly taskOptions?: TypedAny | undefined
  /** OCI runtime spec, JSON in an Any, written to the bundle byte for byte. */
  readonly spec?: TypedAny | undefined
  readonly rootfs: readonly Mount[]
  /** Directory of a checkpoint to restore from. */
  readonly checkpoint?: string | undefined
  readonly sandboxId?: string | undefined
  /** Endpoint (`protocol+address`) of a task API to join in place of starting a shim. */
  readonly taskApiAddress?: string | undefined
  readonly taskApiVersion?: number | undefined
}

/** What a container's record says of its task; mounts and streams are for whoever makes the task. */
export const taskOf = (
  container: Container,
): Pick<NewTask, 'id' | 'runtime' | 'runtimeOptions' | 'spec' | 'sandboxId'> => ({
  id: container.id,
  runtime: container.runtime.name,
  runtimeOptions: container.runtime.options,
  spec: container.spec,
  sandboxId: container.sandboxId === '' ? undefined : container.sandboxId,
})

export interface NewExec extends TaskIo {
  readonly execId: string
  /** OCI process, JSON in an Any. */
  readonly spec?: TypedAny | undefined
}

export interface DeletedProcess {
  readonly id: string
  readonly pid: number
  readonly exit: Exit
}

export interface PidInfo {
  readonly pid: number
  readonly info?: TypedAny | undefined
}

export interface KillOptions extends CallOptions {
  readonly execId?: string | undefined
  readonly all?: boolean | undefined
}

/** One running container: its init and what is executed beside it. */
export interface Task {
  readonly id: string
  readonly namespace: Namespace
  /** Pid of the init; 0 for a task that is yet to be restored. */
  readonly pid: number
  readonly runtime: string
  /** Starts the init, or the exec of that id; answers its pid. @throws {NotFoundError} */
  start(execId?: string, options?: CallOptions): Promise<number>
  /** @throws {NotFoundError} no such process, or the shim is gone */
  state(execId?: string, options?: CallOptions): Promise<ProcessState>
  /** @throws {AlreadyExistsError} @throws {InvalidArgumentError} */
  exec(exec: NewExec, options?: CallOptions): Promise<void>
  /** Removes a stopped exec. @throws {NotFoundError} */
  deleteExec(execId: string, options?: CallOptions): Promise<DeletedProcess>
  kill(signal: number, options?: KillOptions): Promise<void>
  pause(options?: CallOptions): Promise<void>
  resume(options?: CallOptions): Promise<void>
  resizePty(
    size: { readonly width: number; readonly height: number },
    execId?: string,
    options?: CallOptions,
  ): Promise<void>
  /** Lets the process see the end of its input once clients have closed theirs. */
  closeStdin(execId?: string, options?: CallOptions): Promise<void>
  pids(options?: CallOptions): Promise<readonly PidInfo[]>
  /** Writes a checkpoint into the directory `path`. */
  checkpoint(path: string, checkpointOptions?: TypedAny, options?: CallOptions): Promise<void>
  update(resources: TypedAny, annotations?: Readonly<Record<string, string>>, options?: CallOptions): Promise<void>
  /** Cgroup metrics, as the shim encodes them. */
  stats(options?: CallOptions): Promise<TypedAny>
  /** Resolves when the process has ended; at once if it has already. */
  wait(execId?: string, options?: CallOptions): Promise<Exit>
}

/**
 * Tasks of every namespace. Operations on one task run in the order of their calls where order matters (create,
 * start, delete); tasks do not wait for each other. Nothing here dies with the manager: shims go on, and the
 * next manager adopts them.
 */
export interface TaskManager {
  /** @throws {AlreadyExistsError} @throws {InvalidArgumentError} */
  create(namespace: Namespace, task: NewTask, options?: CallOptions): Promise<Task>
  /** @throws {NotFoundError} `task ID not found` */
  get(namespace: Namespace, id: string): Task
  /** Tasks of one namespace, or of all. */
  list(namespace?: Namespace): readonly Task[]
  /** Ends the task: shim, mounts and bundle are gone afterwards. @throws {NotFoundError} @throws {Error} it is running */
  delete(namespace: Namespace, id: string, options?: CallOptions): Promise<DeletedProcess>
  /** What a runtime says about itself (`-info`), as encoded by the shim. */
  runtimeInfo(runtime: string, runtimeOptions?: TypedAny, options?: CallOptions): Promise<TypedAny>
}

/** Watches tasks for metrics and OOM. */
export interface TaskMonitor {
  monitor(task: Task, labels?: Readonly<Record<string, string>>): void
  stop(task: Task): void
}
