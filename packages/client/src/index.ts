// SPDX-License-Identifier: Apache-2.0
export { clientOver, connectContainerd } from './containerd-client.ts'
export { IntrospectionClient } from './proxy/introspection.ts'
export { TaskProxy } from './proxy/task.ts'
export { TasksClient } from './proxy/tasks.ts'
export type { ContainerdClient, NamespaceClient } from './containerd-client.ts'
export type { EventsClient } from './proxy/events.ts'
export type { CreateTask, TaskMetrics } from './proxy/tasks.ts'
