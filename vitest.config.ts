// SPDX-License-Identifier: Apache-2.0
import { defineConfig } from 'vitest/config'

/**
 * Four projects, told apart by where a test file lies:
 * unit      packages/X/src/Y.test.ts        beside its source, no privileges
 * contract  packages/X/test/Y.test.ts       shared conformance suites against an implementation
 * root      packages/X/test/root/Y.test.ts  needs root and kernel features
 * interop   packages/X/test/interop/Y.test.ts  runs the Go peers
 */
const source = { conditions: ['@containerd-ts/source', 'node', 'import', 'module', 'default'] }
const project = (name: string, include: string[], timeoutMs: number, serial: boolean) => ({
  resolve: source,
  ssr: { resolve: source },
  test: {
    name,
    include,
    pool: 'forks' as const,
    testTimeout: timeoutMs,
    hookTimeout: timeoutMs,
    fileParallelism: !serial,
    execArgv: ['--conditions=@containerd-ts/source'],
  },
})

export default defineConfig({
  test: {
    projects: [
      project('unit', ['packages/*/src/**/*.test.ts', 'tools/**/*.test.ts'], 30_000, false),
      project('contract', ['packages/*/test/*.test.ts'], 60_000, false),
      project('root', ['packages/*/test/root/**/*.test.ts'], 120_000, true),
      project('interop', ['packages/*/test/interop/**/*.test.ts'], 300_000, true),
    ],
  },
})
