// SPDX-License-Identifier: Apache-2.0
export type { OutsideResource, ResourceCollection, ResourceCollector } from '@containerd-ts/core'
