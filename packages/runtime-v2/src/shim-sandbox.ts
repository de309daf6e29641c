// SPDX-License-Identifier: Apache-2.0
import { Sandbox as SandboxApi } from '@containerd-ts/api/runtime/sandbox/v1/sandbox_pb'
import { UnimplementedError } from '@containerd-ts/errdefs'
import { endpointOf, formatTaskApiAddress } from '@containerd-ts/shim-bootstrap'
import type { BootstrapResult } from '@containerd-ts/shim-bootstrap'
import { createTtrpcClient, TtrpcConnection } from '@containerd-ts/ttrpc'
import type { TtrpcClient } from '@containerd-ts/ttrpc'
import type { Shim } from './shim.ts'

/** A sandbox and the shim that runs it. */
export class ShimSandbox {
  readonly shim: Shim
  readonly calls: TtrpcClient<typeof SandboxApi>
  /** Where tasks find the shim's task API. */
  readonly address: string
  readonly version: number
  readonly #connection: TtrpcConnection

  private constructor(shim: Shim, connection: TtrpcConnection, endpoint: BootstrapResult) {
    this.shim = shim
    this.#connection = connection
    this.calls = createTtrpcClient(SandboxApi, connection, { namespace: shim.namespace })
    this.address = formatTaskApiAddress(endpoint)
    this.version = endpoint.version
  }

  /** Opens the sandbox API beside the task API. @throws {UnimplementedError} a shim that speaks gRPC */
  static async open(shim: Shim, endpoint: BootstrapResult, signal?: AbortSignal): Promise<ShimSandbox> {
    const { protocol, path } = endpointOf(endpoint)
    if (protocol !== 'ttrpc') throw new UnimplementedError(`sandbox ${shim.id}: sandbox API over ${protocol}`)
    return new ShimSandbox(shim, await TtrpcConnection.connect(path, { signal }), endpoint)
  }

  /** Ends the connections and what is left of the shim. */
  async cleanUp(): Promise<void> {
    await this.#connection[Symbol.asyncDispose]()
    await this.shim.cleanUp()
  }

  /** Ends the connections and nothing else. */
  async detach(): Promise<void> {
    await this.#connection[Symbol.asyncDispose]()
    await this.shim.detach()
  }
}
