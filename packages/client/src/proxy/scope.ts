// SPDX-License-Identifier: Apache-2.0
import type { CallOptions as RpcOptions } from '@connectrpc/connect'
import type { CallOptions, Namespace } from '@containerd-ts/core'
import { scopeHeaders } from '@containerd-ts/rpc'

/** Turns a contract's options into an RPC's, in one namespace or in the caller's, if it tells. */
export type Scope = (options: CallOptions | undefined) => RpcOptions

export const scopeOf =
  (namespace?: Namespace): Scope =>
  (options) => ({
    headers: scopeHeaders({ namespace: namespace ?? options?.namespace, lease: options?.lease }),
    ...(options?.signal === undefined ? {} : { signal: options.signal }),
  })

/** Filters cross the wire as they were written. */
export const filterTexts = (filters: readonly { readonly text: string }[] | undefined): string[] =>
  filters?.map(({ text }) => text) ?? []
