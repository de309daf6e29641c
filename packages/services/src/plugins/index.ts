// SPDX-License-Identifier: Apache-2.0
export { grpcPlugins } from './grpc-plugins.ts'
export { servicePlugins, Services } from './service-plugins.ts'
