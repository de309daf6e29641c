// SPDX-License-Identifier: Apache-2.0
import { Task as TaskV2 } from '@containerd-ts/api/runtime/task/v2/shim_pb'
import { Task as TaskV3 } from '@containerd-ts/api/runtime/task/v3/shim_pb'
import type { Namespace } from '@containerd-ts/core'
import { isUnavailable, isUnimplemented } from '@containerd-ts/errdefs'
import { createClient, createUnixTransport, type UnixTransport } from '@containerd-ts/rpc'
import { endpointOf, type BootstrapResult } from '@containerd-ts/shim-bootstrap'
import { createTtrpcClient, isTtrpcClosed, TtrpcConnection, type TtrpcClient } from '@containerd-ts/ttrpc'

/** Calls of the task API. Versions 2 and 3 have the same messages, so one face serves both. */
export type TaskCalls = TtrpcClient<typeof TaskV3>

/** A connection to a shim's task API. */
export interface TaskApi extends AsyncDisposable {
  readonly calls: TaskCalls
  readonly version: number
  /** Resolves once the connection has ended, whoever ended it. */
  readonly gone: Promise<void>
  /** Whether the failure of a call means that the connection was lost, not that the shim refused. */
  isLost(error: unknown): boolean
  /** Runs a first call; when the shim does not know this version, goes down to 2 and runs it once more. */
  negotiate<T>(call: (calls: TaskCalls) => Promise<T>): Promise<T>
}

/** Connects to a shim. */
export type TaskApiConnector = (
  bootstrap: BootstrapResult,
  namespace: Namespace,
  signal?: AbortSignal,
) => Promise<TaskApi>

/** Task API 2 or 3 over ttrpc, or 3 over gRPC. @throws {UnavailableError} nobody listens there */
export const connectTaskApi: TaskApiConnector = async (bootstrap, namespace, signal) => {
  const { protocol, path } = endpointOf(bootstrap)
  if (protocol === 'grpc') return new GrpcTaskApi(path, namespace)
  const connection = await TtrpcConnection.connect(path, { signal })
  return new TtrpcTaskApi(connection, namespace, bootstrap.version)
}

class TtrpcTaskApi implements TaskApi {
  readonly #connection: TtrpcConnection
  readonly #namespace: Namespace
  #version: number
  #calls: TaskCalls

  constructor(connection: TtrpcConnection, namespace: Namespace, version: number) {
    this.#connection = connection
    this.#namespace = namespace
    this.#version = version
    this.#calls = this.#client(version)
  }

  get calls(): TaskCalls {
    return this.#calls
  }

  get version(): number {
    return this.#version
  }

  get gone(): Promise<void> {
    return this.#connection.gone
  }

  isLost(error: unknown): boolean {
    return isTtrpcClosed(error)
  }

  async negotiate<T>(call: (calls: TaskCalls) => Promise<T>): Promise<T> {
    try {
      return await call(this.#calls)
    } catch (error) {
      if (this.#version <= 2 || !isUnimplemented(error)) throw error
    }
    this.#version = 2
    this.#calls = this.#client(2)
    return await call(this.#calls)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#connection[Symbol.asyncDispose]()
  }

  #client(version: number): TaskCalls {
    const options = { namespace: this.#namespace }
    if (version >= 3) return createTtrpcClient(TaskV3, this.#connection, options)
    return createTtrpcClient(TaskV2, this.#connection, options) as unknown as TaskCalls
  }
}

/** gRPC connects at the first call; a connection that stood and ended is gone for good, like one of ttrpc. */
class GrpcTaskApi implements TaskApi {
  readonly version = 3
  readonly calls: TaskCalls
  readonly #transport: UnixTransport
  readonly #gone = Promise.withResolvers<void>()
  #ended = false

  constructor(path: string, namespace: Namespace) {
    const onLost = (): void => this.#end()
    this.#transport = createUnixTransport({ address: path, headers: { 'containerd-namespace': namespace }, onLost })
    this.calls = createClient(TaskV3, this.#transport) as unknown as TaskCalls
  }

  get gone(): Promise<void> {
    return this.#gone.promise
  }

  isLost(error: unknown): boolean {
    return this.#ended && isUnavailable(error)
  }

  async negotiate<T>(call: (calls: TaskCalls) => Promise<T>): Promise<T> {
    return await call(this.calls)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#end()
    await this.#transport.close()
  }

  #end(): void {
    this.#ended = true
    this.#gone.resolve()
  }
}
