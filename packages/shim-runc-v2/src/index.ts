// SPDX-License-Identifier: Apache-2.0
export { runcShim } from './definition.ts'
export { shimVersion } from './version.ts'
