// SPDX-License-Identifier: Apache-2.0
/**
 * Which fields an update touches, as protobuf field paths (`labels`, `labels.<key>`, `target`).
 * Absent or empty means the whole mutable part, as each contract defines it. An unknown path is InvalidArgument.
 */
export type FieldPaths = readonly string[]
