// SPDX-License-Identifier: Apache-2.0
/**
 * The OCI runtime specification as its JSON document. Fields are writable: a spec is a draft that options work
 * on, one after the other, until it is encoded.
 */
export interface RuntimeSpec {
  ociVersion: string
  process?: SpecProcess
  root?: { path: string; readonly?: boolean }
  hostname?: string
  domainname?: string
  mounts?: SpecMount[]
  hooks?: Record<string, SpecHook[]>
  annotations?: Record<string, string>
  linux?: SpecLinux
  windows?: Record<string, unknown>
}

export interface SpecProcess {
  terminal?: boolean
  consoleSize?: { height: number; width: number }
  user: SpecUser
  args?: string[]
  commandLine?: string
  env?: string[]
  cwd: string
  capabilities?: SpecCapabilities
  rlimits?: SpecRlimit[]
  noNewPrivileges?: boolean
  apparmorProfile?: string
  oomScoreAdj?: number
  selinuxLabel?: string
}

export interface SpecUser {
  uid: number
  gid: number
  umask?: number
  additionalGids?: number[]
  username?: string
}

export type CapabilitySet = 'bounding' | 'effective' | 'inheritable' | 'permitted' | 'ambient'
export type SpecCapabilities = { [set in CapabilitySet]?: string[] }

export interface SpecRlimit {
  type: string
  hard: number
  soft: number
}

export interface SpecMount {
  destination: string
  type?: string
  source?: string
  options?: string[]
}

export interface SpecHook {
  path: string
  args?: string[]
  env?: string[]
  timeout?: number
}

export type NamespaceType = 'pid' | 'network' | 'mount' | 'ipc' | 'uts' | 'user' | 'cgroup' | 'time'

export interface SpecNamespace {
  type: NamespaceType
  path?: string
}

export interface SpecIdMapping {
  containerID: number
  hostID: number
  size: number
}

export interface SpecDevice {
  path: string
  type: 'b' | 'c' | 'u' | 'p'
  major: number
  minor: number
  fileMode?: number
  uid?: number
  gid?: number
}

export interface SpecDeviceRule {
  allow: boolean
  type?: 'a' | 'b' | 'c'
  major?: number
  minor?: number
  access?: string
}

export interface SpecResources {
  devices?: SpecDeviceRule[]
  memory?: {
    limit?: number
    reservation?: number
    swap?: number
    kernel?: number
    swappiness?: number
    disableOOMKiller?: boolean
  }
  cpu?: {
    shares?: number
    quota?: number
    period?: number
    cpus?: string
    mems?: string
    burst?: number
    idle?: number
  }
  pids?: { limit: number }
  blockIO?: Record<string, unknown>
  hugepageLimits?: { pageSize: string; limit: number }[]
  unified?: Record<string, string>
}

export interface SpecLinux {
  uidMappings?: SpecIdMapping[]
  gidMappings?: SpecIdMapping[]
  sysctl?: Record<string, string>
  resources?: SpecResources
  cgroupsPath?: string
  namespaces?: SpecNamespace[]
  devices?: SpecDevice[]
  seccomp?: SpecSeccomp
  rootfsPropagation?: string
  maskedPaths?: string[]
  readonlyPaths?: string[]
  mountLabel?: string
  intelRdt?: { closID?: string }
}

export interface SpecSeccompArg {
  index: number
  value: number
  valueTwo?: number
  op: string
}

export interface SpecSyscalls {
  names: string[]
  action: string
  errnoRet?: number
  args?: SpecSeccompArg[]
}

export interface SpecSeccomp {
  defaultAction: string
  defaultErrnoRet?: number
  architectures?: string[]
  flags?: string[]
  listenerPath?: string
  syscalls?: SpecSyscalls[]
}
