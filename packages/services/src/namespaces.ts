// SPDX-License-Identifier: Apache-2.0
import type { ServiceImpl } from '@connectrpc/connect'
import { maskPaths } from '@containerd-ts/api'
import type { Namespaces } from '@containerd-ts/api/services/namespaces/v1/namespace_pb'
import { parseNamespace } from '@containerd-ts/core'
import type { Metadata, Namespace } from '@containerd-ts/core'
import { optionsOf } from './call.ts'
import { collect } from './collect.ts'
import { required } from './required.ts'

/** containerd.services.namespaces.v1.Namespaces */
export const namespacesService = ({ namespaces }: Metadata): ServiceImpl<typeof Namespaces> => ({
  async get({ name }, context) {
    // Whatever has no record has no labels, be it a name or not.
    const labels = await namespaces.labels(name as Namespace, optionsOf(context))
    return { namespace: { name, labels: { ...labels } } }
  },

  async list(_request, context) {
    const found = namespaces.list(optionsOf(context))
    return { namespaces: await collect(found, ({ name, labels }) => ({ name, labels: { ...labels } })) }
  },

  async create(request, context) {
    const { name, labels } = required(request.namespace, 'namespace')
    await namespaces.create(parseNamespace(name), labels, optionsOf(context))
    return { namespace: { name, labels } }
  },

  async update(request, context) {
    const { name, labels } = required(request.namespace, 'namespace')
    await namespaces.update(parseNamespace(name), labels, maskPaths(request.updateMask), optionsOf(context))
    return {}
  },

  async delete({ name }, context) {
    await namespaces.delete(name as Namespace, optionsOf(context))
    return {}
  },
})
