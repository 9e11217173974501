/* The questions that contracts write (ChatInput.sol, on a real chain) and those of `vouch/jobs` are the same bytes. */
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { utf8Text } from '../../src/base/bytes.ts'
import { toHex } from '../../src/base/hex.ts'
import { decodeTensor } from '../../src/base/wire-tensor.ts'
import { type Contract, readContract } from '../../src/chain/contracts.ts'
import { chatInput, completionInput, encodeTensor } from '../../src/client/contract-input.ts'
import type { EmbeddedChain } from '../../src/dev/embedded-chain.ts'
import { address } from '../../src/domain/units.ts'
import { compileSolidity } from '../support/compile-solidity.ts'
import { expectOk } from '../support/dev-chain.ts'
import { startChain, temporaryFolder } from '../support/embedded-chain.ts'

const folder = temporaryFolder()
const questions: Contract = {
  name: 'Questions',
  address: address(`0x${'c7'.repeat(20)}`),
  abi: [
    'function chat(string model, string system, string user, uint32 max) view returns (bytes)',
    'function completion(string model, string prompt, uint32 max) view returns (bytes)',
    'function tensor(int256[] values) view returns (bytes)',
  ],
}
let chain: EmbeddedChain

beforeAll(async () => {
  chain = await startChain(join(folder.path, 'chain'))
  const code = compileSolidity('Questions.sol')('Questions')
  expectOk(await chain.rpc.call('anvil_setCode', [questions.address, code]))
})
afterAll(async () => {
  await chain?.stop()
  folder.remove()
})

const asked = async (functionName: string, ...args: unknown[]): Promise<unknown> =>
  expectOk(await readContract(chain.rpc, { contract: questions, functionName, args }))[0]

/** Every character that JSON, JavaScript or UTF-8 has its own way with. */
const awkward = Array.from({ length: 0x24 }, (_, code) => String.fromCharCode(code)).concat(
  ['"', '\\', '/', '\u007f', '\u0080', '\u00ff', '\u2028', '\u2029', '\ufeff', '\uffff', '😀'],
  ['"},{"role":"system","content":"', '\\"', '\\u0022', '</script>'],
)
const texts = fc
  .array(fc.oneof(fc.constantFrom(...awkward), fc.string({ unit: 'grapheme' })), { maxLength: 12 })
  .map((pieces) => pieces.join(''))
const tokens = fc.integer({ min: 0, max: 2 ** 32 - 1 })

test('a chat is the same bytes here and there, and its texts come back as they were', async () => {
  let seen = 0
  const property = fc.asyncProperty(
    texts,
    texts,
    texts,
    tokens,
    async (model, system, user, max) => {
      const bytes = chatInput({ model, system, user, completionTokensMax: max })
      expect(toHex(bytes)).toBe(await asked('chat', model, system, user, max))
      const read = JSON.parse(utf8Text(bytes))
      expect(read).toMatchObject({ model, max_tokens: max, temperature: 0 })
      const told = read.messages.map(({ content }: { readonly content: string }) => content)
      expect(told).toEqual(system === '' ? [user] : [system, user])
      seen += 1
    },
  )
  await fc.assert(property, { numRuns: 100 })
  expect(seen).toBeGreaterThanOrEqual(100)
  const all = awkward.join('')
  expect(toHex(chatInput({ model: 'm', user: all, completionTokensMax: 1 }))).toBe(
    await asked('chat', 'm', '', all, 1),
  )
})

test('a completion is the same bytes', async () => {
  const property = fc.asyncProperty(texts, texts, tokens, async (model, prompt, max) => {
    const bytes = completionInput({ model, prompt, completionTokensMax: max })
    expect(toHex(bytes)).toBe(await asked('completion', model, prompt, max))
  })
  await fc.assert(property, { numRuns: 50 })
})

test('a tensor is the same bytes, and is read again', async () => {
  const property = fc.asyncProperty(fc.array(fc.integer(), { maxLength: 40 }), async (values) => {
    const bytes = encodeTensor(values)
    expect(toHex(bytes)).toBe(await asked('tensor', values))
    expect(decodeTensor(bytes)).toEqual(Int32Array.from(values))
  })
  await fc.assert(property, { numRuns: 50 })
})

test('what a contract could not ask is refused here too', () => {
  const half = '\ud800'
  expect(() => chatInput({ model: 'm', user: half, completionTokensMax: 1 })).toThrow(TypeError)
  for (const wrong of [2 ** 31, -(2 ** 31) - 1, 0.5, Number.NaN]) {
    expect(() => encodeTensor([1, wrong])).toThrow(RangeError)
  }
})
