/*
 * A signing key that lives in a trusted execution environment, told to the chain: a quote of that environment which names the
 * key, its operator and the contract. The contract's own verifier judges the quote; here it is only fetched and sent.
 */
import { readFile } from 'node:fs/promises'
import { fromHex, hexOf, toHex } from '../base/hex.ts'
import { readHead } from '../chain/blocks.ts'
import type { JsonRpc } from '../chain/json-rpc.ts'
import { addressOfPrivateKey } from '../chain/signatures.ts'
import { findFaultContracts } from '../chain/slashing-contract.ts'
import {
  bindingReportData,
  bindKeyCall,
  type KeyBinding,
  readBoundAt,
} from '../chain/tier-evidence.ts'
import { sendCall } from '../chain/transactions.ts'
import { type Address, unixSeconds, zeroAddress } from '../domain/units.ts'
import { dstackSource, tsmSource } from '../evidence/tee-sources.ts'
import { confirmOrEnd } from './ask-person.ts'
import { type PayerSurroundings, report } from './channel-surroundings.ts'
import { CommandFailure } from './command.ts'
import { orFail } from './contracts-or-fail.ts'
import type { ContributorOptions } from './contributor-options.ts'
import {
  type ContributorPlace,
  checkChain,
  openPlace,
  ownAccount,
  readOwnKeys,
} from './contributor-place.ts'

/** `vouch contributor bind-tee`. */
export async function bindTeeKey(
  options: ContributorOptions,
  surroundings: PayerSurroundings,
): Promise<number> {
  const place = openPlace(options)
  await checkChain(place)
  const binding = await bindingOf(place, options)
  const reportData = bindingReportData(binding)
  if (options.reportData) {
    report(surroundings, options, {
      lines: [reportData.toString('hex')],
      value: {
        object: 'vouch.tee_report_data',
        ...binding,
        report_data: toHex(reportData),
      },
    })
    return 0
  }
  const quote = await quoteOf(options, reportData)
  const account = await ownAccount(place, options, surroundings.terminal)
  await confirmOrEnd(`Bind ${binding.key} by a quote of ${quote.length} bytes?`, options)
  const { rpc } = place
  const sender = await account.openSender({ rpc, chainId: binding.chainId })
  const mined = orFail(await sendCall(sender, bindKeyCall(binding, quote)))
  const { timestampS } = orFail(await readHead(rpc))
  if (!orFail(await readBoundAt(rpc, binding, unixSeconds(timestampS)))) {
    throw new CommandFailure(
      `${binding.tierEvidence} took the quote, and does not say that it binds`,
    )
  }
  report(surroundings, options, {
    lines: [`${binding.key} is bound in ${binding.tierEvidence} from second ${timestampS} on`],
    value: {
      object: 'vouch.tee_binding',
      ...binding,
      bound_from: timestampS,
      transaction_hash: mined.transactionHash,
    },
  })
  return 0
}

async function bindingOf(
  place: ContributorPlace,
  { tierEvidence: named }: ContributorOptions,
): Promise<KeyBinding> {
  const { file, rpc, paths } = place
  const { current } = await readOwnKeys(place)
  if (current === undefined) throw new CommandFailure(`${paths.signingKey} is not there`)
  return {
    chainId: file.chain.chainId,
    tierEvidence: named ?? (await findTierEvidence(rpc, file.chain.receiptVerifier)),
    operator: file.contributor,
    key: addressOfPrivateKey(current),
  }
}

/** Only the contract that slashes names it, and a chain may have none. */
async function findTierEvidence(rpc: JsonRpc, receiptVerifier: Address): Promise<Address> {
  const found = await findFaultContracts(rpc, receiptVerifier)
  if (found.ok) return found.value.tierEvidence.address
  const { error } = found
  if (error.reason !== 'contract_missing' || error.address !== zeroAddress) return orFail(found)
  throw new CommandFailure(
    `TierEvidence is not found behind the receipt's verifier, as no ${error.name} is appointed ` +
      'there: name it with --tier-evidence 0x…',
  )
}

async function quoteOf(
  { quoteFile, dstackSocket, tsm }: ContributorOptions,
  reportData: Buffer,
): Promise<Uint8Array> {
  if (quoteFile !== undefined) return readQuote(quoteFile)
  const source = tsm ? tsmSource() : dstackSource(dstackSocket)
  const quoted = await source.quote(reportData)
  if (quoted !== undefined) return quoted.quote
  throw new CommandFailure(
    `${tsm ? 'the kernel' : 'the guest agent of dstack'} gives no quote: run this where the signing key lives, inside of a TDX guest, or bring a quote with --quote`,
  )
}

/** As bytes, or as hex digits, which most tools print. */
async function readQuote(path: string): Promise<Uint8Array> {
  let bytes: Buffer
  try {
    bytes = await readFile(path)
  } catch {
    throw new CommandFailure(`${path} cannot be read`)
  }
  const text = bytes.toString('latin1').trim().replace(/^0x/, '')
  return /^([0-9a-f]{2})+$/i.test(text) ? fromHex(hexOf(text.toLowerCase())) : bytes
}
