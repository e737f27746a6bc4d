import type { Report } from './network-checks.ts'
import type { TopologyFile } from './topology-schema.ts'

/** Some keys of the sections of a file. */
export interface SectionKeys {
  client: readonly (keyof NonNullable<TopologyFile['client']>)[]
  expect: readonly (keyof NonNullable<TopologyFile['expect']>)[]
}

/** Reports each of these keys that the file gives. */
export function reportKeys(file: TopologyFile, keys: SectionKeys, message: string, report: Report): void {
  for (const section of ['client', 'expect'] as const) {
    const given = Object.keys(file[section] ?? {})
    for (const key of keys[section]) if (given.includes(key)) report([section, key], message)
  }
}
