// SPDX-License-Identifier: Apache-2.0
import { InvalidArgumentError, NotFoundError } from '@containerd-ts/errdefs'
import type { ImageConfig } from '../image-types.ts'
import type { SpecUser } from '../runtime-spec.ts'
import { compose, processOf } from '../spec-builder.ts'
import type { SpecOption } from '../spec-builder.ts'
import { UserDatabase } from '../user-database.ts'
import type { RootFileReader } from '../user-database.ts'
import { withImageProcess } from './process.ts'

const maxId = 2 ** 31 - 1

/** A number within range; absent for a name. */
function parseId(text: string, user: string, kind: 'uid' | 'gid'): number | undefined {
  if (!/^-?\d+$/.test(text)) return undefined
  const value = Number(text)
  if (value < 0 || value > maxId) throw new InvalidArgumentError(`invalid USER value "${user}": ${kind} out of range`)
  return value
}

/** The primary group always leads the additional ones. */
function leadWithPrimary(user: SpecUser, gids: readonly number[]): void {
  user.additionalGids = gids.includes(user.gid) ? [...gids] : [user.gid, ...gids]
}

async function uidOf(database: UserDatabase, name: string): Promise<number> {
  const found = (await database.users())?.find((entry) => entry.name === name)
  if (found === undefined) throw new NotFoundError(`no users found for name "${name}"`)
  return found.uid
}

async function gidOf(database: UserDatabase, name: string): Promise<number> {
  const found = (await database.groups())?.find((entry) => entry.name === name)
  if (found === undefined) throw new NotFoundError(`no groups found for name "${name}"`)
  return found.gid
}

async function resolveUser(text: string, database: UserDatabase): Promise<SpecUser> {
  const [first = '', second, ...more] = text.split(':')
  if (first === '' || second === '' || more.length > 0) throw new InvalidArgumentError(`invalid USER value "${text}"`)
  const uid = parseId(first, text, 'uid')
  if (second !== undefined) {
    const gid = parseId(second, text, 'gid')
    return { uid: uid ?? (await uidOf(database, first)), gid: gid ?? (await gidOf(database, second)) }
  }
  const users = await database.users()
  if (uid !== undefined) {
    const known = users?.find((entry) => entry.uid === uid)
    return { uid, gid: known?.gid ?? 0 }
  }
  const named = users?.find((entry) => entry.name === first)
  if (named === undefined) throw new NotFoundError(`no users found for name "${first}"`)
  return { uid: named.uid, gid: named.gid }
}

/**
 * Runs as `user[:group]`, names or numbers, looked up in the container's own files.
 * @throws {NotFoundError} an unknown name @throws {InvalidArgumentError} an id out of range
 */
export const withUser =
  (user: string, read: RootFileReader): SpecOption =>
  async (spec) => {
    const resolved = await resolveUser(user, new UserDatabase(read))
    leadWithPrimary(resolved, [])
    processOf(spec).user = resolved
  }

export const withUidGid =
  (uid: number, gid: number): SpecOption =>
  (spec) => {
    const user: SpecUser = { uid, gid }
    leadWithPrimary(user, [])
    processOf(spec).user = user
  }

/** Adds the groups that list the user, whose name or uid this is; missing files and entries add none. */
export const withAdditionalGids =
  (user: string, read: RootFileReader): SpecOption =>
  async (spec) => {
    const database = new UserDatabase(read)
    const uid = parseId(user, user, 'uid')
    const name = uid === undefined ? user : (await database.users())?.find((entry) => entry.uid === uid)?.name
    const groups = name === undefined ? [] : ((await database.groups()) ?? [])
    const gids = groups
      .filter((group) => group.name !== name && group.members.includes(name as string))
      .map((g) => g.gid)
    leadWithPrimary(processOf(spec).user, gids)
  }

/** Adds groups by name or number. @throws {NotFoundError} an unknown name */
export const withAppendedGroups =
  (groups: readonly string[], read: RootFileReader): SpecOption =>
  async (spec) => {
    const database = new UserDatabase(read)
    const { user } = processOf(spec)
    const gids = new Set(user.additionalGids)
    for (const group of groups) gids.add(parseId(group, group, 'gid') ?? (await gidOf(database, group)))
    leadWithPrimary(user, [...gids])
  }

/** Supplementary groups of the uid that is set by now. */
const withOwnGroups =
  (read: RootFileReader): SpecOption =>
  (spec) =>
    withAdditionalGids(String(processOf(spec).user.uid), read)(spec)

/** Everything a container takes from its image: environment, command, directory, user and groups. */
export const withImageConfig = (image: ImageConfig, read: RootFileReader, args: readonly string[] = []): SpecOption => {
  const { user } = image.config
  const groups = user === '' ? [withAdditionalGids('root', read)] : [withUser(user, read), withOwnGroups(read)]
  return compose(withImageProcess(image, args), ...groups)
}
