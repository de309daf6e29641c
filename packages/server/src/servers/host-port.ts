// SPDX-License-Identifier: Apache-2.0
import { InvalidArgumentError } from '@containerd-ts/errdefs'

/** Splits `host:port`, `[v6]:port` and `:port`. @throws {InvalidArgumentError} */
export function splitHostPort(address: string): { readonly host: string; readonly port: number } {
  const [, v6, name, port] = /^(?:\[([^\]]+)\]|([^:]*)):(\d{1,5})$/.exec(address) ?? []
  if (port === undefined || Number(port) > 65535)
    throw new InvalidArgumentError(`address "${address}" is not host:port`)
  return { host: v6 ?? (name === '' || name === undefined ? '0.0.0.0' : name), port: Number(port) }
}
