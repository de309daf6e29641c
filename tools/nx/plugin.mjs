// SPDX-License-Identifier: Apache-2.0
// Targets that nx cannot infer: tests run from the one vitest configuration at the root, tests are typed with
// TypeScript 7, and a package is built after its dependencies alone. Development dependencies would make circles
// (a conformance suite uses the client that it tests), and a build does not need them.
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

const compile = 'node ../../node_modules/@typescript/native/bin/tsc --build'
const scope = '@containerd-ts/'

export const name = 'containerd-ts'

/** @type {import('nx/src/devkit-exports.js').CreateNodesV2} */
export const createNodesV2 = [
  'packages/*/tsconfig.lib.json',
  (configs, _options, { workspaceRoot }) =>
    configs.map((config) => {
      const root = dirname(config)
      const manifest = JSON.parse(readFileSync(join(workspaceRoot, root, 'package.json'), 'utf8'))
      const generated = manifest.nx?.targets?.generate === undefined ? [] : ['generate']
      const targets = {
        build: {
          command: `${compile} tsconfig.lib.json`,
          options: { cwd: root },
          dependsOn: [...generated, ...buildsOf(manifest.dependencies)],
        },
        typecheck: {
          command: `${compile} tsconfig.test.json`,
          options: { cwd: root },
          dependsOn: ['build', ...buildsOf({ ...manifest.dependencies, ...manifest.devDependencies })],
          cache: true,
          inputs: ['default', '^production'],
        },
        test: {
          command: `node node_modules/vitest/vitest.mjs run --passWithNoTests ${root}/`,
          cache: true,
          inputs: ['default', '^production'],
        },
      }
      return [config, { projects: { [root]: { targets } } }]
    }),
]

const buildsOf = (dependencies = {}) =>
  Object.keys(dependencies)
    .filter((each) => each.startsWith(scope))
    .map((project) => ({ projects: [project], target: 'build' }))
