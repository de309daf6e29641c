// SPDX-License-Identifier: Apache-2.0
export { checkIdentifier, parseNamespace } from './identifier.ts'
export { digestAlgorithm, digestHex, digestOf, isDigest, parseDigest } from './digest.ts'
export { matchesAny } from './filter.ts'
export { parseFilter, parseFilters } from './filter-parser.ts'
export { keyOfPath, storedLabels, updatedLabels, withKey } from './label-update.ts'
export { checkLabels, LabelKey } from './labels.ts'
export { silentLogger } from './logger.ts'
export { taskOf } from './tasks.ts'
export type { CallOptions } from './call-options.ts'
export type { Container, ContainerRuntime, ContainerStore, NewContainer } from './containers.ts'
export type {
  BlobInfo,
  BlobReader,
  BlobWriter,
  CommitOptions,
  ContentIngester,
  ContentManager,
  ContentProvider,
  ContentStore,
  IngestOptions,
  IngestStatus,
} from './content.ts'
export type { ApplyOptions, Applier, CompareOptions, Comparer, Differ } from './diff.ts'
export type { DeprecatedFeature, DeprecationLog, DeprecationWarning } from './deprecations.ts'
export type { Digest } from './digest.ts'
export type {
  DomainEvent,
  Envelope,
  EventCodec,
  EventExchange,
  EventPublisher,
  SubscribeOptions,
  TaskEvent,
} from './events.ts'
export type { FieldPaths } from './field-mask.ts'
export type { FieldLookup, Filter } from './filter.ts'
export type { Namespace } from './identifier.ts'
export type { Descriptor, Image, ImageDeleteOptions, ImageStore, NewImage } from './images.ts'
export type { Labels } from './labels.ts'
export type {
  CollectorHost,
  MutationObserver,
  OutsideResource,
  ResourceCollection,
  ResourceCollector,
} from './gc-resources.ts'
export type { Lease, LeaseDeleteOptions, LeaseManager, LeaseResource, NewLease } from './leases.ts'
export type { LogFields, Logger } from './logger.ts'
export type { GarbageCollector, GcStats, Metadata, NamespaceView } from './metadata.ts'
export type {
  ActivateOptions,
  ActiveMount,
  HandledMount,
  Mount,
  MountActivation,
  Mounter,
  MountHandler,
  MountManager,
  TempMount,
  UnmountOptions,
} from './mounts.ts'
export type { NamespaceInfo, NamespaceStore } from './namespaces.ts'
export type { Platform } from './platform.ts'
export type { NewSandboxRun, SandboxController, SandboxStatus, StartedSandbox } from './sandbox-controller.ts'
export type { NewSandbox, Sandbox, SandboxStore } from './sandboxes.ts'
export type {
  SnapshotBackend,
  SnapshotCommitOptions,
  SnapshotCreateOptions,
  SnapshotInfo,
  SnapshotKind,
  Snapshotter,
  SnapshotUsage,
} from './snapshots.ts'
export type { MessageStream, RegisterStreamOptions, StreamManager } from './streams.ts'
export type {
  DeletedProcess,
  Exit,
  ExitTime,
  KillOptions,
  NewExec,
  NewTask,
  PidInfo,
  ProcessState,
  ProcessStatus,
  Task,
  TaskIo,
  TaskManager,
  TaskMonitor,
} from './tasks.ts'
export type {
  ByteSink,
  ExportStreamEnd,
  ExtraReference,
  ImageJudgement,
  ImageStoreEnd,
  ImageVerifier,
  ImportStreamEnd,
  RegistryAccess,
  RegistryCredentials,
  RegistryEnd,
  TransferEnd,
  TransferOptions,
  TransferProgress,
  Transferrer,
} from './transfer.ts'
export type { TypedAny } from './typed-any.ts'
