// SPDX-License-Identifier: Apache-2.0
/**
 * Reads a file of the container's root file system; absent when it is missing. Must not follow symlinks out of
 * that root.
 */
export type RootFileReader = (path: string) => Promise<string | undefined>

export interface PasswdEntry {
  readonly name: string
  readonly uid: number
  readonly gid: number
  readonly home: string
}

export interface GroupEntry {
  readonly name: string
  readonly gid: number
  readonly members: readonly string[]
}

const lines = (text: string): readonly string[][] =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.split(':'))

const id = (text: string | undefined): number => (text !== undefined && /^\d+$/.test(text) ? Number(text) : 0)

/** Entries of `/etc/passwd`. @see passwd(5) */
export const parsePasswd = (text: string): readonly PasswdEntry[] =>
  lines(text).map(([name = '', , uid, gid, , home = '']) => ({ name, uid: id(uid), gid: id(gid), home }))

/** Entries of `/etc/group`. @see group(5) */
export const parseGroup = (text: string): readonly GroupEntry[] =>
  lines(text).map(([name = '', , gid, members = '']) => ({
    name,
    gid: id(gid),
    members: members
      .split(',')
      .map((member) => member.trim())
      .filter((member) => member !== ''),
  }))

/** Users and groups of one root file system, read when first asked for. */
export class UserDatabase {
  readonly #read: RootFileReader
  #passwd: Promise<readonly PasswdEntry[] | undefined> | undefined
  #group: Promise<readonly GroupEntry[] | undefined> | undefined

  constructor(read: RootFileReader) {
    this.#read = read
  }

  /** Absent without `/etc/passwd`. */
  users(): Promise<readonly PasswdEntry[] | undefined> {
    this.#passwd ??= this.#read('/etc/passwd').then((text) => (text === undefined ? undefined : parsePasswd(text)))
    return this.#passwd
  }

  /** Absent without `/etc/group`. */
  groups(): Promise<readonly GroupEntry[] | undefined> {
    this.#group ??= this.#read('/etc/group').then((text) => (text === undefined ? undefined : parseGroup(text)))
    return this.#group
  }
}
