// SPDX-License-Identifier: Apache-2.0
/** All capabilities by their number. @see capability.h */
const numbered =
  'CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE NET_BIND_SERVICE ' +
  'NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT SYS_PTRACE SYS_PACCT ' +
  'SYS_ADMIN SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP ' +
  'MAC_OVERRIDE MAC_ADMIN SYSLOG WAKE_ALARM BLOCK_SUSPEND AUDIT_READ PERFMON BPF CHECKPOINT_RESTORE'

const prefixed = (names: string): readonly string[] => names.split(' ').map((name) => `CAP_${name}`)

export const allCapabilityNames: readonly string[] = prefixed(numbered)

/** Capabilities of a container that asks for nothing else, in the original's order. */
export const defaultCapabilities: readonly string[] = prefixed(
  'CHOWN DAC_OVERRIDE FSETID FOWNER MKNOD NET_RAW SETGID SETUID SETFCAP SETPCAP NET_BIND_SERVICE SYS_CHROOT KILL ' +
    'AUDIT_WRITE',
)

/** Names in a mask such as `CapEff` of `/proc/<pid>/status`; bits without a name are left out. */
export function capabilitiesOfMask(hex: string): readonly string[] {
  const mask = BigInt(`0x${hex}`)
  return allCapabilityNames.filter((_, bit) => ((mask >> BigInt(bit)) & 1n) === 1n)
}

/** Effective capabilities in the text of `/proc/<pid>/status`. */
export function effectiveCapabilities(status: string): readonly string[] {
  const mask = /^CapEff:\s*([0-9a-fA-F]+)$/m.exec(status)?.[1]
  return mask === undefined ? [] : capabilitiesOfMask(mask)
}
