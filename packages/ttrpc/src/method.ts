// SPDX-License-Identifier: Apache-2.0

/** How the messages of one type travel: bytes to message and back. */
export interface Codec<T, Init = T> {
  /** @throws when the bytes are no such message */
  decode(bytes: Uint8Array): T
  encode(message: Init): Uint8Array
}

export type MethodKind = 'unary' | 'server_streaming' | 'client_streaming' | 'bidi_streaming'

/** One method of a service, as both ends of a connection need to know it. */
export interface Method {
  /** Full name of the service. */
  readonly service: string
  /** Name on the wire. */
  readonly name: string
  readonly kind: MethodKind
  readonly input: Codec<unknown>
  readonly output: Codec<unknown>
}
