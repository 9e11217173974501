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
import type { UsageProof, UsageSegment } from '../proofs/usage-proof.ts'
import type { UsageRange, UsageTerms } from '../proofs/usage-range.ts'
import type { UsageStatement } from '../proofs/usage-statement.ts'
import { verifyUsage } from '../proofs/verify-usage.ts'
import { usageBatchRows } from '../prover/noir-source.ts'
import { CommandFailure, terminal } from './command.ts'
import { fetchInclusion } from './fetch-proof.ts'
import { orGatewayFailure } from './gateway-or-fail.ts'
import { proverOptions, proverPlaceOf, writeProof } from './metering-prover.ts'
import { proveEach, proveJoined } from './prove-batches.ts'
import { type ReceiptStretch, readReceipts } from './read-receipts.ts'

export const proveUsageHelp: string = `vouch prove usage: the total that a channel was charged for receipts SEQ to SEQ is the sum of
receipts that follow each other, each signed by its contributor and priced by its sheet.
  RECEIPTS…            files of a receipt each, of one a line (.jsonl), or folders of such;
                       without any they are fetched from --gateway with --api-key-file
  --api-key-file FILE  an API key of the channel
  --channel ID         which channel
  --from SEQ --to SEQ  channelSeq of the first and of the last receipt
  --allow-unsigned     count receipts that no contributor signed apart, instead of refusing them
  --join               one proof for the whole range instead of one for each batch: a quarter
                       more work, and 5 GB of memory; at most 4 price sheets and 8 signers
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
      join: { type: 'boolean' },
    },
  })
  const stretch = stretchOf(values)
  const rows = wholeNumber('--batch-rows', values['batch-rows'] ?? String(usageBatchRows))
  if (rows > usageBatchRows) throw new CommandFailure(`--batch-rows is 1 to ${usageBatchRows}`, 2)
  const receipts =
    positionals.length === 0
      ? await fetchReceipts(values.gateway, values['api-key-file'], stretch)
      : readReceipts(positionals, stretch)
  const terms = { ...termsOf(receipts), allowUnsigned: values['allow-unsigned'] ?? false }
  const batches = batchesOf(receipts, { ...terms, rows })
  terminal.printError(`${receipts.length} receipts in ${batches.length} batches`)
  const proving = { batches, rows, place: proverPlaceOf(values), terminal }
  const { proofs, circuits } = values.join
    ? await proveJoined({ ...proving, receipts, terms })
    : await proveEach(proving)
  const segments: UsageSegment[] = []
  for (const { statement, proof } of proofs) {
    segments.push({ proof, ...(await tiedToGateway(statement, receipts, values.gateway)) })
  }
  const document: UsageProof = { object: 'vouch.usage-proof', segments }
  const proven = verifyUsage(document, { circuits })
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

function termsOf(receipts: readonly ParsedReceipt[]): Pick<UsageTerms, 'domain'> {
  const domains = new Set(receipts.map(({ domain }) => receiptDomain(domain)))
  const [domain] = domains
  if (domain !== undefined && domains.size === 1) return { domain }
  throw new CommandFailure('the receipts are of several chains or verifiers')
}

function batchesOf(
  receipts: readonly ParsedReceipt[],
  terms: UsageTerms & { readonly rows: number },
): readonly UsageRange[] {
  const batches = usageBatches(receipts, terms)
  if (batches.ok) return batches.value
  const hint = batches.error.reason === 'work_unsigned' ? '; --allow-unsigned counts it apart' : ''
  throw new CommandFailure(batches.error.detail + hint)
}

/** What makes a stretch the gateway's: its signature of the last receipt, and where its log has that. */
async function tiedToGateway(
  statement: UsageStatement,
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
