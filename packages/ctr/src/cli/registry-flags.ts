// SPDX-License-Identifier: Apache-2.0
import { readFile } from 'node:fs/promises'
import { Flags } from '@oclif/core'
import type { ByteSink } from '@containerd-ts/core'
import { createResolver, LoggedClient } from '@containerd-ts/remotes'
import type { Credentials, HttpClient, OwnedResolver, TlsOptions } from '@containerd-ts/remotes'
import { InvalidArgumentError } from '@containerd-ts/errdefs'
import { askPassword } from './ask-password.ts'
import { writeBytes } from '../output/write-bytes.ts'
import { version } from '@containerd-ts/core/version'

/** Flags of every command that talks to a registry. */
export const registryFlags = {
  'skip-verify': Flags.boolean({ char: 'k', summary: 'do not check certificates' }),
  'plain-http': Flags.boolean({ summary: 'allow connections without TLS' }),
  user: Flags.string({ char: 'u', summary: 'user[:password] for the registry' }),
  refresh: Flags.string({ summary: 'refresh token for the authorization server' }),
  'hosts-dir': Flags.string({ summary: 'directory of hosts.toml files' }),
  tlscacert: Flags.string({ summary: 'file with certificates of authorities to trust' }),
  tlscert: Flags.string({ summary: 'client certificate' }),
  tlskey: Flags.string({ summary: 'key of the client certificate' }),
  'http-dump': Flags.boolean({ summary: 'write HTTP requests and the status of answers to standard error' }),
  'http-trace': Flags.boolean({ summary: 'the same; each answer comes with its time' }),
}

export interface RegistryFlags {
  readonly 'skip-verify': boolean
  readonly 'plain-http': boolean
  readonly user: string | undefined
  readonly refresh: string | undefined
  readonly 'hosts-dir': string | undefined
  readonly tlscacert: string | undefined
  readonly tlscert: string | undefined
  readonly tlskey: string | undefined
  readonly 'http-dump': boolean
  readonly 'http-trace': boolean
}

/** The resolver that the flags describe; the caller disposes it. */
export async function resolverOf(flags: RegistryFlags): Promise<OwnedResolver> {
  const credentials = await credentialsOf(flags)
  return createResolver({
    userAgent: `containerd-ts-ctr/${version}`,
    defaultScheme: flags['plain-http'] ? 'http' : 'https',
    tls: await tlsOf(flags),
    ...(flags['hosts-dir'] === undefined ? {} : { configDirs: [flags['hosts-dir']] }),
    ...(credentials === undefined ? {} : { credentials: () => credentials }),
    ...(wantsHttpLog(flags) ? { wrapClient: (client: HttpClient) => new LoggedClient(client, stderrLog) } : {}),
  })
}

export const wantsHttpLog = (flags: RegistryFlags): boolean => flags['http-dump'] || flags['http-trace']

/** Standard error, as a place for a log. */
export const stderrLog: ByteSink = {
  write: (bytes) => Promise.resolve(writeBytes(2, bytes)),
  [Symbol.asyncDispose]: () => Promise.resolve(),
}

/** What the flags say, and what is asked for where they leave the password out. */
export async function credentialsOf({ user, refresh }: RegistryFlags): Promise<Credentials | undefined> {
  if (user === undefined) return refresh === undefined ? undefined : { secret: refresh }
  const colon = user.indexOf(':')
  if (colon >= 0) return { username: user.slice(0, colon), secret: user.slice(colon + 1) }
  return { username: user, secret: refresh ?? (await askPassword()) }
}

async function tlsOf(flags: RegistryFlags): Promise<TlsOptions> {
  if ((flags.tlscert === undefined) !== (flags.tlskey === undefined)) {
    throw new InvalidArgumentError('--tlscert and --tlskey go together')
  }
  return {
    skipVerify: flags['skip-verify'],
    ...(flags.tlscacert === undefined ? {} : { ca: [await readFile(flags.tlscacert, 'utf8')] }),
    ...(flags.tlscert === undefined || flags.tlskey === undefined
      ? {}
      : { certificates: [{ cert: await readFile(flags.tlscert, 'utf8'), key: await readFile(flags.tlskey, 'utf8') }] }),
  }
}
