// SPDX-License-Identifier: Apache-2.0

/** A command line that no shim understands; usage goes to standard error, status 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

/** What the command line of a shim says. */
export interface ShimFlags {
  readonly namespace: string
  readonly id: string
  /** gRPC address of the daemon. */
  readonly address: string
  readonly publishBinary: string
  readonly bundle: string
  readonly socket: string
  readonly debugSocket: string
  readonly debug: boolean
  readonly version: boolean
  readonly info: boolean
  /** First argument that is no flag; empty for the server. */
  readonly action: string
}

const strings: Readonly<Record<string, keyof ShimFlags>> = {
  namespace: 'namespace',
  id: 'id',
  address: 'address',
  'publish-binary': 'publishBinary',
  bundle: 'bundle',
  socket: 'socket',
  'debug-socket': 'debugSocket',
}

const booleans: Readonly<Record<string, keyof ShimFlags>> = {
  debug: 'debug',
  v: 'version',
  version: 'version',
  info: 'info',
}

const truths = new Set(['1', 't', 'T', 'true', 'TRUE', 'True'])
const lies = new Set(['0', 'f', 'F', 'false', 'FALSE', 'False'])

/**
 * Reads a command line by the rules of Go's flag package: `-x v`, `--x v`, `-x=v`; a boolean takes a value only
 * after `=`; the first argument that is no flag ends them.
 * @throws {UsageError}
 */
export function parseFlags(argv: readonly string[]): ShimFlags {
  const flags: Record<keyof ShimFlags, string | boolean> = {
    namespace: '',
    id: '',
    address: '',
    publishBinary: '',
    bundle: '',
    socket: '',
    debugSocket: '',
    debug: false,
    version: false,
    info: false,
    action: '',
  }
  let at = 0
  for (; at < argv.length; at++) {
    const argument = argv[at] as string
    if (argument.length < 2 || !argument.startsWith('-')) break
    if (argument === '--') {
      at++
      break
    }
    const body = argument.slice(argument.startsWith('--') ? 2 : 1)
    const equals = body.indexOf('=')
    const name = equals < 0 ? body : body.slice(0, equals)
    const value = equals < 0 ? undefined : body.slice(equals + 1)
    if (name === '' || name.startsWith('-')) throw new UsageError(`bad flag syntax: ${argument}`)
    const text = strings[name]
    const bool = booleans[name]
    if (bool !== undefined) flags[bool] = parseBoolean(name, value)
    else if (text === undefined) throw new UsageError(`flag provided but not defined: -${name}`)
    else {
      const given = value ?? argv[++at]
      if (given === undefined) throw new UsageError(`flag needs an argument: -${name}`)
      flags[text] = given
    }
  }
  flags.action = argv[at] ?? ''
  return flags as unknown as ShimFlags
}

function parseBoolean(name: string, value: string | undefined): boolean {
  if (value === undefined || truths.has(value)) return true
  if (lies.has(value)) return false
  throw new UsageError(`invalid boolean value "${value}" for -${name}: parse error`)
}
