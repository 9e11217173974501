/*
 * One gateway's side of the chain that it delivers to: its key, outbox and books, opened again as often as its process dies.
 */
import type { PrivateKey } from '../../src/chain/private-key.ts'
import { type Address, atomic } from '../../src/domain/units.ts'
import { openDeliveryDesk } from '../../src/jobs/delivery-desk.ts'
import type { FeePolicy } from '../../src/jobs/fee-policy.ts'
import type { DeliveryDesk } from '../../src/jobs/job-delivery.ts'
import { openRaceBankroll, type RaceBankroll } from '../../src/jobs/race-bankroll.ts'
import { type Outbox, openOutbox } from '../../src/settlement/outbox.ts'
import type { ContractJobStore } from '../../src/store/contract-job-store.ts'
import { openSqliteContractJobs } from '../../src/store/contract-job-store-sqlite.ts'
import type { OutboxStore } from '../../src/store/outbox-store.ts'
import { openSqliteOutbox } from '../../src/store/outbox-store-sqlite.ts'
import type { CoordinatorPlace } from './coordinator-place.ts'
import { temporaryFolder } from './embedded-chain.ts'

const gwei = 10n ** 9n

/** An ether is worth 3,000 units of an asset of six decimals. */
export const someFees: FeePolicy = {
  nativePrice: atomic(3_000_000_000n),
  marginPercent: 25,
  raceBudget: atomic(0n),
  gasPriceWeiMax: 500n * gwei,
}

export type Party = {
  readonly desk: DeliveryDesk
  readonly outbox: Outbox
  readonly bankroll: RaceBankroll
  readonly account: { readonly privateKey: PrivateKey; readonly address: Address }
  readonly jobs: ContractJobStore
  /** Of its outbox. */
  readonly open: OutboxStore['open']
  readonly fees: FeePolicy
  readonly log: { info: (event: string, facts?: unknown) => void; error: (event: string) => void }
  /** What its log said. */
  readonly events: string[]
  /** Ends the process and starts the next, with what is on the disk. */
  readonly restart: (nowMs?: () => number) => Promise<Party>
  readonly stop: () => Promise<void>
}

export async function openParty(
  place: CoordinatorPlace,
  change: Partial<FeePolicy> = {},
): Promise<Party> {
  const folder = temporaryFolder()
  const account = await place.account()
  const fees = { ...someFees, ...change }
  const { chainId } = place.running.dev
  const events: string[] = []
  const log = {
    info: (event: string) => void events.push(event),
    error: (event: string) => void events.push(event),
  }
  const open = (nowMs: () => number): Party => {
    const store = openSqliteOutbox(`${folder.path}/outbox.db`)
    const jobs = openSqliteContractJobs(`${folder.path}/jobs.db`, { retentionMs: 3_600_000 })
    const common = { rpc: place.rpc, chainId, log, nowMs }
    const outbox = openOutbox({
      ...{ ...common, store, privateKey: account.privateKey },
      ...{ confirmations: 2, feeWeiMax: 1_000n * gwei },
    })
    const close = async () => {
      await outbox.stop()
      await store.close()
      await jobs.close()
    }
    return {
      ...{ outbox, account, jobs, fees, log, events },
      open: (lane) => store.open(lane),
      desk: openDeliveryDesk({ ...common, outbox, notes: jobs, fees }),
      bankroll: openRaceBankroll({ notes: jobs, chainId, raceBudget: fees.raceBudget }),
      restart: async (next = nowMs) => {
        await close()
        return open(next)
      },
      stop: async () => {
        await close()
        folder.remove()
      },
    }
  }
  return open(Date.now)
}
