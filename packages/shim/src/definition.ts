// SPDX-License-Identifier: Apache-2.0
import type { Logger, TypedAny } from '@containerd-ts/core'
import type { TtrpcServer } from '@containerd-ts/ttrpc'
import type { EventSink } from './event-publisher.ts'
import type { ExitMonitor } from './exit-monitor.ts'

/** What a finished `delete` tells the daemon. */
export interface CleanupResult {
  /** Pid of the init; undefined when it cannot be told any more. */
  readonly pid: number | undefined
  readonly exitStatus: number
  readonly exitedAt: Date
}

export interface CleanupRequest {
  readonly namespace: string
  readonly id: string
  /** Bundle of the container to clean up after. */
  readonly bundle: string
  readonly log: Logger
}

/** What the framework lends to the service it hosts. */
export interface ShimHost {
  readonly namespace: string
  /** Id of the first container, the one the shim was started for. */
  readonly id: string
  /** Bundle of that container; also the working directory. */
  readonly bundle: string
  readonly log: Logger
  readonly events: EventSink
  readonly exits: ExitMonitor
  /** A container has reached a state in which it will stay: memory used on the way there can go. Returns at once. */
  settle(): void
  /** Asks for an orderly end; returns at once. */
  shutdown(): void
}

/** The service of a shim. Disposal closes what it holds open; containers go on running. */
export interface ShimService extends AsyncDisposable {
  register(server: TtrpcServer): void
  /** Lines for the log when somebody asks for a dump (SIGUSR1). */
  dump?(): Readonly<Record<string, unknown>>
}

export interface ShimVersion {
  readonly version: string
  readonly revision: string
}

/** A shim: its name and what each of its commands does. Whatever is not needed to start is loaded when asked for. */
export interface ShimDefinition {
  /** Runtime name, such as `io.containerd.runc.v2`. */
  readonly name: string
  readonly version: ShimVersion
  /** Annotations that name the group a container joins, the first present wins. */
  readonly groupAnnotations: readonly string[]
  /** The cgroup that the options ask for, for the server process. */
  shimCgroup(options: TypedAny): string | undefined | Promise<string | undefined>
  cleanup(request: CleanupRequest): Promise<CleanupResult>
  /** Encoded `containerd.types.RuntimeInfo` for the given options. */
  info(options: TypedAny | undefined): Promise<Uint8Array>
  serve(host: ShimHost): Promise<ShimService>
}
