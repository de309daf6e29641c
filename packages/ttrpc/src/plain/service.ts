// SPDX-License-Identifier: Apache-2.0
import type { CallContext } from '../service.ts'
import type { PlainInit, PlainMessage } from './message.ts'

/** A unary method. */
export interface PlainMethod<I, O> {
  readonly input: PlainMessage<I>
  readonly output: PlainMessage<O>
}

/** Methods by their names on the wire. */
export type PlainMethods = Readonly<Record<string, PlainMethod<unknown, unknown>>>

/** A service of unary methods, described by hand like its messages. */
export interface PlainService<M extends PlainMethods> {
  readonly typeName: string
  readonly methods: M
}

/** Handlers by local name (`resizePty` for `ResizePty`); those left out answer Unimplemented. */
export type PlainServiceImpl<M extends PlainMethods> = {
  readonly [K in keyof M & string as Uncapitalize<K>]?: M[K] extends PlainMethod<infer I, infer O>
    ? (request: I, call: CallContext) => PlainInit<O> | Promise<PlainInit<O>>
    : never
}

/** The local name of a method. */
export const localName = (name: string): string => name.charAt(0).toLowerCase() + name.slice(1)

export const unary = <I, O>(input: PlainMessage<I>, output: PlainMessage<O>): PlainMethod<I, O> => ({ input, output })
