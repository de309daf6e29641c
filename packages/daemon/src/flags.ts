// SPDX-License-Identifier: Apache-2.0
import { parseArgs } from 'node:util'

/** The original's global flags, before or after the command. */
const globalFlags = {
  config: { type: 'string', short: 'c' },
  'log-level': { type: 'string', short: 'l' },
  address: { type: 'string', short: 'a' },
  root: { type: 'string' },
  state: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
  version: { type: 'boolean', short: 'v' },
} as const

const publishFlags = {
  namespace: { type: 'string' },
  topic: { type: 'string' },
} as const

export interface Flags {
  readonly config?: string | undefined
  readonly 'log-level'?: string | undefined
  readonly address?: string | undefined
  readonly root?: string | undefined
  readonly state?: string | undefined
  readonly namespace?: string | undefined
  readonly topic?: string | undefined
  readonly help?: boolean | undefined
  readonly version?: boolean | undefined
}

export interface CommandLine {
  readonly flags: Flags
  /** The command's words, such as `config default`; empty to run the daemon. */
  readonly words: readonly string[]
}

/** Go's flag grammar: one dash or two, `-flag=value`. @throws {TypeError} unknown flag or missing value */
export function parseCommandLine(argv: readonly string[]): CommandLine {
  const args = argv.map((arg) => (/^-[a-z][a-z-]+(=|$)/.test(arg) ? `-${arg}` : arg))
  const { values, positionals } = parseArgs({
    args,
    options: { ...globalFlags, ...publishFlags },
    allowPositionals: true,
    strict: true,
  })
  return { flags: values, words: positionals }
}

export const helpText = `NAME:
   containerd - high performance container runtime, in TypeScript

USAGE:
   containerd [global options] command [command options]

DESCRIPTION:
   Without a command the daemon runs in the foreground until SIGTERM or SIGINT; containers outlive it.

COMMANDS:
   config default   print the configuration's defaults
   config dump      print the configuration after loading --config and its imports
   config migrate   print the configuration in the newest version
   publish          publish an event: a protobuf Any on standard input (--namespace, --topic)
   oci-hook         run a command with values from the OCI state filled in
   help             show this text

GLOBAL OPTIONS:
   --config, -c FILE       configuration file (default: /etc/containerd/config.toml)
   --log-level, -l LEVEL   trace, debug, info, warn, error, fatal or panic
   --address, -a PATH      unix socket of the gRPC server
   --root DIR              persistent data
   --state DIR             data that lasts until the next boot
   --help, -h              show this text
   --version, -v           print the version
`
