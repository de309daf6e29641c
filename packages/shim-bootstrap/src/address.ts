// SPDX-License-Identifier: Apache-2.0
import { InvalidArgumentError, UnimplementedError } from '@containerd-ts/errdefs'
import type { BootstrapResult } from './result.ts'

/** Where and how a task API is reached. */
export interface Endpoint {
  readonly protocol: 'ttrpc' | 'grpc'
  /** Path for a unix socket; an abstract one starts with NUL. */
  readonly path: string
}

/**
 * The endpoint of a shim. Over ttrpc an address without a scheme is an *abstract* socket even when it looks like a
 * path; over gRPC it is a path.
 * @throws {UnimplementedError} vsock and hybrid vsock
 * @throws {InvalidArgumentError} an unknown protocol, an empty address
 */
export function endpointOf({ protocol, address }: Pick<BootstrapResult, 'protocol' | 'address'>): Endpoint {
  const kind = protocol.toLowerCase()
  if (kind !== 'ttrpc' && kind !== 'grpc') throw new InvalidArgumentError(`unexpected protocol: "${protocol}"`)
  const [scheme, rest] = splitScheme(address)
  if (rest === '') throw new InvalidArgumentError('shim address must not be empty')
  if (scheme === 'unix') return { protocol: kind, path: rest }
  if (scheme !== undefined) throw new UnimplementedError(`shim address ${address}: scheme ${scheme}`)
  return { protocol: kind, path: kind === 'grpc' ? rest : `\0${rest}` }
}

/** `<protocol>+<address>`, the form in which a sandbox's task API is handed on. */
export const formatTaskApiAddress = ({ protocol, address }: Pick<BootstrapResult, 'protocol' | 'address'>): string =>
  `${protocol}+${address}`

/** @throws {InvalidArgumentError} it has no protocol */
export function parseTaskApiAddress(value: string, version: number): BootstrapResult {
  const match = /^(ttrpc|grpc)\+(.+)$/i.exec(value)
  if (match === null) throw new InvalidArgumentError(`task API address "${value}" must be <protocol>+<address>`)
  return { version, address: match[2] ?? '', protocol: (match[1] ?? '').toLowerCase() }
}

function splitScheme(address: string): [scheme: string | undefined, rest: string] {
  const at = address.indexOf('://')
  return at < 0 ? [undefined, address] : [address.slice(0, at), address.slice(at + 3)]
}
