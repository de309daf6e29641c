// SPDX-License-Identifier: Apache-2.0
export { StreamTable } from './stream-table.ts'
