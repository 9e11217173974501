/*
 * What verifying an answer that was translated from a chat completion is tried with.
 */
import { hash } from 'node:crypto'
import { checkWireBytes } from '../../src/client/check-wire-bytes.ts'
import type { Receipt } from '../../src/domain/receipt.ts'
import { type Bytes32, bytes32 } from '../../src/domain/units.ts'
import { chunk } from './scripted-upstream.ts'
import { signReceipt } from './signed-receipt.ts'

export const oneTokenUsage = {
  promptTokens: 1,
  cachedPromptTokens: 0,
  completionTokens: 1,
  reasoningTokens: 0,
  source: 'reported',
} as const

export const twoToolCalls = [
  { id: 'a', type: 'function', function: { name: 'f', arguments: '{"x":1}' } },
  { id: 'b', type: 'function', function: { name: 'g', arguments: '{}' } },
]
const begin = twoToolCalls.map(({ function: { name }, ...call }, index) =>
  chunk({ tool_calls: [{ index, ...call, function: { name, arguments: '' } }] }),
)
const more = (index: number, text: string) =>
  chunk({ tool_calls: [{ index, function: { arguments: text } }] })

/** The chunks of `twoToolCalls`, written by turns. */
export const calledChunks: readonly Record<string, unknown>[] = [
  ...begin,
  ...[more(1, '{'), more(0, '{"x"'), more(1, '}'), more(0, ':1}')],
]

/** Whether a response is found to say what a receipt with this `contentHash` is of. */
export function answerVerdict(response: Buffer, contentHash: Bytes32): string | undefined {
  const { receipt } = signReceipt()
  const changed: Receipt = {
    ...receipt,
    responseHash: bytes32(`0x${hash('sha256', response)}`),
    work: { ...receipt.work, contentHash },
  }
  const lines = checkWireBytes(changed, { request: undefined, response })
  return lines.find(({ check }) => check === 'answer-in-response')?.verdict
}

export const hashOfText = (text: string): Bytes32 => bytes32(`0x${hash('keccak-256', text)}`)
