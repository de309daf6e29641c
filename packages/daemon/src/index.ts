// SPDX-License-Identifier: Apache-2.0
export { builtins } from './builtins.ts'
export { proxyPlugins } from './proxy-plugins.ts'
