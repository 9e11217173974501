import { hash } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { publishedPtau } from '../../../src/prover/ceremony/published-ptau.ts'
import { readEzklSettings } from '../../../src/prover/ezkl/ezkl-settings.ts'
import { memoryIsWatched, usageOfTree } from '../../../src/prover/process-tree.ts'
import { crsPoints } from '../../../src/prover/tau/crs-file.ts'
import { devVerifierSource } from '../../../src/prover/ultrahonk/honk-verifier.ts'

describe('settings of ezkl', () => {
  const settings = {
    run_args: { logrows: 12, commitment: 'KZG' },
    model_instance_shapes: [
      [1, 4],
      [1, 2],
    ],
  }
  test('tell the rows and the public values', () => {
    expect(readEzklSettings(JSON.stringify(settings))).toEqual({
      ok: true,
      value: { logrows: 12, publicInputs: 6 },
    })
  })

  test.each([
    ['no JSON', 'x'],
    ['of nothing', '{}'],
    [
      'of too many rows',
      JSON.stringify({ ...settings, run_args: { logrows: 40, commitment: 'KZG' } }),
    ],
    [
      'of another commitment',
      JSON.stringify({ ...settings, run_args: { logrows: 12, commitment: 'IPA' } }),
    ],
  ])('are refused: %s', (_, text) => {
    expect(readEzklSettings(text).ok).toBe(false)
  })
})

describe('a verifier for development', () => {
  const words = [
    '260e01b251f6f1c7e7ff4e580791dee8ea51d87a358e038b4efe30fac09383c1',
    '0118c4d5b837bcc2bc89b5b398b5974e9f5944073b32078b7e231fec938883b0',
    '04fc6369f7110fe3d25156c1bb9a72859cf2a04641f99ba4ee413c80da6a5fe4',
    '22febda3c0c0632a56475b4214e5615e11e6dd3f96e6cea2854a87d4dacc5e55',
  ]
  const body = `function verify(\n bytes calldata,\n bytes32[] calldata\n) public view override returns (bool) { x(0x${words.join(', 0x')}); }`
  const interfaceText =
    'function verify(bytes calldata p, bytes32[] calldata i) external view returns (bool);'
  // bb's file has x₀ x₁ y₀ y₁.
  const g2File = Buffer.concat([1, 2, 3, 4].map((byte) => Buffer.alloc(32, byte)))

  test('has the development point in each place, and refuses other chains first', () => {
    const changed = devVerifierSource(`${interfaceText}\n${body}`, g2File)
    if (!changed.ok) throw new Error(changed.error)
    const point = [2, 1, 4, 3].map((byte) => Buffer.alloc(32, byte).toString('hex'))
    expect(changed.value).toContain(`x(0x${point.join(', 0x')})`)
    for (const word of words) expect(changed.value).not.toContain(word)
    expect(changed.value.split('31337').length).toBe(2)
    expect(changed.value.indexOf('31337')).toBeGreaterThan(interfaceText.length)
    expect(changed.value.indexOf('31337')).toBeLessThan(changed.value.indexOf('x(0x'))
  })

  test('is refused where bb writes another form', () => {
    expect(devVerifierSource(body.replace(words[2] ?? '', '00'), g2File).ok).toBe(false)
    expect(devVerifierSource(words.join(' '), g2File).ok).toBe(false)
  })
})

test('points of a common reference string are counted in both of its forms', () => {
  const folder = mkdtempSync(join(tmpdir(), 'vouch-crs-'))
  try {
    expect(crsPoints(folder)).toBe(0)
    writeFileSync(join(folder, 'bn254_g1.dat'), Buffer.alloc(64 * 3 + 1))
    expect(crsPoints(folder)).toBe(3)
    writeFileSync(join(folder, 'bn254_g1_compressed.dat'), Buffer.alloc(32 * 5))
    expect(crsPoints(folder)).toBe(5)
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test('phase-1 files are known by their hash alone', () => {
  expect(publishedPtau(hash('blake2b512', 'something else'))).toBeUndefined()
  const ofTwelve =
    'ded2694169b7b08e898f736d5de95af87c3f1a64594013351b1a796dbee393bd825f88f9468c84505ddd11eb0b1465ac9b43b9064aa8ec97f2b73e04758b8a4a'
  expect(publishedPtau(ofTwelve)).toBe('powersOfTau28_hez_final_12.ptau')
  const ofAll =
    '55c77ce8562366c91e7cda394cf7b7c15a06c12d8c905e8b36ba9cf5e13eb37d1a429c589e8eaba4c591bc4b88a0e2828745a53e170eac300236f5c1a326f41a'
  expect(publishedPtau(ofAll)).toBe('powersOfTau28_hez_final.ptau')
})

test.runIf(memoryIsWatched)(
  'a process is seen with what it uses, and one that is gone with nothing',
  async () => {
    const { memoryBytes, cpuMs } = await usageOfTree(process.pid)
    // As the kernel told Node a moment ago; pages come and go in between.
    expect(memoryBytes).toBeGreaterThan(process.memoryUsage.rss() / 2)
    expect(cpuMs).toBeGreaterThan(0)
    // Beyond the highest id that Linux gives.
    expect(await usageOfTree(2 ** 22 + 1)).toEqual({ memoryBytes: 0, cpuMs: 0 })
  },
)
