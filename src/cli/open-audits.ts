/*
 * What auditors are shown, and what follows from what they say: stores, draws, and the desk that requests pass.
 */
import { join } from 'node:path'
import type { GatewaySigner } from '../attestation/seal-receipt.ts'
import { fromHex } from '../base/hex.ts'
import type { GatewayLog } from '../base/log.ts'
import { jsonRpc } from '../chain/json-rpc.ts'
import { rpcOfTwo } from '../chain/rpc-of-two.ts'
import type { GatewayConfig } from '../config.ts'
import type { AuditsConfig } from '../config-audits.ts'
import { collectOpenings } from '../disclosure/collect-openings.ts'
import { createDisclosureStep } from '../disclosure/disclosure-step.ts'
import { auditedLog, createDraw } from '../disclosure/draw-batch.ts'
import { startSweeping } from '../disclosure/sweep-transcripts.ts'
import { TranscriptVault, transcriptPurpose } from '../disclosure/transcript-vault.ts'
import { VerdictBook } from '../disclosure/verdict-book.ts'
import type { Work } from '../domain/receipt.ts'
import type { SealSecret } from '../domain/seal-secret.ts'
import type { AuditsDoor } from '../gateway/audits-door.ts'
import type { Gateway } from '../gateway/gateway.ts'
import type { ContributorPool } from '../routing/contributor-pool.ts'
import { createByteSeal } from '../store/byte-seal.ts'
import { type LedgerStore, StoreFailure } from '../store/ledger-store.ts'
import type { LogStore } from '../store/log-store.ts'
import type { TranscriptStore } from '../store/transcript-store.ts'
import { openSqliteTranscripts } from '../store/transcript-store-sqlite.ts'
import type { VerdictStore } from '../store/verdict-store.ts'
import { openSqliteVerdicts } from '../store/verdict-store-sqlite.ts'
import { askOpening } from '../upstream/ask-opening.ts'
import type { UpstreamPools } from '../upstream/upstream-pools.ts'
import { CommandFailure } from './command.ts'

export type OpenAudits = {
  readonly desk: NonNullable<Gateway['audits']>
  readonly door: AuditsDoor
  /** Forgets what needs not be kept any more, now. */
  readonly stop: () => Promise<void>
}

type Terms = {
  readonly config: GatewayConfig
  readonly signer: GatewaySigner
  readonly ledger: LedgerStore
  /** Undefined where no transparency log is kept: then nothing is drawn, and nothing is kept for it. */
  readonly batches: LogStore | undefined
  readonly pool: ContributorPool
  readonly upstreams: UpstreamPools
  readonly log: GatewayLog
  readonly nowMs: () => number
}

/** Undefined where no auditor is named. Throws CommandFailure where a store cannot be opened or read. */
export async function openAudits(terms: Terms): Promise<OpenAudits | undefined> {
  const { config, signer, ledger, pool, log, nowMs } = terms
  const { audits } = config
  if (audits === undefined) return undefined
  const stores = await orCommandFailure(() => openAuditStores(config))
  const policy = { ...audits, auditors: new Set(audits.auditors) }
  const book = new VerdictBook({
    store: stores.verdicts,
    scores: policy,
    apply: (judged) => pool.failAudits(judged.filter(({ outcome }) => outcome === 'failed')),
    log,
    nowMs,
  })
  await orCommandFailure(() => book.look())
  book.start()
  const kept = keepTranscripts({ ...terms, ...stores, audits })
  const step = createDisclosureStep({
    policy,
    gateway: signer.operator,
    domain: signer.domain,
    draw: kept?.draw,
    sources: { receipts: ledger, vault: kept?.vault },
    book,
    nowMs,
  })
  const { chainId, verifyingContract } = signer
  return {
    desk: {
      keeps: kept !== undefined,
      keep: (answer) => kept?.vault.keep(answer),
      isAudited: step.isAudited,
      report: () => ({ ...(kept?.vault.counts ?? { kept: 0, lost: 0 }), judged: book.judged }),
    },
    door: { ...step, place: { gateway: signer.operator, chainId, verifyingContract } },
    stop: async () => {
      await kept?.sweeping.stop()
      await kept?.vault.close()
      await book.stop()
      await stores.transcripts.close()
      await stores.verdicts.close()
    },
  }
}

type Stores = { readonly transcripts: TranscriptStore; readonly verdicts: VerdictStore }

function keepTranscripts(terms: Terms & Stores & { readonly audits: AuditsConfig }) {
  const { config, batches, transcripts, audits, ledger: receipts, log, nowMs } = terms
  if (batches === undefined) return undefined
  const { rpcUrl, secondRpcUrl, confirmations } = config.chain
  const second = secondRpcUrl === undefined ? undefined : jsonRpc(secondRpcUrl)
  const audited = auditedLog(batches)
  const { ratePpm, retentionS, transcriptBytesMax } = audits
  const rpc = rpcOfTwo(jsonRpc(rpcUrl), second)
  const draw = createDraw({ log: audited, rpc, confirmations, ratePpm })
  const vault = new TranscriptVault({
    store: transcripts,
    seal: createByteSeal(secretsOf(config), transcriptPurpose),
    retentionS,
    bytesMax: transcriptBytesMax,
    log,
    nowMs,
  })
  const openings = { receipts, vault, askOpening: askingOf(terms) }
  const sweeping = startSweeping({
    ...{ store: transcripts, log: audited, draw, nowMs },
    onDrawn: (gatewaySeqs) => collectOpenings(openings, gatewaySeqs),
  })
  return { draw, vault, sweeping }
}

/** Whoever has left, or is at another gateway's tunnel, is not asked. */
const askingOf =
  ({ pool, upstreams }: Pick<Terms, 'pool' | 'upstreams'>) =>
  async ({ contributor, jobId, gateway }: Work): Promise<string | undefined> => {
    const place = pool.contributors.find(({ identity }) => identity?.operator === contributor)
    return place && askOpening(upstreams, place, { jobId, gateway })
  }

/** Those of lent keys where they are configured; else the signing key, which every replica has and no store holds. */
const secretsOf = ({ lending, gateway }: GatewayConfig): readonly SealSecret[] =>
  lending?.sealSecrets ?? [{ version: 1, secret: fromHex(gateway.signingKey) }]

/** A gateway by itself does not load Redis's client. */
async function openAuditStores({ store, dataFolder }: GatewayConfig): Promise<Stores> {
  if (store === undefined) {
    return {
      transcripts: openSqliteTranscripts(join(dataFolder, 'transcripts.db')),
      verdicts: openSqliteVerdicts(join(dataFolder, 'verdicts.db')),
    }
  }
  const { openRedisTranscripts } = await import('../store/transcript-store-redis.ts')
  const { openRedisVerdicts } = await import('../store/verdict-store-redis.ts')
  const place = { url: store.redisUrl, keyPrefix: store.keyPrefix }
  const transcripts = await openRedisTranscripts(place)
  try {
    return { transcripts, verdicts: await openRedisVerdicts(place) }
  } catch (error) {
    await transcripts.close()
    throw error
  }
}

async function orCommandFailure<T>(act: () => Promise<T>): Promise<T> {
  try {
    return await act()
  } catch (error) {
    if (error instanceof StoreFailure) throw new CommandFailure(error.message)
    throw error
  }
}
