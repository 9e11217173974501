import { randomBytes } from 'node:crypto'
import type { GatewayLog } from '../../src/base/log.ts'
import {
  type AnsweredInFull,
  TranscriptVault,
  transcriptPurpose,
  type VaultTerms,
} from '../../src/disclosure/transcript-vault.ts'
import { type Bytes32, bytes32 } from '../../src/domain/units.ts'
import { createByteSeal } from '../../src/store/byte-seal.ts'
import type { TranscriptStore } from '../../src/store/transcript-store.ts'

export const sealSecrets = [{ version: 1, secret: new Uint8Array(32).fill(9) }]

/** A log that keeps the names of what happened. */
export function eventsHeard(): GatewayLog & { readonly events: string[] } {
  const events: string[] = []
  const hear = (event: string) => void events.push(event)
  return { events, info: hear, error: hear }
}

export const vaultOn = (store: TranscriptStore, said: Partial<VaultTerms> = {}): TranscriptVault =>
  new TranscriptVault({
    store,
    seal: createByteSeal(sealSecrets, transcriptPurpose),
    retentionS: 3_600,
    bytesMax: 1_000_000,
    log: eventsHeard(),
    nowMs: () => 1_750_000_000_000,
    ...said,
  })

export const anyReceiptId = (): Bytes32 => bytes32(`0x${randomBytes(32).toString('hex')}`)

/** An answer as the gateway hands it over. */
export const answeredInFull = (
  gatewaySeq: number,
  said: Partial<AnsweredInFull> = {},
): AnsweredInFull => ({
  receiptId: anyReceiptId(),
  receiptBody: JSON.stringify({ receipt: { gatewaySeq } }),
  requestBody: Buffer.from(`the prompt of ${gatewaySeq}`),
  responseBody: Buffer.from(`the answer of ${gatewaySeq}`),
  commitmentOpening: undefined,
  ...said,
})
