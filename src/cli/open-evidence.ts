/*
 * What a gateway shows beside its receipts: what payers say of them, and what it knows of trusted execution environments, its
 * own and those that its contributors' keys are bound to.
 */
import type { GatewaySigner } from '../attestation/seal-receipt.ts'
import { jsonRpc } from '../chain/json-rpc.ts'
import type { GatewayConfig } from '../config.ts'
import type { TeeConfig } from '../config-tee.ts'
import type { Contributor } from '../domain/contributor.ts'
import { BoundKeys } from '../evidence/bound-keys.ts'
import { type Countersignatures, createCountersignatures } from '../evidence/countersignatures.ts'
import type { TeeSource } from '../evidence/report-tee.ts'
import { fetchCollateral, judgeQuote, verifyQuote } from '../evidence/tee-quote.ts'
import { dstackSource, tsmSource } from '../evidence/tee-sources.ts'
import {
  attestationsIn,
  type JudgeUpstreamQuote,
  UpstreamSessions,
} from '../evidence/upstream-sessions.ts'
import type { EvidenceSources } from '../gateway/evidence-door.ts'
import type { ContributorPool } from '../routing/contributor-pool.ts'
import { askReport } from '../upstream/ask-report.ts'
import type { UpstreamPools } from '../upstream/upstream-pools.ts'
import type { Stores } from './open-stores.ts'

export type OpenEvidence = {
  readonly doors: {
    readonly countersignatures: Countersignatures
    readonly evidence: EvidenceSources
  }
  /** Undefined where no contract is named: then no key counts as bound. */
  readonly boundKeys: BoundKeys | undefined
  readonly upstreamReports: UpstreamSessions
  readonly stop: () => Promise<void>
}

export function openEvidence(terms: {
  readonly config: Pick<GatewayConfig, 'tee' | 'chain'>
  readonly stores: Pick<Stores, 'ledger' | 'countersignatures'>
  readonly signer: GatewaySigner
  readonly pool: Pick<ContributorPool, 'contributors'>
  readonly upstreams: UpstreamPools
  readonly nowMs: () => number
}): OpenEvidence {
  const { config, stores, signer, pool, upstreams, nowMs } = terms
  const { tee } = config
  const boundKeys =
    tee?.tierEvidence &&
    new BoundKeys({
      rpc: jsonRpc(config.chain.rpcUrl),
      tierEvidence: tee.tierEvidence,
      identities: () => pool.contributors.flatMap(({ identity }) => identity ?? []),
    })
  boundKeys?.start()
  const attesting = () => pool.contributors.filter(({ attests }) => attests === true)
  const sessions = new UpstreamSessions({
    upstreams: () =>
      attesting().map(({ contributorId, baseUrl }) => ({
        upstreamName: contributorId,
        origin: new URL(baseUrl).origin,
      })),
    ask: (upstreamName, nonce) => askOne(upstreams, attesting(), upstreamName, nonce),
    judge: tee?.quotes && judgeBy(tee.quotes, nowMs),
    nowMs,
  })
  sessions.start()
  return {
    doors: {
      countersignatures: createCountersignatures({
        ledger: stores.ledger,
        store: stores.countersignatures,
        domain: signer.domain,
        nowMs,
      }),
      evidence: {
        tee: tee && sourceOf(tee),
        sessions,
        modelReports: async ({ modelName, nonce, algo }) => {
          const reports = await Promise.all(
            attesting().map((one) => reportFor(upstreams, one, { modelName, nonce, algo })),
          )
          return reports.flat()
        },
      },
    },
    boundKeys,
    upstreamReports: sessions,
    stop: async () => {
      await boundKeys?.stop()
      await sessions.stop()
    },
  }
}

function sourceOf({ source, dstackSocket }: TeeConfig): TeeSource | undefined {
  switch (source) {
    case 'dstack':
      return dstackSource(dstackSocket)
    case 'tsm':
      return tsmSource()
    case 'none':
      return undefined
  }
}

/** Good enough for an upstream: what Intel calls fit for use, with or without advice to its software. */
const tcbStatuses = ['UpToDate', 'SWHardeningNeeded']

const judgeBy =
  (
    { pccsUrl, allowed }: NonNullable<TeeConfig['quotes']>,
    nowMs: () => number,
  ): JudgeUpstreamQuote =>
  async (quote, reportData) => {
    const collateral = await fetchCollateral(pccsUrl, quote)
    if (!collateral.ok) return collateral
    const facts = await verifyQuote(quote, collateral.value, Math.floor(nowMs() / 1000))
    return facts.ok ? judgeQuote(facts.value, { allowed, tcbStatuses }, reportData) : facts
  }

/** Of any of its models: the environment is the same. */
async function askOne(
  pools: UpstreamPools,
  attesting: readonly Contributor[],
  upstreamName: string,
  nonce: string,
): Promise<Buffer | undefined> {
  const upstream = attesting.find(({ contributorId }) => contributorId === upstreamName)
  const [offer] = upstream?.offers ?? []
  if (upstream === undefined || offer === undefined) return undefined
  return askReport(pools, upstream, { model: offer.upstreamModelName, nonce, algo: 'ecdsa' })
}

/** What an upstream says to a client's own nonce, of a model that it serves. */
async function reportFor(
  pools: UpstreamPools,
  upstream: Contributor,
  asked: { readonly modelName: string; readonly nonce: string; readonly algo: string },
): Promise<readonly unknown[]> {
  const offer = upstream.offers.find(({ modelName }) => modelName === asked.modelName)
  if (offer === undefined) return []
  const { nonce, algo } = asked
  const bytes = await askReport(pools, upstream, { model: offer.upstreamModelName, nonce, algo })
  return bytes === undefined ? [] : attestationsIn(bytes)
}
