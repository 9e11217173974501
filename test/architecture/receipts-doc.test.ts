import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { keccak256, TypedDataEncoder, verifyTypedData } from 'ethers'
import { describe, expect, test } from 'vitest'
import { checkNames, conclude } from '../../src/client/check-line.ts'
import { anyReceipt } from '../../src/client/check-policy.ts'
import { parseReceiptDocument } from '../../src/client/parse-receipt-document.ts'
import { noTrustAnchors, parseTrustFile } from '../../src/client/trust-anchors.ts'
import { verifyReceipt } from '../../src/client/verify-receipt.ts'
import type { ReceiptDocument } from '../../src/domain/receipt-document.ts'
import { tierClaims } from '../../src/domain/tier-claims.ts'
import { documentOf, signReceipt } from '../support/signed-receipt.ts'
import { solidityTypes } from '../support/solidity-types.ts'

/*
 * docs/receipts.md against the code and against itself. Its example is computed again from the page alone, with Node's
 * sha256 and with ethers instead of our own hashes.
 */

const page = readFileSync('docs/receipts.md', 'utf8')

/** From a heading to the next one of any level. */
function section(heading: string): string {
  const [, text] = page.split(`\n${heading}\n`)
  if (text === undefined) throw new Error(`docs/receipts.md has no section "${heading}"`)
  return text.split(/\n#+ /)[0] ?? ''
}

/** A code block that stands under the comment of its name. */
function example(name: string): string {
  const [, block] =
    new RegExp(`<!-- example: ${name} -->\n\`\`\`\\w*\n([\\s\\S]*?)\`\`\``).exec(page) ?? []
  if (block === undefined) throw new Error(`docs/receipts.md has no example "${name}"`)
  return block
}
/** The value that a row of the example's table gives. */
function step(row: string): string {
  const line = section('## An example')
    .split('\n')
    .find((text) => text.startsWith(`| ${row} |`))
  const [value] = /`[^`]+` \|$/.exec(line ?? '') ?? []
  if (value === undefined) throw new Error(`docs/receipts.md has no step "${row}"`)
  return value.slice(1, -3)
}

const request = Buffer.from(example('request').trimEnd())
const response = Buffer.from(example('response'))
const content = Buffer.from(example('content').trimEnd())
const document = JSON.parse(example('receipt')) as ReceiptDocument
const { receipt, priceSheet, domain } = document
const { work } = receipt
const sha256 = (...parts: readonly Uint8Array[]) =>
  createHash('sha256').update(Buffer.concat(parts)).digest()
const hex = (bytes: Buffer) => `0x${bytes.toString('hex')}`
const bytes = (text: string) => Buffer.from(text.slice(2), 'hex')

describe('the example', () => {
  test('bodies', () => {
    expect(hex(sha256(request))).toBe(step('`requestHash` = `inputHash`'))
    expect(hex(sha256(response))).toBe(step('`responseHash` = `outputHash`'))
    expect([receipt.requestHash, work.inputHash]).toEqual(Array(2).fill(hex(sha256(request))))
    expect([receipt.responseHash, work.outputHash]).toEqual(Array(2).fill(hex(sha256(response))))
  })

  test('content', () => {
    expect(keccak256(content)).toBe(step('`contentHash`'))
    expect(work.contentHash).toBe(keccak256(content))
    expect(response.toString()).toContain('2 pl')
  })

  test('stream', () => {
    const events = response.toString().split(/(?<=\n\n)/)
    expect(events).toHaveLength(4)
    const links = [sha256(Buffer.from('vouch-stream/1'), bytes(work.jobId), bytes(work.inputHash))]
    for (const event of events) {
      const length = Buffer.alloc(4)
      length.writeUInt32BE(Buffer.byteLength(event))
      links.push(sha256(links.at(-1) ?? length, length, Buffer.from(event)))
    }
    expect(links.map(hex).slice(0, 2)).toEqual([step('h(0)'), step('h(1)')])
    expect(hex(links[4] ?? request)).toBe(step('`streamRoot` = h(4)'))
    expect(work.streamRoot).toBe(step('`streamRoot` = h(4)'))
  })

  test('typed data and signatures', () => {
    expect(TypedDataEncoder.hashDomain(domain)).toBe(step('domain separator'))
    expect(TypedDataEncoder.hash(domain, solidityTypes.Work, work)).toBe(step('digest of the Work'))
    expect(TypedDataEncoder.hash(domain, solidityTypes.Receipt, receipt)).toBe(
      step('digest of the Receipt'),
    )
    const gatewayKey = verifyTypedData(
      domain,
      solidityTypes.Receipt,
      receipt,
      document.gatewaySignature,
    )
    const contributorKey = verifyTypedData(
      domain,
      solidityTypes.Work,
      work,
      document.contributorSignature,
    )
    expect(page).toContain(`signs with the key \`${gatewayKey.toLowerCase()}\``)
    expect(page).toContain(`with \`${contributorKey.toLowerCase()}\`. The client sent`)
  })

  test('price', () => {
    const sheetHash = TypedDataEncoder.hashStruct(
      'PriceSheet',
      solidityTypes.PriceSheet,
      priceSheet,
    )
    expect(sheetHash).toBe(step('`priceHash`'))
    expect(receipt.priceHash).toBe(sheetHash)
    expect((1000n * 100000n + 200n * 10000n + 345n * 400000n) / 1000000n).toBe(240n)
    expect(receipt.cost).toBe(step('`cost`'))
  })

  test('holds, with its own trust file', () => {
    const trust = /```json\n(\{\n {2}"chainId"[\s\S]*?)```/.exec(page)?.[1] ?? ''
    const anchors = parseTrustFile(trust)
    const parsed = parseReceiptDocument(Buffer.from(example('receipt')))
    if (!anchors.ok || !parsed.ok) throw new Error('the page has a receipt and a trust file')
    const verdict = (known: typeof noTrustAnchors) =>
      conclude(
        verifyReceipt({
          receipt: parsed.value,
          evidence: { content: [content], request, response },
          anchors: known,
          policy: anyReceipt,
          nowMs: Date.now(),
        }),
      )
    expect(verdict(anchors.value)).toBe('holds')
    expect(verdict(noTrustAnchors)).toBe('unproven')
  })

  test('is the one that the tests sign', () => {
    expect(document).toEqual(documentOf(signReceipt()))
  })
})

describe('the tables', () => {
  const fieldRows = [...page.matchAll(/^\| (`[^|]+`) \|/gm)].flatMap(([, cell]) =>
    [...(cell ?? '').matchAll(/`([^`]+)`/g)].map(([, name]) => name ?? ''),
  )

  test('every field of the document has its row', () => {
    const { work: ofWork, ...ofReceipt } = receipt
    const dotted = (name: 'domain' | 'priceSheet' | 'usage') =>
      Object.keys(document[name]).map((member) => `${name}.${member}`)
    const fields = [
      ...Object.keys(ofWork),
      ...Object.keys(ofReceipt),
      'object',
      'contributorSignature',
      'gatewaySignature',
      ...dotted('domain'),
      ...dotted('priceSheet'),
      ...dotted('usage'),
    ]
    expect(fields).toHaveLength(45)
    expect(fields.filter((field) => !fieldRows.includes(field))).toEqual([])
  })

  test('the types of the typed data are those that are hashed', () => {
    for (const name of ['Work', 'Receipt', 'PriceSheet'] as const) {
      const [, members] = new RegExp(`^${name}\\((.*)\\)$`, 'm').exec(page) ?? []
      const expected = solidityTypes[name][name]?.map((member) => `${member.type} ${member.name}`)
      expect(members).toBe(expected?.join(','))
    }
  })

  test('the checks are all there, in their order', () => {
    const rows = section('## The checks, in order').matchAll(/^\| `([^`]+)` \| /gm)
    expect([...rows].map(([, name]) => name)).toEqual([...checkNames])
  })

  test('each tier has the sentences that the verifier prints', () => {
    for (const { bit, name, proves, doesNotProve } of tierClaims) {
      expect(page).toContain(`| ${bit} ${name} | ${proves} | ${doesNotProve} |`)
    }
  })
})
