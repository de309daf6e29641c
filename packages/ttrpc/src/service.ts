// SPDX-License-Identifier: Apache-2.0
import type {
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
import { methodOf } from './descriptor-method.ts'
import type { Method } from './method.ts'
import { localName } from './plain/service.ts'
import type { PlainMethods, PlainService, PlainServiceImpl } from './plain/service.ts'

/** What a handler knows about its call besides the message. */
export interface CallContext {
  /** Aborted when the deadline passes or the connection ends; the reason is a coded error. */
  readonly signal: AbortSignal
  readonly metadata: Metadata
  readonly method: Method
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
  readonly method: Method
  readonly handler: (input: unknown, call: CallContext) => unknown
}

type Handlers = Readonly<Record<string, unknown>>

/** Services a server answers for, by full name and by the bare name of the method on the wire. */
export class ServiceTable {
  readonly #services = new Map<string, Map<string, RegisteredMethod>>()

  /** Adds a service, replacing an earlier one of the same name. `impl` may be a class instance. */
  register<S extends DescService>(service: S, impl: ServiceImpl<S>): void {
    const methods = service.methods.map((method) => ({ method: methodOf(method), local: method.localName }))
    this.#add(service.typeName, methods, impl)
  }

  /** The same for a service that is described by hand. */
  registerPlain<M extends PlainMethods>({ typeName, methods }: PlainService<M>, impl: PlainServiceImpl<M>): void {
    const list = Object.entries(methods).map(([name, { input, output }]) => {
      return { method: { service: typeName, name, kind: 'unary', input, output } as const, local: localName(name) }
    })
    this.#add(typeName, list, impl)
  }

  /** The method, or the text of the Unimplemented answer. */
  find(service: string, method: string): RegisteredMethod | string {
    const methods = this.#services.get(service)
    if (methods === undefined) return `service ${service}`
    return methods.get(method) ?? `method ${method}`
  }

  #add(
    typeName: string,
    methods: readonly { readonly method: Method; readonly local: string }[],
    impl: Handlers,
  ): void {
    const registered = new Map<string, RegisteredMethod>()
    for (const { method, local } of methods) {
      const handler: unknown = impl[local]
      if (typeof handler !== 'function') continue
      registered.set(method.name, {
        method,
        handler: (input, call) => (handler as RegisteredMethod['handler']).call(impl, input, call),
      })
    }
    this.#services.set(typeName, registered)
  }
}
