/*
 * `vouch prove usage`: what a channel was charged over a stretch of its receipts, proven in batches that follow each other.
 */
import { parseArgs } from 'node:util'
import { leafOfDigest } from '../chain/log-head-typed-data.ts'
import { receiptDomain } from '../chain/receipt-typed-data.ts'
import { rootFrom } from '../chain/sorted-merkle-tree.ts'
import { GatewayBilling } from '../client/gateway-billing.ts'
import type { ParsedReceipt } from '../client/parse-receipt-document.ts'
import { readSecretFile } from '../contributor/secret-file.ts'
import { bytes32, isBytes32 } from '../domain/units.ts'
import { usageBatches } from '../proofs/usage-batches.ts'
import { usageBatchInputs } from '../proofs/usage-inputs.ts'
import type { UsageProof, UsageSegment } from '../proofs/usage-proof.ts'
import type { UsageRange } from '../proofs/usage-range.ts'
import { verifyUsage } from '../proofs/verify-usage.ts'
import { noirSource, usageBatchRows } from '../prover/noir-source.ts'
import { CommandFailure, terminal } from './command.ts'
import { fetchInclusion } from './fetch-proof.ts'
import { orGatewayFailure } from './gateway-or-fail.ts'
import { meteringProver, proverOptions, proverPlaceOf, writeProof } from './metering-prover.ts'
import { type ReceiptStretch, readReceipts } from './read-receipts.ts'

export const proveUsageHelp: string = `vouch prove usage: the total that a channel was charged for receipts SEQ to SEQ is the sum of
receipts that follow each other, each signed by its contributor and priced by its sheet.
  RECEIPTS…            files of a receipt each, of one a line (.jsonl), or folders of such;
                       without any they are fetched from --gateway with --api-key-file
  --api-key-file FILE  an API key of the channel
  --channel ID         which channel
  --from SEQ --to SEQ  channelSeq of the first and of the last receipt
  --allow-unsigned     count receipts that no contributor signed apart, instead of refusing them
  --batch-rows N       receipts in one proof, 1 to ${usageBatchRows} (default ${usageBatchRows}, which takes 5 GB of
                       memory and some two minutes of two processors; 4: 1.4 GB, half a minute).
                       Another number is another circuit, with another verification key
`

export async function proveUsage(argv: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      ...proverOptions,
      'api-key-file': { type: 'string' },
      channel: { type: 'string' },
      from: { type: 'string' },
      to: { type: 'string' },
      'allow-unsigned': { type: 'boolean' },
      'batch-rows': { type: 'string' },
    },
  })
  const stretch = stretchOf(values)
  const rows = wholeNumber('--batch-rows', values['batch-rows'] ?? String(usageBatchRows))
  if (rows > usageBatchRows) throw new CommandFailure(`--batch-rows is 1 to ${usageBatchRows}`, 2)
  const receipts =
    positionals.length === 0
      ? await fetchReceipts(values.gateway, values['api-key-file'], stretch)
      : readReceipts(positionals, stretch)
  const batches = batchesOf(receipts, rows, values['allow-unsigned'] ?? false)
  terminal.printError(`${receipts.length} receipts in ${batches.length} proofs`)

  const place = proverPlaceOf(values)
  const globals = rows === usageBatchRows ? {} : { RECEIPTS: rows }
  const prover = await meteringProver(noirSource('usage-batch', globals), { place, terminal })
  const segments: UsageSegment[] = []
  for (const [index, batch] of batches.entries()) {
    const label = `proof ${index + 1} of ${batches.length}`
    const proof = await prover.prove(label, usageBatchInputs(batch, rows))
    segments.push({ proof, ...(await tiedToGateway(batch, receipts, values.gateway)) })
  }
  const document: UsageProof = { object: 'vouch.usage-proof', segments }
  const { vkHash } = prover.artefacts.artefact
  const proven = verifyUsage(document, { circuits: { batchVkHash: vkHash } })
  if (!proven.ok) throw new CommandFailure(proven.error.detail)
  const { count, total, unsignedCount } = proven.value
  const apart = unsignedCount === 0 ? '' : `, ${unsignedCount} of them unsigned`
  terminal.printError(`proven: ${count} receipts${apart} cost ${total} atomic units`)
  writeProof(document, values.out, terminal)
  return 0
}

function stretchOf(said: {
  readonly channel?: string | undefined
  readonly from?: string | undefined
  readonly to?: string | undefined
}): ReceiptStretch {
  const { channel } = said
  if (!isBytes32(channel)) throw new CommandFailure('--channel is 0x and 64 hex digits', 2)
  const from = wholeNumber('--from', said.from)
  const to = wholeNumber('--to', said.to)
  if (to < from) throw new CommandFailure('--to is not before --from', 2)
  return { channelId: bytes32(channel), from, to }
}

function wholeNumber(option: string, text: string | undefined): number {
  if (text !== undefined && /^[1-9]\d{0,14}$/.test(text)) return Number(text)
  throw new CommandFailure(`${option} is a number from 1 on`, 2)
}

/** Pages of the channel that the key belongs to. */
async function fetchReceipts(
  origin: string | undefined,
  keyFile: string | undefined,
  { channelId, from, to }: ReceiptStretch,
): Promise<readonly ParsedReceipt[]> {
  if (origin === undefined || keyFile === undefined) {
    throw new CommandFailure('name receipts, or --gateway and --api-key-file', 2)
  }
  const key = await readSecretFile(keyFile)
  if (!key.ok) throw new CommandFailure(key.error)
  const billing = new GatewayBilling(origin, () => `Bearer ${key.value}`)
  const receipts: ParsedReceipt[] = []
  for (let after = from - 1; after < to; after = receipts.at(-1)?.receipt.channelSeq ?? to) {
    const page = orGatewayFailure(await billing.receipts(after))
    if (page.length === 0) {
      throw new CommandFailure(`${origin} has no receipt ${after + 1} of this key’s channel`)
    }
    receipts.push(...page)
  }
  const wanted = receipts.filter(({ receipt }) => receipt.channelSeq <= to)
  if (wanted.every(({ receipt }) => receipt.channelId === channelId)) return wanted
  throw new CommandFailure(`the API key is of another channel than ${channelId}`)
}

function batchesOf(
  receipts: readonly ParsedReceipt[],
  rows: number,
  allowUnsigned: boolean,
): readonly UsageRange[] {
  const domains = new Set(receipts.map(({ domain }) => receiptDomain(domain)))
  const [domain] = domains
  if (domain === undefined || domains.size > 1) {
    throw new CommandFailure('the receipts are of several chains or verifiers')
  }
  const batches = usageBatches(receipts, { domain, allowUnsigned, rows })
  if (batches.ok) return batches.value
  const hint = batches.error.reason === 'work_unsigned' ? '; --allow-unsigned counts it apart' : ''
  throw new CommandFailure(batches.error.detail + hint)
}

/** What makes the batch the gateway's: its signature of the last receipt, and where its log has that. */
async function tiedToGateway(
  { statement }: UsageRange,
  receipts: readonly ParsedReceipt[],
  origin: string | undefined,
): Promise<Omit<UsageSegment, 'proof'>> {
  const lastSeq = statement.firstSeq + statement.count - 1
  const last = receipts.find(({ receipt }) => receipt.channelSeq === lastSeq)
  if (last === undefined) throw new CommandFailure(`receipt ${lastSeq} is not among them`)
  const { gatewaySignature } = last
  if (origin === undefined) return { gatewaySignature }
  const { siblings } = await fetchInclusion(origin, last)
  const root = rootFrom(leafOfDigest(statement.lastDigest), siblings)
  return { gatewaySignature, inclusion: { root, siblings } }
}
