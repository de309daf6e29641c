// SPDX-License-Identifier: Apache-2.0
// Gives every package the targets that nx cannot infer from a configuration at the root:
// `test` runs its share of the one vitest configuration, `typecheck` its tests with TypeScript 7.
import { dirname } from 'node:path'

const compile = 'node ../../node_modules/@typescript/native/bin/tsc --build'

/** @type {import('nx/src/devkit-exports.js').CreateNodesV2} */
export const createNodesV2 = [
  'packages/*/tsconfig.lib.json',
  (configs) =>
    configs.map((config) => {
      const root = dirname(config)
      const targets = {
        typecheck: {
          command: `${compile} tsconfig.test.json`,
          options: { cwd: '{projectRoot}' },
          dependsOn: ['build', '^build'],
          cache: true,
          inputs: ['default', '^production'],
        },
        test: {
          command: 'node node_modules/vitest/vitest.mjs run --passWithNoTests {projectRoot}/',
          cache: true,
          inputs: ['default', '^production'],
        },
      }
      return [config, { projects: { [root]: { targets } } }]
    }),
]

export const name = 'containerd-ts'
