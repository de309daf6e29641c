// SPDX-License-Identifier: Apache-2.0
import type { CallOptions } from './call-options.ts'
import type { Filter } from './filter.ts'
import type { Namespace } from './identifier.ts'
import type { Labels } from './labels.ts'
import type { Mount } from './mounts.ts'
import type { ContainerRuntime } from './containers.ts'
import type { Digest } from './digest.ts'
import type { TypedAny } from './typed-any.ts'

/** Events that the daemon's own parts publish, before any wire encoding. */
export type DomainEvent =
  | {
      readonly topic: '/containers/create'
      readonly id: string
      readonly image: string
      readonly runtime: ContainerRuntime
    }
  | {
      readonly topic: '/containers/update'
      readonly id: string
      readonly image: string
      readonly labels: Labels
      readonly snapshotKey: string
    }
  | { readonly topic: '/containers/delete'; readonly id: string }
  | { readonly topic: '/content/create'; readonly digest: Digest; readonly sizeBytes: number }
  | { readonly topic: '/content/delete'; readonly digest: Digest }
  | { readonly topic: '/images/create' | '/images/update'; readonly name: string; readonly labels: Labels }
  | { readonly topic: '/images/delete'; readonly name: string }
  | { readonly topic: '/namespaces/create' | '/namespaces/update'; readonly name: Namespace; readonly labels: Labels }
  | { readonly topic: '/namespaces/delete'; readonly name: Namespace }
  | { readonly topic: '/snapshot/prepare'; readonly snapshotter: string; readonly key: string; readonly parent: string }
  | { readonly topic: '/snapshot/commit'; readonly snapshotter: string; readonly key: string; readonly name: string }
  | { readonly topic: '/snapshot/remove'; readonly snapshotter: string; readonly key: string }
  | { readonly topic: '/sandboxes/create' | '/sandboxes/start'; readonly sandboxId: string }
  | {
      readonly topic: '/sandboxes/exit'
      readonly sandboxId: string
      readonly exitStatus: number
      readonly exitedAt: Date
    }
  | TaskEvent

/** Events of a task; shims send them encoded, the daemon makes them when a shim is lost. */
export type TaskEvent =
  | {
      readonly topic: '/tasks/create'
      readonly containerId: string
      readonly bundle: string
      readonly rootfs: readonly Mount[]
      readonly io: {
        readonly stdin: string
        readonly stdout: string
        readonly stderr: string
        readonly terminal: boolean
      }
      readonly checkpoint: string
      readonly pid: number
    }
  | { readonly topic: '/tasks/start'; readonly containerId: string; readonly pid: number }
  | {
      readonly topic: '/tasks/exit'
      readonly containerId: string
      readonly id: string
      readonly pid: number
      readonly exitStatus: number
      readonly exitedAt: Date
    }
  | {
      readonly topic: '/tasks/delete'
      readonly containerId: string
      readonly id: string
      readonly pid: number
      readonly exitStatus: number
      readonly exitedAt: Date
    }
  | { readonly topic: '/tasks/oom' | '/tasks/paused' | '/tasks/resumed'; readonly containerId: string }
  | { readonly topic: '/tasks/exec-added'; readonly containerId: string; readonly execId: string }
  | {
      readonly topic: '/tasks/exec-started'
      readonly containerId: string
      readonly execId: string
      readonly pid: number
    }
  | { readonly topic: '/tasks/checkpointed'; readonly containerId: string; readonly checkpoint: string }

/** An event as it travels: who, when, what. */
export interface Envelope {
  readonly timestamp: Date
  /**
   * Nanoseconds within the timestamp's millisecond (0 to 999 999): times from Go peers keep their precision.
   */
  readonly timestampNanos?: number | undefined
  readonly namespace: string
  readonly topic: string
  readonly event: TypedAny
}

/** Encodes domain events and opens encoded ones for filters; the wire format is the composer's choice. */
export interface EventCodec {
  encode(event: DomainEvent): TypedAny
  /** Looks a field such as `['container_id']` up in an encoded event; absent for unknown types and fields. */
  field(event: TypedAny, path: readonly string[]): string | undefined
}

/** Publishes the daemon's own events. */
export interface EventPublisher {
  /** Resolves once every subscriber has the event in its queue. Stamps the time. */
  publish(namespace: Namespace, event: DomainEvent): Promise<void>
}

export interface SubscribeOptions extends CallOptions {
  /** Replays retained events from this time on before live ones. Absent: those a daemon that just started missed. */
  readonly since?: Date | undefined
}

/** Where all events meet. */
export interface EventExchange extends EventPublisher {
  /** Publishes an encoded event, stamping the time. @throws {InvalidArgumentError} bad namespace or topic */
  publishEncoded(namespace: string, topic: string, event: TypedAny): Promise<void>
  /** Takes an envelope as a shim sends it. @throws {InvalidArgumentError} bad namespace, topic or zero time */
  forward(envelope: Envelope): Promise<void>
  /**
   * Envelopes that match any of the filters, from the moment of the call on, in publish order.
   * Each subscriber has its own queue; leaving the loop ends the subscription.
   */
  subscribe(filters?: readonly Filter[], options?: SubscribeOptions): AsyncIterable<Envelope>
}
