import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { findProvers, proverVersions } from '../../../src/prover/prover-place.ts'

let proversFolder: string
beforeEach(() => {
  proversFolder = mkdtempSync(join(tmpdir(), 'vouch-provers-'))
})
afterEach(() => rmSync(proversFolder, { recursive: true, force: true }))

function install(name: string, version: string): void {
  const folder = join(proversFolder, 'node_modules', name)
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name, version }))
}

describe('findProvers', () => {
  test('names what is missing, where, and the command that installs it', () => {
    install('snarkjs', proverVersions.snarkjs)
    expect(findProvers({ proversFolder }, ['snarkjs', 'circom2'])).toEqual({
      ok: false,
      error: {
        reason: 'provers_missing',
        message: `circom2@0.2.23 not found in ${proversFolder}: 'npm run zk:install' installs the provers`,
      },
    })
  })

  test('takes no other version: it would make other keys', () => {
    install('snarkjs', '0.7.5')
    expect(findProvers({ proversFolder }, ['snarkjs'])).toMatchObject({ ok: false })
  })

  test('gives the folder of each', () => {
    install('@aztec/bb.js', proverVersions['@aztec/bb.js'])
    const found = findProvers({ proversFolder }, ['@aztec/bb.js'])
    expect(found.ok && found.value('@aztec/bb.js')).toBe(
      join(proversFolder, 'node_modules/@aztec/bb.js'),
    )
  })

  test('wants what circuits/package.json installs', async () => {
    const manifest = resolve(import.meta.dirname, '../../../circuits/package.json')
    const { dependencies } = JSON.parse(await readFile(manifest, 'utf8'))
    expect(dependencies).toEqual(proverVersions)
  })
})
