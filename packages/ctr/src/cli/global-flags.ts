// SPDX-License-Identifier: Apache-2.0
/** Flags that stand before the command. */
export interface GlobalFlags {
  readonly debug: boolean
  readonly address: string
  readonly namespace: string
  /** Limit of the whole command, in milliseconds; 0 is none. */
  readonly timeoutMs: number
  /** Limit of connecting, in milliseconds; 0 is the client's own. */
  readonly connectTimeoutMs: number
  /** Print one JSON document in place of text. */
  readonly json: boolean
}

const defaultAddress = '/run/containerd/containerd.sock'

export const globalFromEnvironment = (env: NodeJS.ProcessEnv): GlobalFlags => ({
  debug: env['CONTAINERD_DEBUG'] === 'true',
  address: env['CONTAINERD_ADDRESS'] ?? defaultAddress,
  namespace: env['CONTAINERD_NAMESPACE'] ?? 'default',
  timeoutMs: 0,
  connectTimeoutMs: 0,
  json: false,
})
