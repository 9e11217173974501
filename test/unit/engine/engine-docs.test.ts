import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { startStreamHash } from '../../../src/attestation/stream-hash.ts'
import { choicesMax, drainTimeoutMs } from '../../../src/base/limits.ts'
import {
  claimLeadS,
  creditLimitDefaultAmount,
  writeStallTimeoutMs,
} from '../../../src/contributor/limits.ts'
import { bytes32 } from '../../../src/domain/units.ts'
import {
  prefillTokensMax,
  prefixCacheMebibytesDefaultMax,
  requestsWaitingDefaultMax,
  slotsDefaultMax,
  stopStringsMax,
  topLogprobsMax,
} from '../../../src/engine/limits.ts'
import { uniformDraw } from '../../../src/engine/uniform-draw.ts'

const words = readFileSync(join(import.meta.dirname, '../../../docs/engine.md'), 'utf8').replace(
  /\s+/g,
  ' ',
)

test('the vectors of docs/engine.md are what the code computes', () => {
  const stream = startStreamHash({
    jobId: bytes32(`0x${'11'.repeat(32)}`),
    inputHash: bytes32(`0x${'22'.repeat(32)}`),
  })
  stream.event(Buffer.from('data: {"a":1}\n\n'))
  stream.event(Buffer.from('data: [DONE]\n\n'))
  expect(words).toContain(stream.finish().streamRoot)
  const numerator = uniformDraw(42n, 7) * 2 ** 53
  expect(words).toContain(`Seed 42, position 7: \`u\` = ${numerator} / 2^53`)
})

test.each([
  `default ${creditLimitDefaultAmount} atomic units`,
  claimLeadS === 86_400 ? 'a claim has at least a day' : 'another lead',
  `\`n\` (1–${choicesMax})`,
  `\`stop\` (up to ${stopStringsMax} strings)`,
  `\`top_logprobs\` (0–${topLogprobsMax})`,
  `finishes those in flight within ${drainTimeoutMs / 1000} seconds`,
  `blocks of ${prefillTokensMax} tokens`,
  `\`--parallel\` answers (${slotsDefaultMax})`,
  `\`--queue\` more requests (${requestsWaitingDefaultMax})`,
  `\`--prefix-cache\` MiB (${prefixCacheMebibytesDefaultMax})`,
  `reads nothing for ${writeStallTimeoutMs / 1000} seconds`,
])('docs/engine.md says %s', (sentence) => {
  expect(words).toContain(sentence)
})
