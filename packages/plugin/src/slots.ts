// SPDX-License-Identifier: Apache-2.0
import type {
  CollectorHost,
  ContentStore,
  DeprecationLog,
  Differ,
  EventExchange,
  GarbageCollector,
  ImageVerifier,
  LeaseManager,
  Metadata,
  Mounter,
  MountHandler,
  MountManager,
  Namespace,
  SandboxController,
  SnapshotBackend,
  StreamManager,
  TaskManager,
  TaskMonitor,
  Transferrer,
} from '@containerd-ts/core'
import { defineSlot } from './slot.ts'

/** Blobs without namespaces; metadata wraps them. */
export const ContentStores = defineSlot<ContentStore>('io.containerd.content.v1')
/** Snapshot backends without namespaces; metadata wraps them. */
export const Snapshotters = defineSlot<SnapshotBackend>('io.containerd.snapshotter.v1')
export const EventExchanges = defineSlot<EventExchange>('io.containerd.event.v1')
/** Records of every namespace, and the collector that works on them. */
export const MetadataStores = defineSlot<Metadata & CollectorHost>('io.containerd.metadata.v1')
/** Decides when garbage is collected; answers synchronous requests. */
export const GcSchedulers = defineSlot<GarbageCollector>('io.containerd.gc.v1')
/** Leases by namespace, with synchronous deletes going through the scheduler. */
export const LeaseManagers = defineSlot<{ in(namespace: Namespace): LeaseManager }>('io.containerd.lease.v1')
export const Differs = defineSlot<Differ>('io.containerd.differ.v1')
/** System calls behind mount descriptors; an extension of ours. */
export const Mounters = defineSlot<Mounter>('io.containerd.mounter.v1')
/** Named activations by namespace. */
export const MountManagers = defineSlot<{ in(namespace: Namespace): MountManager }>('io.containerd.mount-manager.v1')
/** Turns mounts of one type into something that later mounts or the caller can use. */
export const MountHandlers = defineSlot<MountHandler>('io.containerd.mount-handler.v1')
/** Streams that clients opened for other calls. */
export const StreamManagers = defineSlot<StreamManager>('io.containerd.streaming.v1')
/** Which features on their way out are in use. */
export const DeprecationLogs = defineSlot<DeprecationLog>('io.containerd.warning.v1')
/** Decide about images before they are stored. */
export const ImageVerifiers = defineSlot<ImageVerifier>('io.containerd.image-verifier.v1')
export const Transferrers = defineSlot<Transferrer>('io.containerd.transfer.v1')
export const Runtimes = defineSlot<TaskManager>('io.containerd.runtime.v2')
export const TaskMonitors = defineSlot<TaskMonitor>('io.containerd.monitor.task.v1')
/** Something with a background life of its own and no interface. */
export const ContainerMonitors = defineSlot<AsyncDisposable>('io.containerd.monitor.container.v1')
/** Sandboxes by kind; clients name the kind, `shim` by default. */
export const SandboxControllers = defineSlot<SandboxController>('io.containerd.sandbox.controller.v1')
