// SPDX-License-Identifier: Apache-2.0
import { defaultSpec } from './default-spec.ts'
import type { DefaultSpecRequest } from './default-spec.ts'
import type { RuntimeSpec, SpecLinux, SpecProcess, SpecResources } from './runtime-spec.ts'

/** One step of making a spec; changes the draft in place. The order of steps matters. */
export type SpecOption = (spec: RuntimeSpec) => void | Promise<void>

/** The default spec after all options, in order. */
export async function buildSpec(request: DefaultSpecRequest, options: readonly SpecOption[]): Promise<RuntimeSpec> {
  const spec = defaultSpec(request)
  await applyOptions(spec, options)
  return spec
}

export async function applyOptions(spec: RuntimeSpec, options: readonly SpecOption[]): Promise<void> {
  for (const option of options) await option(spec)
}

/** Several options as one. */
export const compose =
  (...options: readonly SpecOption[]): SpecOption =>
  (spec) =>
    applyOptions(spec, options)

/** The process, made when missing. */
export const processOf = (spec: RuntimeSpec): SpecProcess => (spec.process ??= { user: { uid: 0, gid: 0 }, cwd: '/' })

/** The Linux part, made when missing. */
export const linuxOf = (spec: RuntimeSpec): SpecLinux => (spec.linux ??= {})

/** The resources, made when missing. */
export const resourcesOf = (spec: RuntimeSpec): SpecResources => (linuxOf(spec).resources ??= {})
