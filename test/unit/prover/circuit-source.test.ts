import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type CircuitSource, sourceHash } from '../../../src/prover/circuit-source.ts'
import { readCircuit, readCircuits } from '../../../src/prover/read-circuit.ts'

const source: CircuitSource = {
  name: 'a',
  system: 'groth16',
  entry: 'a.circom',
  files: { 'a.circom': 'one', 'lib/b.circom': 'two' },
}

describe('the hash of a source', () => {
  test('does not depend on the order of its files', () => {
    const files = { 'lib/b.circom': 'two', 'a.circom': 'one' }
    expect(sourceHash({ ...source, files })).toBe(sourceHash(source))
  })

  test('is another for whatever is another', () => {
    const others: readonly CircuitSource[] = [
      { ...source, name: 'b' },
      { ...source, system: 'ultrahonk' },
      { ...source, entry: 'lib/b.circom' },
      { ...source, circomOptimization: 1 },
      { ...source, files: { ...source.files, 'a.circom': 'one ' } },
      { ...source, files: { 'a.circom': 'one', 'lib/c.circom': 'two' } },
      { ...source, files: { 'a.circom': 'one' } },
    ]
    const hashes = [source, ...others].map(sourceHash)
    expect(new Set(hashes).size).toBe(hashes.length)
  })

  test('is of bytes: text and its bytes are the same', () => {
    const files = { ...source.files, 'a.circom': Buffer.from('one') }
    expect(sourceHash({ ...source, files })).toBe(sourceHash(source))
  })

  test.each(['../a', 'a/../../b', '/a', 'a//b', './a', 'a\nb'])(
    'is of no file that could lie outside: %j',
    (path) => {
      expect(() => sourceHash({ ...source, files: { [path]: '' } })).toThrow('under its root')
    },
  )

  test.each(['', 'A', 'a/b', '../a', '.a'])('is of nothing called %j', (name) => {
    expect(() => sourceHash({ ...source, name })).toThrow('name')
  })
})

describe('a source out of a folder', () => {
  let root: string
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'vouch-circuits-'))
    const files: Readonly<Record<string, string>> = {
      'circom/main.circom':
        'include "lib.circom";\ninclude "poseidon.circom";\ncomponent main = A();',
      'circom/lib.circom': 'include "deep/more.circom";',
      'circom/deep/more.circom': 'include "../lib.circom";',
      'circom/unused.circom': '',
      'noir/app/Nargo.toml': '[package]\ntype = "bin"\n[dependencies]\nlib = { path = "../lib" }\n',
      'noir/app/src/main.nr': 'fn main() {}',
      'noir/app/target/junk.json': '{}',
      'noir/lib/Nargo.toml': '[package]\ntype = "lib"\n',
      'noir/lib/src/lib.nr': '',
      'noir/lib/src/deep/part.nr': '',
      'noir/other/Nargo.toml': '[package]\ntype = "lib"\n',
      'noir/other/src/lib.nr': '',
      'model/model.compiled': 'compiled',
      'model/settings.json': '{}',
    }
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(root, path)), { recursive: true })
      writeFileSync(join(root, path), text)
    }
  })
  afterEach(() => rmSync(root, { recursive: true, force: true }))

  test('has what a circom file includes, and circomlib finds the rest', () => {
    expect(readCircuit(join(root, 'circom/main.circom'))).toMatchObject({
      name: 'main',
      system: 'groth16',
      entry: 'main.circom',
      files: { 'main.circom': expect.any(String), 'lib.circom': expect.any(String) },
    })
    expect(Object.keys(readCircuit(join(root, 'circom/main.circom'))?.files ?? {}).sort()).toEqual([
      ...['deep/more.circom', 'lib.circom', 'main.circom'],
    ])
  })

  test('has the packages that a Noir package names, and nothing that was built', () => {
    const app = readCircuit(join(root, 'noir/app'))
    expect(app).toMatchObject({ name: 'app', system: 'ultrahonk', entry: 'app' })
    expect(Object.keys(app?.files ?? {}).sort()).toEqual([
      ...['app/Nargo.toml', 'app/src/main.nr'],
      ...['lib/Nargo.toml', 'lib/src/deep/part.nr', 'lib/src/lib.nr'],
    ])
  })

  test('has both files of a model compiled for ezkl', () => {
    expect(readCircuit(join(root, 'model'))).toMatchObject({
      name: 'model',
      system: 'ezkl',
      entry: 'model.compiled',
      files: { 'settings.json': '{}' },
    })
  })

  test('is none where there is no circuit', () => {
    expect(readCircuit(join(root, 'noir'))).toBeUndefined()
    expect(readCircuit(join(root, 'nowhere.circom'))).toBeUndefined()
  })

  test('is each of the circuits that can be proved', () => {
    expect(readCircuits(root).map(({ name }) => name)).toEqual(['main', 'app'])
  })
})
