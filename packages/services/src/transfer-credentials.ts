// SPDX-License-Identifier: Apache-2.0
import { packMessage, unpackMessage } from '@containerd-ts/api'
import { AuthRequestSchema, AuthResponseSchema, AuthType } from '@containerd-ts/api/types/transfer/registry_pb'
import type { AuthResponse } from '@containerd-ts/api/types/transfer/registry_pb'
import type { CallOptions, MessageStream, RegistryAccess, RegistryCredentials } from '@containerd-ts/core'
import { InvalidArgumentError, UnavailableError } from '@containerd-ts/errdefs'
import { KeyedLock } from '@containerd-ts/lifecycle'
import { toAny } from '@containerd-ts/wire'

/**
 * Asks the client at the other end of a stream, one question at a time.
 * @param defaults - of the transfer: ends a question when the transfer ends
 */
export function streamCredentials(
  stream: MessageStream,
  reference: string,
  defaults: CallOptions,
): NonNullable<RegistryAccess['credentials']> {
  const turn = new KeyedLock()
  return (host, challenge, options = defaults) =>
    turn.run(
      '',
      async () => {
        const wwwauthenticate = challenge === '' ? [] : [challenge]
        await stream.send(packMessage(AuthRequestSchema, { host, reference, wwwauthenticate }), options)
        const answer = await stream.receive(options)
        if (answer === undefined) throw new UnavailableError(`client gave no answer about credentials for ${host}`)
        const response = unpackMessage(AuthResponseSchema, toAny(answer))
        if (response === undefined) throw new InvalidArgumentError(`unexpected ${answer.typeUrl} about credentials`)
        return fromResponse(response)
      },
      options.signal,
    )
}

function fromResponse({ authType, username, secret }: AuthResponse): RegistryCredentials | undefined {
  switch (authType) {
    case AuthType.CREDENTIALS:
      return { username, secret }
    case AuthType.REFRESH:
      return { secret }
    case AuthType.HEADER:
      return { header: secret }
    case AuthType.NONE:
      return undefined
    default:
      throw new InvalidArgumentError(`unknown kind of credentials ${String(authType)}`)
  }
}
