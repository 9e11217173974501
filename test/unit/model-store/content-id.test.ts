import { expect, test } from 'vitest'
import { cidOf, sha256Of } from '../../../src/model-store/content-id.ts'

test('a CID is what IPFS calls the same bytes as one raw block', () => {
  // The multihash and Python's base64.b32encode of it.
  expect(cidOf(sha256Of(Buffer.from('hello world')))).toBe(
    'bafkreifzjut3te2nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e',
  )
})
