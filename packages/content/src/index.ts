// SPDX-License-Identifier: Apache-2.0
export { FsContentStore } from './fs-content-store.ts'
export type { FsContentStoreInit } from './fs-content-store.ts'
