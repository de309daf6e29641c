// SPDX-License-Identifier: Apache-2.0
import type { Platform } from '@containerd-ts/core'
import { InvalidArgumentError } from '@containerd-ts/errdefs'

export type { Platform }

const knownOs = new Set(
  'aix android darwin dragonfly freebsd hurd illumos ios js linux nacl netbsd openbsd plan9 solaris windows zos'.split(
    ' ',
  ),
)
const knownArch = new Set(
  (
    '386 amd64 amd64p32 arm armbe arm64 arm64be ppc64 ppc64le loong64 mips mipsle mips64 mips64le mips64p32 ' +
    'mips64p32le ppc riscv riscv64 s390 s390x sparc sparc64 wasm'
  ).split(' '),
)

const nodeOs: Readonly<Record<string, string>> = { win32: 'windows', sunos: 'solaris' }
const nodeArch: Readonly<Record<string, string>> = { x64: 'amd64', ia32: '386', ppc64: 'ppc64le' }

export const hostOs = (): string => nodeOs[process.platform] ?? process.platform
export const hostArchitecture = (): string => nodeArch[process.arch] ?? process.arch

function normaliseOs(os: string): string {
  const lower = os.toLowerCase()
  if (lower === '') return hostOs()
  return lower === 'macos' ? 'darwin' : lower
}

function normaliseArch(architecture: string, variant: string): { architecture: string; variant: string } {
  const arch = architecture.toLowerCase()
  const v = variant.toLowerCase()
  switch (arch) {
    case 'i386':
      return { architecture: '386', variant: '' }
    case 'x86_64':
    case 'x86-64':
    case 'amd64':
      return { architecture: 'amd64', variant: v === 'v1' ? '' : v }
    case 'aarch64':
    case 'arm64':
      if (v === '8' || v === 'v8' || v === 'v8.0') return { architecture: 'arm64', variant: '' }
      return { architecture: 'arm64', variant: v === '9' || v === '9.0' || v === 'v9.0' ? 'v9' : v }
    case 'armhf':
      return { architecture: 'arm', variant: 'v7' }
    case 'armel':
      return { architecture: 'arm', variant: 'v6' }
    case 'arm':
      if (v === '' || v === '7') return { architecture: 'arm', variant: 'v7' }
      return { architecture: 'arm', variant: v === '5' || v === '6' || v === '8' ? `v${v}` : v }
    default:
      return { architecture: arch, variant: v }
  }
}

/** The one spelling of a platform; both sides of every comparison are normalised. */
export function normalisePlatform(platform: Platform): Platform {
  const { architecture, variant } = normaliseArch(platform.architecture, platform.variant ?? '')
  return makePlatform(normaliseOs(platform.os), architecture, variant, platform.osVersion, platform.osFeatures)
}

function makePlatform(
  os: string,
  architecture: string,
  variant: string,
  osVersion?: string,
  osFeatures?: readonly string[],
): Platform {
  return {
    os,
    architecture,
    ...(variant === '' ? {} : { variant }),
    ...(osVersion === undefined || osVersion === '' ? {} : { osVersion }),
    ...(osFeatures === undefined || osFeatures.length === 0 ? {} : { osFeatures }),
  }
}

const component = /^[A-Za-z0-9_.-]+$/
const osComponent = /^([A-Za-z0-9_.-]+)(?:\(([^()]*)\))?$/

function unescape(text: string, specifier: string): string {
  try {
    return decodeURIComponent(text)
  } catch (cause) {
    throw new InvalidArgumentError(`"${specifier}": invalid escape in OS version or features`, { cause })
  }
}

/**
 * Parses `os[(version[+feature…])][/arch[/variant]]`; a single component may name an OS or an architecture, the
 * other half is the host's.
 * @throws {InvalidArgumentError}
 */
export function parsePlatform(specifier: string): Platform {
  if (specifier.includes('*')) throw new InvalidArgumentError(`"${specifier}": wildcards not yet supported`)
  const parts = specifier.split('/')
  const first = osComponent.exec(parts[0] ?? '')
  if (parts.length > 3) throw new InvalidArgumentError(`"${specifier}": cannot parse platform specifier`)
  if (first === null || !parts.slice(1).every((part) => component.test(part))) {
    throw new InvalidArgumentError(`"${specifier}" is an invalid platform specifier component`)
  }
  const [version = '', ...features] = (first[2] ?? '').split('+').map((text) => unescape(text, specifier))
  const name = first[1] as string
  const blankArm7 = (a: { architecture: string; variant: string }) =>
    a.architecture === 'arm' && a.variant === 'v7' ? { ...a, variant: '' } : a
  if (parts.length === 1) {
    const os = normaliseOs(name)
    if (knownOs.has(os)) {
      const own = hostPlatform()
      return makePlatform(os, own.architecture, own.variant === 'v7' ? '' : (own.variant ?? ''), version, features)
    }
    const arch = blankArm7(normaliseArch(name, ''))
    if (knownArch.has(arch.architecture))
      return makePlatform(hostOs(), arch.architecture, arch.variant, version, features)
    throw new InvalidArgumentError(`"${specifier}": unknown operating system or architecture`)
  }
  let arch = normaliseArch(parts[1] as string, parts[2] ?? '')
  if (parts.length === 2) arch = blankArm7(arch)
  else if (arch.architecture === 'arm64' && arch.variant === '') arch = { ...arch, variant: 'v8' }
  return makePlatform(normaliseOs(name), arch.architecture, arch.variant, version, features)
}

/** `os/arch[/variant]`. An empty OS reads `unknown`. */
export function formatPlatform(platform: Platform): string {
  if (platform.os === '') return 'unknown'
  return [platform.os, platform.architecture, platform.variant ?? ''].filter((part) => part !== '').join('/')
}

/** As `formatPlatform`, with `(version+feature…)` after the OS. */
export function formatPlatformAll(platform: Platform): string {
  if (platform.os === '') return 'unknown'
  const escape = (text: string): string =>
    text.replaceAll(/[%+()/]/g, (c) => encodeURIComponent(c).replace(/^[(]$/, '%28').replace(/^[)]$/, '%29'))
  const features = (platform.osFeatures ?? []).map((feature) => `+${escape(feature)}`).join('')
  const extra = escape(platform.osVersion ?? '') + features
  return formatPlatform({ ...platform, os: extra === '' ? platform.os : `${platform.os}(${extra})` })
}

let cpuVariant: string | undefined

/** Variant of the running CPU; only ARM has one. Reads of `/proc/cpuinfo` are given in by tests. */
export function armVariantOf(cpuinfo: string): string {
  const field = (name: string): string =>
    new RegExp(`^${name}\\s*:\\s*(.*)$`, 'im').exec(cpuinfo)?.[1]?.trim().toLowerCase() ?? ''
  const architecture = field('cpu architecture')
  if (architecture === '7' && field('model name').startsWith('armv6-compatible')) return 'v6'
  if (architecture === 'aarch64') return 'v8'
  return /^[5678]/.test(architecture) ? `v${architecture[0]}` : ''
}

function ownVariant(): string {
  if (hostArchitecture() !== 'arm' && hostArchitecture() !== 'arm64') return ''
  if (cpuVariant === undefined) {
    let text = ''
    try {
      text = process.getBuiltinModule('node:fs').readFileSync('/proc/cpuinfo', 'utf8')
    } catch {
      // no procfs: the plain architecture is the best guess
    }
    cpuVariant = armVariantOf(text)
  }
  return cpuVariant
}

/** The platform this process runs on, normalised. */
export function hostPlatform(): Platform {
  return normalisePlatform({ os: hostOs(), architecture: hostArchitecture(), variant: ownVariant() })
}
