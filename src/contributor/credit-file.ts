/*
 * Where a contributor keeps its vouchers: a file beside its key. Losing it costs what was not claimed until the gateway is
 * asked for its newest voucher; so it is written whole, flushed, and put in the place of the old one.
 */
import { open, readFile, rename } from 'node:fs/promises'
import { err, ok, type Result } from '../base/result.ts'
import { channelDomain, channelIdOf } from '../chain/channel-typed-data.ts'
import { readChannelConfig } from '../domain/payout-voucher.ts'
import { type Address, address, atomic, isAddress, isHex, signature } from '../domain/units.ts'
import { type CreditBook, emptyCreditBook, type HeldVoucher } from './credit-book.ts'

/** Everything that is needed to claim without anybody's help, but a node of the chain and gas. */
export type StoredCredit = { readonly settlement: Address; readonly book: CreditBook }

/** Undefined where there is no file yet. Errors are one line for a person. */
export async function readCreditFile(
  path: string,
): Promise<Result<StoredCredit | undefined, string>> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    return code === 'ENOENT' ? ok(undefined) : err(`${path} cannot be read (${code ?? 'unknown'})`)
  }
  const stored = parseCredit(text)
  return stored === undefined
    ? err(`${path} is not a contributor's book of vouchers: move it away, or bring back a copy`)
    : ok(stored)
}

/** Durable when it resolves. Rejects with node's error. */
export async function writeCreditFile(path: string, stored: StoredCredit): Promise<void> {
  const draft = `${path}.new`
  const file = await open(draft, 'w', 0o600)
  try {
    await file.writeFile(`${creditJson(stored)}\n`)
    await file.sync()
  } finally {
    await file.close()
  }
  await rename(draft, path)
}

const creditJson = ({ settlement, book }: StoredCredit): string =>
  JSON.stringify(
    { settlement, ...book },
    (_, value) => (typeof value === 'bigint' ? String(value) : value),
    2,
  )

type Fields = Readonly<Record<string, unknown>>

function parseCredit(text: string): StoredCredit | undefined {
  let fields: Fields
  try {
    fields = JSON.parse(text) as Fields
  } catch {
    return undefined
  }
  const { settlement, owedAmount, vouchers } = fields ?? {}
  if (!isAddress(settlement) || !isAmount(owedAmount) || !Array.isArray(vouchers)) return undefined
  const held = (vouchers as readonly Fields[]).map((voucher) =>
    readVoucher(address(settlement), voucher ?? {}),
  )
  if (held.some((voucher) => voucher === undefined)) return undefined
  const book = {
    ...emptyCreditBook,
    owedAmount: atomic(BigInt(owedAmount)),
    vouchers: held as readonly HeldVoucher[],
  }
  return { settlement: address(settlement), book }
}

function readVoucher(settlement: Address, fields: Fields): HeldVoucher | undefined {
  const { chainId, maxClaimableAmount, signature: signed } = fields
  const config = readChannelConfig(fields['config'])
  if (config === undefined || !isAmount(maxClaimableAmount) || !isHex(signed)) return undefined
  if (typeof chainId !== 'number' || !Number.isSafeInteger(chainId)) return undefined
  const domain = channelDomain({ chainId, verifyingContract: settlement })
  return {
    chainId,
    channelId: channelIdOf(domain, config),
    config,
    maxClaimableAmount: atomic(BigInt(maxClaimableAmount)),
    signature: signature(signed),
  }
}

const isAmount = (value: unknown): value is string =>
  typeof value === 'string' && /^\d{1,38}$/.test(value)
