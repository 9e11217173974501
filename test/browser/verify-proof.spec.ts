/* Zero-knowledge proofs on the page that checks receipts, opened from a file: verified in a real Chromium by nobody else. */
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { fromHex } from '../../src/base/hex.ts'
import type { Proof } from '../../src/proofs/proof.ts'
import { startChromium, type TestBrowser } from '../support/chromium.ts'
import { proofFixture } from '../support/proof-fixtures.ts'
import { manifest, proof, provenReceipt } from '../support/proven-receipt.ts'
import { anchors, documentOf } from '../support/signed-receipt.ts'

const ownCopy = pathToFileURL(
  resolve(import.meta.dirname, '../../web/dist/vouch-verify.html'),
).toString()
let browser: TestBrowser
beforeAll(async () => {
  browser = await startChromium()
})
afterAll(() => browser?.close())

const verdictOf = async (page: Page): Promise<string | null> => {
  await page.waitForSelector('.conclusion.holds, .conclusion.fails, .conclusion.unproven')
  return page.textContent('#conclusion .word')
}
const drawn = (page: Page, verdict: string): Promise<readonly string[]> =>
  page.$$eval(`.line.${verdict} .title code`, (codes) =>
    codes.map((code) => code.textContent ?? ''),
  )

async function opened(document: unknown): Promise<{ page: Page; faults: readonly string[] }> {
  const { page, faults } = await browser.open()
  await page.goto(ownCopy)
  await page.fill('#receipt', JSON.stringify(document))
  await page.click('#proof summary')
  return { page, faults }
}

const keyFile = ({ verificationKey = '0x' }: Proof) => ({
  ...{ name: 'vk', mimeType: '', buffer: Buffer.from(fromHex(verificationKey)) },
})

test.each(['poseidon2', 'squares'])(
  'a proof of %s holds against the key of a file',
  async (name) => {
    const { verificationKey: _, ...withoutKey } = proofFixture(name)
    const { page, faults } = await opened(withoutKey)
    await page.setInputFiles('#vk-file', keyFile(proofFixture(name)))
    await page.waitForSelector('#vk-note:has-text("bytes")')
    await page.click('#run')
    // Of a development setup nothing is proven until a person says that it will do.
    expect(await verdictOf(page)).toBe('Not proven')
    expect(await drawn(page, 'holds')).toEqual(['shape', 'proof', 'proof-key'])
    expect(await page.textContent('#conclusion')).toContain('DEV-INSECURE')
    await page.check('#dev-insecure')
    await page.click('#run')
    expect(await verdictOf(page)).toBe('It holds')
    expect(await page.textContent('#cost')).toMatch(/took \d+\.\d ms/)
    expect(faults).toEqual([])
  },
)

test('one word changed, and the line says that it is not a proof of this', async () => {
  const original = proofFixture('product')
  const digits = original.proof.split('')
  const changed = digits.with(-1, digits.at(-1) === '0' ? '1' : '0').join('')
  const { page } = await opened({ ...original, proof: changed })
  await page.check('#dev-insecure')
  await page.click('#run')
  expect(await verdictOf(page)).toBe('It does not hold')
  expect(await drawn(page, 'fails')).toEqual(['proof'])
})

test('a receipt with a proof is worth tier 64 once its model’s manifest is there', async () => {
  const { page, faults } = await opened({ ...documentOf(provenReceipt()), evidence: { proof } })
  const [gatewayKey, contributorKey] = [
    anchors.gatewayKeys[0]?.key,
    anchors.contributorKeys[0]?.key,
  ]
  await page.fill('#gateway-key', gatewayKey ?? '')
  await page.fill('#contributor-key', contributorKey ?? '')
  await page.selectOption('#tiers', '67')
  await page.click('#run')
  expect(await verdictOf(page)).toBe('Not proven')
  expect(await page.textContent('#conclusion')).toContain('fill it in above')
  await page.fill('#manifest', JSON.stringify(manifest))
  await page.click('#run')
  expect(await verdictOf(page)).toBe('It holds')
  expect(await drawn(page, 'holds')).toEqual(
    expect.arrayContaining(['proof', 'proof-statement', 'proof-key', 'proof-setup']),
  )
  expect(await page.textContent('.tier.proven:has-text("zk inferred") .proves-not')).toMatch(
    /that the model is any good/,
  )
  expect(faults).toEqual([])
})
