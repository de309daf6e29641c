// SPDX-License-Identifier: Apache-2.0
import { lstat, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { errnoOf, InvalidArgumentError } from '@containerd-ts/errdefs'
import type { SpecDevice, SpecDeviceRule } from '../runtime-spec.ts'
import { linuxOf, resourcesOf } from '../spec-builder.ts'
import type { SpecOption } from '../spec-builder.ts'

const withRules =
  (rules: readonly SpecDeviceRule[]): SpecOption =>
  (spec) => {
    const resources = resourcesOf(spec)
    resources.devices = [...(resources.devices ?? []), ...rules]
  }

const rule = (major: number, minor?: number): SpecDeviceRule => ({
  allow: true,
  type: 'c',
  major,
  ...(minor === undefined ? {} : { minor }),
  access: 'rwm',
})

/** Allows null, random, full, tty, zero, urandom, console, ptys and ptmx; makes no nodes. */
export const withDefaultUnixDevices: SpecOption = withRules([
  rule(1, 3),
  rule(1, 8),
  rule(1, 7),
  rule(5, 0),
  rule(1, 5),
  rule(1, 9),
  rule(5, 1),
  rule(136),
  rule(5, 2),
])

/** Replaces all device rules by one that allows everything. */
export const withAllDevicesAllowed: SpecOption = (spec) => {
  resourcesOf(spec).devices = [{ allow: true, access: 'rwm' }]
}

/** Splits a Linux device number. @see gnu_dev_major(3) */
function deviceNumbers(rdev: number): { readonly major: number; readonly minor: number } {
  const dev = BigInt(rdev)
  return {
    major: Number(((dev >> 8n) & 0xfffn) | ((dev >> 32n) & 0xfffff000n)),
    minor: Number((dev & 0xffn) | ((dev >> 12n) & 0xffffff00n)),
  }
}

async function deviceAt(hostPath: string, path: string): Promise<SpecDevice | undefined> {
  const stat = await lstat(hostPath)
  if (!stat.isBlockDevice() && !stat.isCharacterDevice()) return undefined
  return {
    path,
    type: stat.isBlockDevice() ? 'b' : 'c',
    ...deviceNumbers(stat.rdev),
    fileMode: stat.mode & 0o7777,
    uid: stat.uid,
    gid: stat.gid,
  }
}

const sharedDirectories = new Set(['pts', 'shm', 'fd', 'mqueue', '.lxc', '.lxd-mounts', '.udev'])

/** Device nodes below a directory; what vanishes meanwhile is passed over. */
async function devicesBelow(hostDir: string, dir: string): Promise<SpecDevice[]> {
  const found: SpecDevice[] = []
  const entries = await readdir(hostDir, { withFileTypes: true })
  for (const entry of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    const [hostPath, path] = [join(hostDir, entry.name), join(dir, entry.name)]
    try {
      if (entry.isDirectory()) {
        if (!sharedDirectories.has(entry.name)) found.push(...(await devicesBelow(hostPath, path)))
      } else if (entry.name !== 'console') {
        const device = await deviceAt(hostPath, path)
        if (device !== undefined) found.push(device)
      }
    } catch (error) {
      if (errnoOf(error) !== 'ENOENT') throw error
    }
  }
  return found
}

/**
 * Makes a host device, or all below a host directory, known and allowed in the container.
 * @param access - letters out of `rwm`; all by default
 * @throws {InvalidArgumentError} not a device
 */
export const withDevice =
  (
    hostPath: string,
    { path = hostPath, access = 'rwm' }: { readonly path?: string; readonly access?: string } = {},
  ): SpecOption =>
  async (spec) => {
    const isDirectory = (await lstat(hostPath)).isDirectory()
    const single = isDirectory ? undefined : await deviceAt(hostPath, path)
    const devices = isDirectory ? await devicesBelow(hostPath, path) : single === undefined ? [] : [single]
    if (devices.length === 0) throw new InvalidArgumentError(`${hostPath} is not a device node`)
    const linux = linuxOf(spec)
    linux.devices = [...(linux.devices ?? []), ...devices]
    const rules = devices.map(({ type, major, minor }) => ({
      allow: true,
      type: type as 'b' | 'c',
      major,
      minor,
      access,
    }))
    await withRules(rules)(spec)
  }

/** All devices of the host, save those a container has of its own. Rules are an option apart. */
export const withHostDevices: SpecOption = async (spec) => {
  const linux = linuxOf(spec)
  linux.devices = [...(linux.devices ?? []), ...(await devicesBelow('/dev', '/dev'))]
}
