/*
 * What ChatInput.sol makes of bytes that a player sends, whatever they are: a question that is one JSON document with the text
 * where it belongs, or a refusal exactly where the text is no UTF-8.
 */
import { join } from 'node:path'
import { AbiCoder, id } from 'ethers'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { EmbeddedChain } from '../../src/dev/embedded-chain.ts'
import { compileSolidity } from '../support/compile-solidity.ts'
import { expectOk } from '../support/dev-chain.ts'
import { startChain, temporaryFolder } from '../support/embedded-chain.ts'

const folder = temporaryFolder()
const questions = `0x${'c8'.repeat(20)}`
const coder = AbiCoder.defaultAbiCoder()
let chain: EmbeddedChain

beforeAll(async () => {
  chain = await startChain(join(folder.path, 'chain'))
  const code = compileSolidity('Questions.sol')('Questions')
  expectOk(await chain.rpc.call('anvil_setCode', [questions, code]))
})
afterAll(async () => {
  await chain?.stop()
  folder.remove()
})

/** A call with bytes where the ABI has strings: no client of ours would encode such a text. */
async function ask(user: Uint8Array): Promise<Buffer | 'refused'> {
  const selector = id('chat(string,string,string,uint32)').slice(0, 10)
  const [model, system] = ['mini', 'Speak as a guard.'].map((text) => Buffer.from(text))
  const args = coder.encode(['bytes', 'bytes', 'bytes', 'uint32'], [model, system, user, 48])
  const data = `${selector}${args.slice(2)}`
  const answer = await chain.rpc.call('eth_call', [{ to: questions, data }, 'latest'])
  if (answer.ok) {
    const [bytes] = coder.decode(['bytes'], String(answer.value))
    return Buffer.from(String(bytes).slice(2), 'hex')
  }
  const refusal = id('TextNotUtf8(bytes)').slice(0, 10)
  expect(answer.error).toMatchObject({ data: expect.stringMatching(`^${refusal}`) })
  return 'refused'
}

/** What the platform says: undefined for what is no UTF-8. */
function textOf(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    return undefined
  }
}

async function expectJudged(bytes: Uint8Array): Promise<'taken' | 'refused'> {
  const text = textOf(bytes)
  const answer = await ask(bytes)
  if (text === undefined || answer === 'refused') {
    expect({ text, answer }).toEqual({ text: undefined, answer: 'refused' })
    return 'refused'
  }
  expect(JSON.parse(answer.toString())).toEqual({
    model: 'mini',
    messages: [
      { role: 'system', content: 'Speak as a guard.' },
      { role: 'user', content: text },
    ],
    max_tokens: 48,
    temperature: 0,
    seed: 0,
  })
  return 'taken'
}

/** The first and last character of each length, and what lies just outside: overlong forms, surrogates, too high, cut off. */
const edges = [
  ...['00', '7f', 'c280', 'dfbf', 'e0a080', 'ed9fbf', 'ee8080', 'efbfbf', 'f0908080', 'f48fbfbf'],
  ...['80', 'bf', 'c0af', 'c1bf', 'c2', 'c27f', 'e08080', 'e09fbf', 'eda080', 'edbfbf', 'e282'],
  ...['f08080af', 'f08fbfbf', 'f4908080', 'f5808080', 'ff', 'fe', 'f09f98', 'f09f9822', 'e28222'],
].map((hex) => Buffer.from(hex, 'hex'))

test('the edges of UTF-8 are where RFC 3629 has them, wherever in a text they stand', async () => {
  const judged = { taken: 0, refused: 0 }
  for (const edge of edges) {
    // Alone, before a quote, across the words of 32 bytes that are looked at in one piece, and at the very end.
    for (const before of [0, 29, 31, 32, 63]) {
      const padding = Buffer.alloc(before, 'a')
      judged[await expectJudged(Buffer.concat([padding, edge]))] += 1
      judged[await expectJudged(Buffer.concat([padding, edge, Buffer.from('"}],"n":9,"')]))] += 1
    }
  }
  expect(judged).toEqual({ taken: 100, refused: 200 })
})

test('any bytes are a text in its place or refused, and never anything else', async () => {
  const judged = { taken: 0, refused: 0 }
  const piece = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 24 }).map((text) => Buffer.from(text)),
    fc.constantFrom(...edges, Buffer.from('"'), Buffer.from('\\'), Buffer.from('\u2028')),
    fc.uint8Array({ maxLength: 3 }).map((bytes) => Buffer.from(bytes)),
  )
  const texts = fc.array(piece, { maxLength: 4 }).map((pieces) => Buffer.concat(pieces))
  const property = fc.asyncProperty(texts, async (bytes) => {
    judged[await expectJudged(bytes)] += 1
  })
  await fc.assert(property, { numRuns: 300 })
  expect(judged.taken).toBeGreaterThan(20)
  expect(judged.refused).toBeGreaterThan(20)
})
