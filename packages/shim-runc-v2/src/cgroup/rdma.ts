// SPDX-License-Identifier: Apache-2.0

/** Devices without a limit say `max`; the message has room for 32 bits. */
const unlimited = 0xffff_ffff

const count = (text: string | undefined): number => (text === 'max' ? unlimited : Number(text ?? 0))

/** Lines `device hca_handle=N hca_object=N`. */
export function rdmaOf(text: string): { device: string; hcaHandles: number; hcaObjects: number }[] {
  return text.split('\n').flatMap((line) => {
    const [device, ...pairs] = line.trim().split(/\s+/)
    if (device === undefined || device === '') return []
    const values = new Map(pairs.map((pair) => pair.split('=') as [string, string]))
    return [{ device, hcaHandles: count(values.get('hca_handle')), hcaObjects: count(values.get('hca_object')) }]
  })
}
