// SPDX-License-Identifier: Apache-2.0
import type { Transport } from '@connectrpc/connect'
import { Introspection } from '@containerd-ts/api/services/introspection/v1/introspection_pb'
import type { Plugin, ServerResponse } from '@containerd-ts/api/services/introspection/v1/introspection_pb'
import { Version } from '@containerd-ts/api/services/version/v1/version_pb'
import { packMessage } from '@containerd-ts/api'
import { RuntimeInfoSchema, RuntimeRequestSchema } from '@containerd-ts/api/types/introspection_pb'
import type { RuntimeInfo } from '@containerd-ts/api/types/introspection_pb'
import { unpackMessage } from '@containerd-ts/api'
import type { CallOptions, TypedAny } from '@containerd-ts/core'
import { createClient } from '@containerd-ts/rpc'
import { toAny } from '@containerd-ts/wire'
import { present } from './present.ts'
import { scopeOf } from './scope.ts'

/** What a daemon says about itself. */
export class IntrospectionClient {
  readonly #introspection
  readonly #version

  constructor(transport: Transport) {
    this.#introspection = createClient(Introspection, transport)
    this.#version = createClient(Version, transport)
  }

  async version(options?: CallOptions): Promise<{ readonly version: string; readonly revision: string }> {
    const { version, revision } = await this.#version.version({}, scopeOf()(options))
    return { version, revision }
  }

  async plugins(filters: readonly string[] = [], options?: CallOptions): Promise<readonly Plugin[]> {
    return (await this.#introspection.plugins({ filters: [...filters] }, scopeOf()(options))).plugins
  }

  server(options?: CallOptions): Promise<ServerResponse> {
    return this.#introspection.server({}, scopeOf()(options))
  }

  /** Asks the daemon to ask a runtime. @throws {UnimplementedError} servers before 2.0 */
  async runtime(runtimePath: string, runtimeOptions?: TypedAny, options?: CallOptions): Promise<RuntimeInfo> {
    const any = runtimeOptions === undefined ? {} : { options: toAny(runtimeOptions) }
    const request = packMessage(RuntimeRequestSchema, { runtimePath, ...any })
    const { extra } = await this.#introspection.pluginInfo(
      { type: 'io.containerd.runtime.v2', id: 'task', options: request },
      scopeOf()(options),
    )
    return present(unpackMessage(RuntimeInfoSchema, extra), 'runtime information')
  }
}
