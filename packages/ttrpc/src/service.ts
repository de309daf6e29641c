// SPDX-License-Identifier: Apache-2.0
import type {
  DescMessage,
  DescMethod,
  DescMethodBiDiStreaming,
  DescMethodClientStreaming,
  DescMethodServerStreaming,
  DescMethodUnary,
  DescService,
  MessageInitShape,
  MessageShape,
} from '@bufbuild/protobuf'
import type { Metadata } from './metadata.ts'

/** What a handler knows about its call besides the message. */
export interface CallContext {
  /** Aborted when the deadline passes or the connection ends; the reason is a coded error. */
  readonly signal: AbortSignal
  readonly metadata: Metadata
  readonly method: DescMethod
}

/** Handler of one method; the four kinds have the shapes of Connect's `ServiceImpl`. */
export type MethodImpl<M extends DescMethod> =
  M extends DescMethodUnary<infer I, infer O>
    ? (request: MessageShape<I>, call: CallContext) => MessageInitShape<O> | Promise<MessageInitShape<O>>
    : M extends DescMethodServerStreaming<infer I, infer O>
      ? (request: MessageShape<I>, call: CallContext) => AsyncIterable<MessageInitShape<O>>
      : M extends DescMethodClientStreaming<infer I, infer O>
        ? (requests: AsyncIterable<MessageShape<I>>, call: CallContext) => Promise<MessageInitShape<O>>
        : M extends DescMethodBiDiStreaming<infer I, infer O>
          ? (requests: AsyncIterable<MessageShape<I>>, call: CallContext) => AsyncIterable<MessageInitShape<O>>
          : never

/** Handlers of a service by local method name; those left out answer Unimplemented. */
export type ServiceImpl<S extends DescService> = { [P in keyof S['method']]?: MethodImpl<S['method'][P]> }

/** A handler with the types worn off, as the server keeps it. */
export interface RegisteredMethod {
  readonly method: DescMethod
  readonly handler: (input: unknown, call: CallContext) => unknown
}

/** Services a server answers for, by full name and by the bare name of the method on the wire. */
export class ServiceTable {
  readonly #services = new Map<string, Map<string, RegisteredMethod>>()

  /** Adds a service, replacing an earlier one of the same name. `impl` may be a class instance. */
  register<S extends DescService>(service: S, impl: ServiceImpl<S>): void {
    const methods = new Map<string, RegisteredMethod>()
    for (const method of service.methods) {
      const handler: unknown = (impl as Record<string, unknown>)[method.localName]
      if (typeof handler !== 'function') continue
      methods.set(method.name, {
        method,
        handler: (input, call) => (handler as RegisteredMethod['handler']).call(impl, input, call),
      })
    }
    this.#services.set(service.typeName, methods)
  }

  /** The method, or the text of the Unimplemented answer. */
  find(service: string, method: string): RegisteredMethod | string {
    const methods = this.#services.get(service)
    if (methods === undefined) return `service ${service}`
    return methods.get(method) ?? `method ${method}`
  }
}

export type AnyMessageShape = MessageShape<DescMessage>
