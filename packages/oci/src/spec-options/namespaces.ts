// SPDX-License-Identifier: Apache-2.0
import { hostname } from 'node:os'
import type { NamespaceType, SpecIdMapping, SpecNamespace } from '../runtime-spec.ts'
import { linuxOf } from '../spec-builder.ts'
import type { SpecOption } from '../spec-builder.ts'
import { withEnv } from './process.ts'

/** Shares the host's namespace: drops it from the spec. */
export const withHostNamespace =
  (type: NamespaceType): SpecOption =>
  (spec) => {
    const linux = linuxOf(spec)
    linux.namespaces = (linux.namespaces ?? []).filter((namespace) => namespace.type !== type)
  }

/** A namespace of the container's own, or the one at a path; replaces one of the same type in place. */
export const withNamespace =
  (namespace: SpecNamespace): SpecOption =>
  (spec) => {
    const linux = linuxOf(spec)
    const namespaces = linux.namespaces ?? []
    const known = namespaces.some(({ type }) => type === namespace.type)
    linux.namespaces = known
      ? namespaces.map((old) => (old.type === namespace.type ? namespace : old))
      : [...namespaces, namespace]
  }

/** A user namespace with these mappings, added to those there are. */
export const withUserNamespace =
  (uids: readonly SpecIdMapping[], gids: readonly SpecIdMapping[]): SpecOption =>
  async (spec) => {
    const linux = linuxOf(spec)
    if (!(linux.namespaces ?? []).some(({ type }) => type === 'user')) await withNamespace({ type: 'user' })(spec)
    linux.uidMappings = [...(linux.uidMappings ?? []), ...uids]
    linux.gidMappings = [...(linux.gidMappings ?? []), ...gids]
  }

export const withHostname =
  (name: string): SpecOption =>
  (spec) => {
    spec.hostname = name
  }

/** Tells processes the host's name through `HOSTNAME`. */
export const withHostnameEnv = (name = hostname()): SpecOption => withEnv([`HOSTNAME=${name}`])

/** Adds annotations. */
export const withAnnotations =
  (annotations: Readonly<Record<string, string>>): SpecOption =>
  (spec) => {
    if (Object.keys(annotations).length > 0) spec.annotations = { ...spec.annotations, ...annotations }
  }
