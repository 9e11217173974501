import { readdirSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { addressOfPrivateKey } from '../../../src/chain/signatures.ts'
import { holds, unknown } from '../../../src/client/check-line.ts'
import { inPolicyWords } from '../../../src/client/policy-words.ts'
import { VerificationError } from '../../../src/client/verification-error.ts'
import { readPolicy, type VerificationPolicy } from '../../../src/client/verification-policy.ts'
import { verifyAnswer } from '../../../src/client/verify-answer.ts'
import {
  documentOf,
  gatewayKey,
  gatewayOperator,
  nowMs,
  request,
  response,
  signReceipt,
} from '../../support/signed-receipt.ts'

/** What is said of an honest answer under a policy that knows too little, without a node that answers. */
async function wordsUnder(policy: Omit<VerificationPolicy, 'gateway'>): Promise<string> {
  const parsed = signReceipt()
  const report = await verifyAnswer(
    {
      url: 'http://127.0.0.1:9/v1/chat/completions',
      receiptId: parsed.receipt.receiptId,
      document: Buffer.from(JSON.stringify(documentOf(parsed))),
      ...{ request, response, end: 'whole', sentAtMs: nowMs },
    },
    {
      policy: readPolicy({ gateway: gatewayOperator, ...policy }),
      ...{ rpc: undefined, agreed: undefined, nowMs },
      continuity: () => holds('continuity', 'not looked at'),
    },
  )
  expect(report.verified).toBe(false)
  const details = report.lines.map(({ detail }) => detail).join('\n')
  expect(details).not.toMatch(/--[a-z]/)
  return new VerificationError(report).message
}

describe('an answer that is not verified', () => {
  test('names the members of the policy that would let it be', async () => {
    const key = addressOfPrivateKey(gatewayKey)
    expect(await wordsUnder({ gatewayKeys: [key] })).toContain(
      ': give contributorKeys, trustFile, or rpcUrl',
    )
    expect(await wordsUnder({ rpcUrl: 'http://127.0.0.1:9' })).toContain(
      ': give gatewayKeys, trustFile, or rpcUrl',
    )
  })
})

test('no option that a check names is left in its words', () => {
  const folder = resolve(import.meta.dirname, '../../../src/client')
  // Of the audits of whole logs, which are a command's own, nothing reaches an answer's report.
  const files = readdirSync(folder).filter((name) => /^(check|verify)-/.test(name))
  const sentences = files.flatMap((name) =>
    [
      ...readFileSync(`${folder}/${name}`, 'utf8').matchAll(
        /^(?! \*).*?['`]([^'`]*\s--[a-z][^'`]*)['`]/gm,
      ),
    ].map(([, sentence = '']) => sentence.replace(/\$\{role\}/, 'gateway')),
  )
  expect(sentences.length).toBeGreaterThan(8)
  for (const sentence of sentences) {
    expect(inPolicyWords(unknown('chain', sentence)).detail).not.toMatch(/--[a-z]/)
  }
})
