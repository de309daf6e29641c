// SPDX-License-Identifier: Apache-2.0
export { setBinding } from './native/load.ts'
