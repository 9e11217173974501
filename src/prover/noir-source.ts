import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { assert } from '../base/assert.ts'
import type { CircuitSource } from './circuit-source.ts'

const noirFolder = resolve(import.meta.dirname, '../../circuits/noir')

export type NoirCircuit = 'usage-batch' | 'usage-tree' | 'membership'

/** Proofs that one node of circuits/noir/usage-tree verifies. */
export const usageTreeChildren = 5

/** Receipts that circuits/noir/usage-batch has room for: 3.9 million gates, just below 2^22. */
export const usageBatchRows = 18

/**
 * A circuit of circuits/noir with the library that it takes. `globals` changes constants of its main file, such as the number
 * of rows: another number makes another circuit, with another key and another name.
 */
export function noirSource(
  circuit: NoirCircuit,
  globals: Readonly<Record<string, number>> = {},
): CircuitSource {
  const files = { ...filesOf('receipts'), ...filesOf(circuit) }
  const main = `${circuit}/src/main.nr`
  let text = files[main] ?? ''
  for (const [name, value] of Object.entries(globals)) {
    const changed = text.replace(
      new RegExp(`^(global ${name}: u32 = )\\d+;$`, 'm'),
      (_, head: string) => `${head}${value};`,
    )
    assert(changed.includes(`global ${name}: u32 = ${value};`), `${main} has a constant ${name}`)
    text = changed
  }
  const suffix = Object.values(globals).map((value) => `-${value}`)
  return {
    name: circuit + suffix.join(''),
    system: 'ultrahonk',
    files: { ...files, [main]: text },
    entry: circuit,
  }
}

function filesOf(name: string): Record<string, string> {
  const read = (path: string): [string, string] => [
    `${name}/${path}`,
    readFileSync(join(noirFolder, name, path), 'utf8'),
  ]
  const sources = readdirSync(join(noirFolder, name, 'src')).filter((file) => file.endsWith('.nr'))
  return Object.fromEntries(['Nargo.toml', ...sources.map((file) => `src/${file}`)].map(read))
}
