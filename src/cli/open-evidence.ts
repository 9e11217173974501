/*
 * What a gateway shows beside its receipts: what payers say of them, and what it knows of trusted execution environments, its
 * own and those that its contributors' keys are bound to.
 */
import type { GatewaySigner } from '../attestation/seal-receipt.ts'
import { jsonRpc } from '../chain/json-rpc.ts'
import type { GatewayConfig } from '../config.ts'
import type { TeeConfig } from '../config-tee.ts'
import { BoundKeys } from '../evidence/bound-keys.ts'
import { type Countersignatures, createCountersignatures } from '../evidence/countersignatures.ts'
import type { TeeSource } from '../evidence/report-tee.ts'
import { dstackSource, tsmSource } from '../evidence/tee-sources.ts'
import type { EvidenceSources } from '../gateway/evidence-door.ts'
import type { ContributorPool } from '../routing/contributor-pool.ts'
import type { Stores } from './open-stores.ts'

export type OpenEvidence = {
  readonly doors: {
    readonly countersignatures: Countersignatures
    readonly evidence: EvidenceSources
  }
  /** Undefined where no contract is named: then no key counts as bound. */
  readonly boundKeys: BoundKeys | undefined
  readonly stop: () => Promise<void>
}

export function openEvidence(terms: {
  readonly config: Pick<GatewayConfig, 'tee' | 'chain'>
  readonly stores: Pick<Stores, 'ledger' | 'countersignatures'>
  readonly signer: GatewaySigner
  readonly pool: Pick<ContributorPool, 'contributors'>
  readonly nowMs: () => number
}): OpenEvidence {
  const { config, stores, signer, pool, nowMs } = terms
  const { tee } = config
  const boundKeys =
    tee?.tierEvidence &&
    new BoundKeys({
      rpc: jsonRpc(config.chain.rpcUrl),
      tierEvidence: tee.tierEvidence,
      identities: () => pool.contributors.flatMap(({ identity }) => identity ?? []),
    })
  boundKeys?.start()
  return {
    doors: {
      countersignatures: createCountersignatures({
        ledger: stores.ledger,
        store: stores.countersignatures,
        domain: signer.domain,
        nowMs,
      }),
      evidence: { tee: tee && sourceOf(tee) },
    },
    boundKeys,
    stop: async () => boundKeys?.stop(),
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
