// SPDX-License-Identifier: Apache-2.0
import { existsSync, readlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { BinaryWriter } from '@bufbuild/protobuf/wire'
import { native } from '@containerd-ts/native-sys'
import { DEFAULT_SOCKET_DIR, groupOf, removeIfDead, shimSocketPath } from '@containerd-ts/shim-bootstrap'
import type { CleanupResult, ShimDefinition } from './definition.ts'
import type { ShimFlags } from './flags.ts'
import { textLogger } from './log.ts'
import { writeOut } from './output.ts'
import { sha256 } from './runtime.ts'

/** Cleans up after a container whose shim is gone, or never was; prints what is known of its end. */
export async function cleanUp(definition: ShimDefinition, flags: ShimFlags): Promise<void> {
  native.setSubreaper(true)
  const bundle = join(dirname(process.cwd()), flags.id)
  const log = textLogger(2, flags.debug, { runtime: definition.name, id: flags.id })
  const result = await definition.cleanup({ namespace: flags.namespace, id: flags.id, bundle, log })
  await removeSockets(definition, flags, bundle).catch((error: unknown) => log.warn('sockets not removed', { error }))
  writeOut(1, encodeResult(result))
}

/** The names that a killed server leaves; those of a group whose server lives are still in use. */
async function removeSockets(definition: ShimDefinition, flags: ShimFlags, bundle: string): Promise<void> {
  const spec = join(bundle, 'config.json')
  const group = (existsSync(spec) ? groupOf(definition.groupAnnotations, spec) : undefined) ?? flags.id
  const name = { grpcAddress: flags.address, namespace: flags.namespace, group, dir: socketDirOf(bundle) }
  for (const debug of [false, true]) await removeIfDead(shimSocketPath({ ...name, debug }, sha256), native)
}

function socketDirOf(bundle: string): string {
  try {
    return readlinkSync(join(bundle, 's'))
  } catch {
    return DEFAULT_SOCKET_DIR // a daemon that names no directory of its own
  }
}

/** A DeleteResponse of the task service, written by hand: loading the generated file would take longer than all else. */
export function encodeResult({ pid, exitStatus, exitedAt }: CleanupResult): Uint8Array {
  const ms = exitedAt.getTime()
  const seconds = Math.floor(ms / 1000)
  const timestamp = new BinaryWriter().tag(1, 0).int64(seconds)
  const nanos = (ms - seconds * 1000) * 1_000_000
  if (nanos !== 0) timestamp.tag(2, 0).int32(nanos)
  const writer = new BinaryWriter()
  writer.tag(1, 0).uint32(pid ?? 0xffff_ffff)
  writer.tag(2, 0).uint32(exitStatus)
  return writer.tag(3, 2).bytes(timestamp.finish()).finish()
}
