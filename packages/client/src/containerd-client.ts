// SPDX-License-Identifier: Apache-2.0
import type { Transport } from '@connectrpc/connect'
import { parseNamespace } from '@containerd-ts/core'
import type {
  Differ,
  MountManager,
  Namespace,
  NamespaceStore,
  NamespaceView,
  Snapshotter,
  Transferrer,
} from '@containerd-ts/core'
import { createUnixTransport } from '@containerd-ts/rpc'
import type { UnixTransportOptions } from '@containerd-ts/rpc'
import { containersProxy } from './proxy/containers.ts'
import { differProxy } from './proxy/diff.ts'
import { eventsProxy } from './proxy/events.ts'
import type { EventsClient } from './proxy/events.ts'
import { imagesProxy } from './proxy/images.ts'
import { IntrospectionClient } from './proxy/introspection.ts'
import { leasesProxy } from './proxy/leases.ts'
import { mountsProxy } from './proxy/mounts.ts'
import { namespacesProxy } from './proxy/namespaces.ts'
import { patientContentProxy } from './proxy/patient-content.ts'
import { sandboxControllerProxy } from './proxy/sandbox-controller.ts'
import type { SandboxController } from './proxy/sandbox-controller.ts'
import { sandboxesProxy } from './proxy/sandboxes.ts'
import { scopeOf } from './proxy/scope.ts'
import { snapshotterProxy } from './proxy/snapshots.ts'
import { TasksClient } from './proxy/tasks.ts'

/** One namespace of a daemon: the contracts of `core` over RPC, and its tasks. */
export interface NamespaceClient extends NamespaceView {
  readonly differ: Differ
  readonly mounts: MountManager
  readonly tasks: TasksClient
  readonly sandboxController: SandboxController
}

/** A connection to a containerd, ours or the original. */
export interface ContainerdClient extends AsyncDisposable {
  readonly transport: Transport
  readonly namespaces: NamespaceStore
  readonly events: EventsClient
  readonly introspection: IntrospectionClient
  /** Servers from 1.7 on have it: see whether a plugin of type `io.containerd.transfer.v1` is there. */
  readonly transferrer: Transferrer
  /** @throws {InvalidArgumentError} the name breaks the grammar of identifiers */
  in(namespace: string): NamespaceClient
}

/**
 * Connects to the daemon at `address`; the connection is made with the first call.
 * The client owns it: dispose the client.
 */
export function connectContainerd(options: UnixTransportOptions): ContainerdClient {
  const transport = createUnixTransport(options)
  const client = clientOver(transport)
  return { ...client, [Symbol.asyncDispose]: () => transport[Symbol.asyncDispose]() }
}

/** The client over a transport of the caller's, such as one inside the process; disposal closes nothing. */
export function clientOver(transport: Transport): ContainerdClient {
  return {
    transport,
    namespaces: namespacesProxy(transport),
    events: eventsProxy(transport),
    introspection: new IntrospectionClient(transport),
    transferrer: {
      // Whoever transfers nothing does without its messages.
      transfer: async (...request) =>
        (await import('./transfer/transfer-proxy.ts')).transferProxy(transport).transfer(...request),
    },
    in: (name) => namespaceClient(transport, parseNamespace(name)),
    [Symbol.asyncDispose]: async () => {},
  }
}

function namespaceClient(transport: Transport, namespace: Namespace): NamespaceClient {
  const scope = scopeOf(namespace)
  return {
    namespace,
    content: patientContentProxy(transport, scope),
    images: imagesProxy(transport, scope),
    containers: containersProxy(transport, scope),
    leases: leasesProxy(transport, scope),
    sandboxes: sandboxesProxy(transport, scope),
    snapshotter: (name): Snapshotter => snapshotterProxy(transport, name, scope),
    differ: differProxy(transport, scope),
    mounts: mountsProxy(transport, scope),
    tasks: new TasksClient(transport, namespace),
    sandboxController: sandboxControllerProxy(transport, namespace),
  }
}
