// SPDX-License-Identifier: Apache-2.0
import { gcConformance } from '@containerd-ts/conformance/gc'
import { lmdbFixture } from './metadata-fixture.ts'

gcConformance('ConcurrentCollector', lmdbFixture)
