/*
 * docs/transparency.md promises that an auditor can be written from it alone: its example is computed here by ethers, from
 * what the page says, and not by this project's code.
 */
import { readFileSync } from 'node:fs'
import {
  AbiCoder,
  concat,
  keccak256,
  sha256,
  TypedDataEncoder,
  toUtf8Bytes,
  verifyTypedData,
} from 'ethers'
import { describe, expect, test } from 'vitest'
import { readLogHead } from '../../src/client/log-documents.ts'
import { consistencyBatchesMax, searchedBatchesMax } from '../../src/transparency/log-reader.ts'

const page = readFileSync(new URL('../../docs/transparency.md', import.meta.url), 'utf8')
const block = (language: string): string =>
  new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``).exec(page)?.[1] ?? ''
const entries = block('jsonl')
const document = JSON.parse(block('json')) as {
  readonly head: Readonly<Record<string, string | number>>
  readonly signature: string
  readonly domain: object
}
const { head, domain, signature } = document
const abi = AbiCoder.defaultAbiCoder()
const digests = [1, 2, 3].map((n) => keccak256(toUtf8Bytes(`receipt ${n}`)))
const [a = '', b = '', c = ''] = digests.map((digest) =>
  keccak256(abi.encode(['bytes32'], [digest])),
)
const pair = (one: string, other: string) => keccak256(concat([one, other].sort()))
/** The type as the page spells it. */
const members = (/^LogHead\((.*)\)$/m.exec(page)?.[1] ?? '').split(',').map((member) => {
  const [type = '', name = ''] = member.split(' ')
  return { type, name }
})

describe('the example', () => {
  test('has the entries, their hash, root and fold', () => {
    const lines = digests.map((digest, i) => `{"gatewaySeq":${i + 1},"digest":"${digest}"}\n`)
    expect(entries).toBe(lines.join(''))
    const root = pair(pair(a, b), c)
    const zero = `0x${'0'.repeat(64)}`
    expect(head).toMatchObject({
      root,
      entriesHash: sha256(toUtf8Bytes(entries)),
      head: keccak256(abi.encode(['bytes32', 'bytes32', 'uint32'], [zero, root, 3])),
    })
    expect(page).toContain(`one sibling,\n\`${pair(a, b)}\``)
  })

  test('is signed as the page says, and read by our own reader', () => {
    expect(members.map(({ name }) => name)).toEqual(Object.keys(head))
    const types = { LogHead: members }
    const signer = verifyTypedData(domain, types, head, signature).toLowerCase()
    expect(page).toContain(`its signer\n\`${signer}\``)
    expect(page).toContain(`digest is \`${TypedDataEncoder.hash(domain, types, head)}\``)
    expect(readLogHead(JSON.parse(block('json')))).toMatchObject({ ok: true })
  })
})

test('the page names the bounds of the code', () => {
  expect(page).toContain(`at most ${consistencyBatchesMax.toLocaleString('en-US')}: fold them`)
  expect(page).toContain(`only the newest ${searchedBatchesMax} batches`)
})
