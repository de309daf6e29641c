// SPDX-License-Identifier: Apache-2.0
import { release } from 'node:os'
import { hostArchitecture } from './platform.ts'
import type { SpecSeccomp, SpecSeccompArg, SpecSyscalls } from './runtime-spec.ts'
import { allowedSyscalls, syscallsByArchitecture, syscallsByCapability } from './seccomp-syscalls.ts'
import { linuxOf, processOf } from './spec-builder.ts'
import type { SpecOption } from './spec-builder.ts'

export interface SeccompRequest {
  /** Bounding capabilities, in the order of the spec. */
  readonly capabilities: readonly string[]
  /** In the terms of images; default: this machine's. */
  readonly architecture?: string | undefined
  /** Such as `6.1.0-18-amd64`; default: the running kernel's. */
  readonly kernelRelease?: string | undefined
}

const architectures: Readonly<Record<string, readonly string[]>> = {
  amd64: ['SCMP_ARCH_X86_64', 'SCMP_ARCH_X86', 'SCMP_ARCH_X32'],
  arm64: ['SCMP_ARCH_ARM', 'SCMP_ARCH_AARCH64'],
  s390x: ['SCMP_ARCH_S390', 'SCMP_ARCH_S390X'],
  riscv64: ['SCMP_ARCH_RISCV64'],
  loong64: ['SCMP_ARCH_LOONGARCH64'],
}

const allow = (names: readonly string[], ...args: readonly SpecSeccompArg[]): SpecSyscalls => ({
  names: [...names],
  action: 'SCMP_ACT_ALLOW',
  ...(args.length === 0 ? {} : { args: [...args] }),
})

const when = (op: string, value: number, index = 0): SpecSeccompArg => ({ index, value, op: `SCMP_CMP_${op}` })

/** Flags of clone(2) that make namespaces. */
const namespaceFlags = 0x7e020000
const enosys = 38

function isAtLeast48(kernelRelease: string): boolean {
  const [major = 0, minor = 0] = kernelRelease.split(/[.-]/).map(Number)
  return major > 4 || (major === 4 && minor >= 8)
}

/**
 * The default profile: what containers usually need, and what each of their capabilities is for. AF_ALG and
 * AF_VSOCK sockets, new namespaces without CAP_SYS_ADMIN and anything unknown are refused.
 */
export function defaultSeccomp(request: SeccompRequest): SpecSeccomp {
  const { capabilities, architecture = hostArchitecture(), kernelRelease = release() } = request
  const syscalls = [
    allow(allowedSyscalls),
    allow(['socket'], when('LT', 38)),
    allow(['socket'], when('EQ', 39)),
    allow(['socket'], when('GT', 40)),
    ...[0x0, 0x8, 0x20000, 0x20008, 0xffffffff].map((persona) => allow(['personality'], when('EQ', persona))),
  ]
  if (isAtLeast48(kernelRelease)) syscalls.push(allow(['process_vm_readv', 'process_vm_writev', 'ptrace']))
  const own = syscallsByArchitecture[architecture]
  if (own !== undefined) syscalls.push(allow(own))
  for (const capability of capabilities) {
    const names = syscallsByCapability[capability]
    if (names !== undefined) syscalls.push(allow(names))
  }
  if (!capabilities.includes('CAP_SYS_ADMIN')) {
    const flagsIndex = architecture === 's390x' ? 1 : 0
    syscalls.push(allow(['clone'], when('MASKED_EQ', namespaceFlags, flagsIndex)))
    // Programs fall back to clone when clone3 seems unknown.
    syscalls.push({ names: ['clone3'], action: 'SCMP_ACT_ERRNO', errnoRet: enosys })
  }
  const archs = architectures[architecture]
  return { defaultAction: 'SCMP_ACT_ERRNO', ...(archs === undefined ? {} : { architectures: [...archs] }), syscalls }
}

/** The default profile for the capabilities the spec has by now: they must be final. */
export const withDefaultSeccomp: SpecOption = (spec) => {
  linuxOf(spec).seccomp = defaultSeccomp({ capabilities: processOf(spec).capabilities?.bounding ?? [] })
}

export const withSeccomp =
  (profile: SpecSeccomp): SpecOption =>
  (spec) => {
    linuxOf(spec).seccomp = profile
  }

export const withoutSeccomp: SpecOption = (spec) => {
  delete linuxOf(spec).seccomp
}
