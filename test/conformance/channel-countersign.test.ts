/*
 * `vouch channel countersign` at a real gateway: what is signed away is verified first, and what the gateway then shows is what
 * `vouch verify` takes for tier 128.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { countersignOwnReceipt } from '../../src/cli/channel-countersign.ts'
import { writeChannelFile } from '../../src/cli/channel-file.ts'
import { parseChannelOptions } from '../../src/cli/channel-options.ts'
import { CommandFailure } from '../../src/cli/command.ts'
import { checkCountersignature } from '../../src/client/check-countersignature.ts'
import { parseReceiptDocument } from '../../src/client/parse-receipt-document.ts'
import { recoverSigners } from '../../src/client/recover-signers.ts'
import type { ReceiptDocument } from '../../src/domain/receipt-document.ts'
import { atomic, bytes32, unixSeconds } from '../../src/domain/units.ts'
import { type OwnedChannel, startOwnedChannel } from '../support/owned-channel.ts'

let owned: OwnedChannel
let folder: string
let receiptPath: string
let document: ReceiptDocument

const shown = async (id: string) =>
  (await (
    await fetch(`${owned.gateway.origin}/v1/receipts/${id}`, {
      headers: { authorization: owned.authorization() },
    })
  ).json()) as ReceiptDocument

beforeAll(async () => {
  owned = await startOwnedChannel()
  folder = mkdtempSync(join(tmpdir(), 'vouch-countersign-'))
  await owned.ask()
  const { json } = await owned.get('/v1/billing/receipts')
  const [receipt] = json['data'] as readonly ReceiptDocument[]
  document = await shown(receipt?.receipt.receiptId ?? '')
  receiptPath = join(folder, 'receipt.json')
  writeFileSync(receiptPath, JSON.stringify(document))
  writeFileSync(join(folder, 'session.key'), `${owned.sessionKey}\n`, { mode: 0o600 })
  writeFileSync(join(folder, 'payer.key'), `${owned.payerKey}\n`, { mode: 0o600 })
  place('channel.json', {})
})
afterAll(async () => {
  await owned.stop()
  rmSync(folder, { recursive: true })
})

/** The file that `vouch channel open` leaves. */
function place(name: string, changes: Partial<OwnedChannel['place']>): string {
  const path = join(folder, name)
  writeChannelFile(path, {
    ...owned.place,
    gateway: owned.gateway.origin,
    operator: owned.gateway.operator,
    receiptVerifier: owned.place.settlement,
    rpcUrl: 'http://127.0.0.1:9',
    sessionKeyFile: 'session.key',
    openedAt: unixSeconds(1),
    priceHashes: [],
    signed: atomic(0n),
    pendingDeposit: null,
    ...changes,
  })
  return path
}

async function countersign(channel: string, ...more: readonly string[]) {
  const { options } = parseChannelOptions(['countersign', '--channel', channel, '--json', ...more])
  const printed: string[] = []
  const terminal = { print: (line: string) => printed.push(line), printError: () => {} }
  const code = await countersignOwnReceipt(options, { terminal, nowMs: Date.now })
  return { code, ...(JSON.parse(printed.join('\n')) as { signer: string }) }
}

describe('vouch channel countersign', () => {
  test('accepts a charge by the session key, which the gateway then shows with the terms that name it', async () => {
    const done = await countersign(join(folder, 'channel.json'), '--receipt', receiptPath)
    expect(done).toMatchObject({ code: 0, signer: owned.place.config.payerAuthorizer })
    const parsed = parseReceiptDocument(
      Buffer.from(JSON.stringify(await shown(document.receipt.receiptId))),
    )
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.error))
    const anchors = { channelSettlement: owned.place.settlement }
    const line = checkCountersignature(parsed.value, recoverSigners(parsed.value), anchors)
    expect(line.verdict).toBe('holds')
    // Said once, whoever says it again.
    const again = ['--receipt', receiptPath, '--key', join(folder, 'payer.key')]
    expect((await countersign(join(folder, 'channel.json'), ...again)).signer).toBe(done.signer)
  })

  test.each<[string, (receipt: ReceiptDocument['receipt']) => object, string]>([
    [
      'another channel paid',
      (one) => ({ ...one, channelId: `0x${'ee'.repeat(32)}` }),
      'another channel',
    ],
    ['does not add up', (one) => ({ ...one, cost: '999999' }), 'does not hold'],
    [
      'another gateway gave',
      (one) => ({ ...one, work: { ...one.work, gateway: `0x${'ee'.repeat(20)}` } }),
      'is not of',
    ],
  ])('signs nothing that %s', async (_, change, words) => {
    const path = join(folder, 'changed.json')
    writeFileSync(path, JSON.stringify({ ...document, receipt: change(document.receipt) }))
    const refused = countersign(join(folder, 'channel.json'), '--receipt', path)
    await expect(refused).rejects.toThrow(CommandFailure)
    await expect(refused).rejects.toThrow(words)
  })

  test('says what is missing, and what is no receipt', async () => {
    const channel = place('other.json', { channelId: bytes32(`0x${'ab'.repeat(32)}`) })
    await expect(countersign(channel)).rejects.toThrow('--receipt is needed')
    await expect(countersign(channel, '--receipt', join(folder, 'none'))).rejects.toThrow(
      'cannot be read',
    )
    await expect(countersign(channel, '--receipt', channel)).rejects.toThrow('is no receipt')
  })
})
