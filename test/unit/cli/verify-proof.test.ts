import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { fromHex } from '../../../src/base/hex.ts'
import { runVerify } from '../../../src/cli/verify-command.ts'
import { formatTrustFile } from '../../../src/client/trust-anchors.ts'
import type { Proof } from '../../../src/proofs/proof.ts'
import { temporaryFolder } from '../../support/embedded-chain.ts'
import { proofFixture } from '../../support/proof-fixtures.ts'
import { keyBytes, manifest, proof, provenReceipt } from '../../support/proven-receipt.ts'
import { anchors, documentOf, nowMs } from '../../support/signed-receipt.ts'

const folder = temporaryFolder()
afterAll(() => folder.remove())

function write(name: string, value: unknown): string {
  const path = join(folder.path, name)
  writeFileSync(path, value instanceof Uint8Array ? value : JSON.stringify(value))
  return path
}

async function run(argv: readonly string[]) {
  const printed: string[] = []
  const code = await runVerify(argv, {
    terminal: {
      print: (line) => void printed.push(line),
      printError: (line) => void printed.push(line),
    },
    nowMs: () => nowMs,
    readStandardInput: async () => Buffer.alloc(0),
    folder: folder.path,
    style: { ascii: false, coloured: false },
  })
  return { code, text: printed.join('\n') }
}

const ultraHonk = proofFixture('poseidon2')
const keyOf = ({ verificationKey = '0x' }: Proof) => fromHex(verificationKey)
const { verificationKey: _, ...withoutKey } = ultraHonk

test('a proof holds for the key that a person gives', async () => {
  const file = write('proof.json', withoutKey)
  const asked = [file, '--vk', write('vk', keyOf(ultraHonk)), '--dev-insecure']
  const { code, text } = await run(asked)
  expect(text).toContain('a ultrahonk proof of the circuit poseidon2 that holds')
  expect(text).toContain('DEV-INSECURE')
  expect(text).toContain('HOLDS: ')
  expect(code).toBe(0)
})

test('a key that only the proof names proves nothing, nor does a development setup by itself', async () => {
  const alone = await run([write('alone.json', ultraHonk), '--dev-insecure'])
  expect(alone.text).toContain('NOT PROVEN')
  expect(alone.text).toContain('without these the rest proves nothing: proof-key.')
  expect(alone.code).toBe(1)
  const development = await run([
    write('dev.json', ultraHonk),
    '--vk',
    write('k', keyOf(ultraHonk)),
  ])
  expect(development.text).toContain('without these the rest proves nothing: proof-setup.')
  expect(development.code).toBe(1)
  const keyless = await run([write('keyless.json', withoutKey), '--dev-insecure'])
  expect(keyless.text).toContain('the rest proves nothing: proof, proof-key.')
})

test('a key of another circuit, and one word changed, are named', async () => {
  const other = write('other-vk', keyOf(proofFixture('product')))
  const mixed = await run([write('mixed.json', ultraHonk), '--vk', other, '--dev-insecure'])
  expect(mixed.text).toContain('DOES NOT HOLD: proof-key.')
  const [first = '0x', ...rest] = ultraHonk.publicInputs
  const changed = { ...ultraHonk, publicInputs: [first.replace(/.$/, '1'), ...rest] }
  const key = write('right-vk', keyOf(ultraHonk))
  const broken = await run([write('changed.json', changed), '--vk', key, '--dev-insecure'])
  expect(broken.text).toContain('DOES NOT HOLD: proof.')
  expect([mixed.code, broken.code]).toEqual([1, 1])
})

test('with its model’s manifest, a proof says what the model makes of what', async () => {
  const file = write('inference.json', proof)
  const { code, text } = await run([
    file,
    '--manifest',
    write('m.json', manifest),
    '--dev-insecure',
  ])
  expect(text).toContain('of 1 -2 3 -4 5 -6 7 -2147483648 the model makes 2147483647 -9')
  expect(text).toContain(`the manifest names the key ${proof.vkHash}`)
  expect(code).toBe(0)
  const renamed = { ...manifest, proving: { ...manifest.proving, vkHash: ultraHonk.vkHash } }
  const other = await run([file, '--manifest', write('o.json', renamed), '--dev-insecure'])
  expect(other.text).toContain('DOES NOT HOLD: proof-key.')
  const narrow = { ...manifest, provable: { ...manifest.provable, inputs: 1 } }
  const short = await run([file, '--manifest', write('n.json', narrow), '--dev-insecure'])
  expect(short.text).toContain('DOES NOT HOLD: proof-statement.')
})

test('a document that is no proof has its faults named', async () => {
  const bad = await run([write('bad.json', { ...ultraHonk, vkHash: '0x12', more: 1 })])
  expect(bad.text).toContain('vkHash: expected 32 bytes')
  expect(bad.text).toContain('more: expected no such field')
  expect(bad.code).toBe(1)
  const path = join(folder.path, 'twice.json')
  writeFileSync(path, JSON.stringify(ultraHonk).replace('{', '{"circuit":"a",'))
  expect((await run([path])).text).toContain('expected the field once')
})

test('a receipt with a proof holds with its manifest, and tier 64 is proven', async () => {
  const receipt = provenReceipt()
  const { verificationKey: __, ...bare } = proof
  const lean = provenReceipt({ proof: bare })
  const trust = join(folder.path, 'trust.json')
  writeFileSync(trust, formatTrustFile(anchors))
  const model = ['--manifest', write('model.json', manifest)]
  const asked = ['--trust', trust, '--tiers', '64']
  const file = write('receipt.json', { ...documentOf(receipt), evidence: { proof } })
  const good = await run([file, ...asked, ...model])
  expect(good.text).toMatch(
    /tier 64 zk-inferred\n {4}proves: .+\n {4}does not prove: that the model/,
  )
  expect(good.code).toBe(0)
  const unlooked = await run([file, ...asked])
  expect(unlooked.text).toContain('without these the rest proves nothing: policy-tiers.')
  const leanFile = write('lean.json', { ...documentOf(lean), evidence: { proof: bare } })
  expect((await run([leanFile, ...asked, ...model])).code).toBe(1)
  expect((await run([leanFile, ...asked, ...model, '--vk', write('g', keyBytes)])).code).toBe(0)
})

test('the program itself exits as it says', () => {
  const main = join(import.meta.dirname, '../../../src/main.ts')
  const key = write('p-vk', keyOf(ultraHonk))
  const file = write('p.json', ultraHonk)
  const exit = (argv: readonly string[]) =>
    spawnSync(process.execPath, [main, 'verify', ...argv], { encoding: 'utf8' })
  expect(exit([file, '--vk', key, '--dev-insecure', '--plain']).status).toBe(0)
  expect(exit([file, '--vk', key, '--plain']).status).toBe(1)
})
