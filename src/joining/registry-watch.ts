/*
 * What the ContributorRegistry says of those who joined, followed while the gateway runs. A look costs two or three calls
 * of a node, however many have joined, and some more for each whom an event was about; a gateway that nobody joined makes none.
 *
 * Invariants:
 *   (1) what is believed of a contributor was read from the chain, and no event of it since was passed over;
 *   (2) nothing is believed that no node confirmed within `standingTrustedMs`.
 */
import { chainReadsAtOnceMax, registryLookMs, standingTrustedMs } from '../base/limits.ts'
import type { GatewayLog } from '../base/log.ts'
import { err, ok, type Result } from '../base/result.ts'
import { type WatchCursor, watchBlocks } from '../chain/block-watcher.ts'
import { rpcAtBlock } from '../chain/blocks.ts'
import { type ChainFailure, describeChainFailure } from '../chain/chain-failure.ts'
import type { Contract } from '../chain/contracts.ts'
import type { JsonRpc } from '../chain/json-rpc.ts'
import {
  activeKeysOf,
  type MemberStanding,
  operatorsOf,
  operatorTopic,
  readMemberStanding,
} from '../chain/member-standing.ts'
import type { Address } from '../domain/units.ts'

/** Whose standing is wanted, and of which of its keys. */
export type WatchedMember = { readonly operator: Address; readonly keys: readonly Address[] }

export type RegistryWatchTerms = {
  readonly rpc: JsonRpc
  readonly registry: Contract
  readonly members: () => readonly WatchedMember[]
  /** Told when what is believed of one of them is another thing than before. */
  readonly onChange: () => void
  readonly log: GatewayLog
  readonly nowMs: () => number
}

type Known = {
  readonly standing: MemberStanding
  readonly keys: readonly Address[]
  readonly readAtMs: number
  /** Read at a block up to which events were followed: whatever node answered then may have been behind that. */
  readonly isFollowed: boolean
}

export class RegistryWatch {
  readonly #terms: RegistryWatchTerms
  readonly #known = new Map<Address, Known>()
  /** Up to where events were followed; undefined while nobody is. */
  #cursor: WatchCursor | undefined
  /** The last time that a node said what is new. */
  #seenAtMs = Number.NEGATIVE_INFINITY
  /** What was believed of each when it was told last. */
  #told = ''
  #isBlind = false
  #looking: Promise<void> | undefined
  #timer: NodeJS.Timeout | undefined

  constructor(terms: RegistryWatchTerms) {
    this.#terms = terms
  }

  /** Undefined while it is not known, and when it was known too long ago. */
  standingOf(operator: Address): MemberStanding | undefined {
    const known = this.#known.get(operator)
    if (known === undefined) return undefined
    const confirmedAtMs = Math.max(known.readAtMs, this.#seenAtMs)
    return this.#terms.nowMs() - confirmedAtMs <= standingTrustedMs ? known.standing : undefined
  }

  /** As the chain has it now, and as it is believed until the next look. */
  ask(member: WatchedMember): Promise<Result<MemberStanding, ChainFailure>> {
    return this.#read(member, this.#terms.rpc, false)
  }

  async #read(
    member: WatchedMember,
    rpc: JsonRpc,
    isFollowed: boolean,
  ): Promise<Result<MemberStanding, ChainFailure>> {
    const { registry, nowMs } = this.#terms
    const read = await readMemberStanding(rpc, registry, member)
    if (!read.ok) return read
    const { operator, keys } = member
    this.#known.set(operator, { standing: read.value, keys, readAtMs: nowMs(), isFollowed })
    return read
  }

  start(): void {
    this.#timer = setInterval(() => void this.lookNow(), registryLookMs)
    this.#timer.unref()
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer)
    await this.#looking
  }

  /** Looks at what is new, unless a look is under way; never rejects. */
  lookNow(): Promise<void> {
    this.#looking ??= this.#look().finally(() => {
      this.#looking = undefined
    })
    return this.#looking
  }

  async #look(): Promise<void> {
    const members = this.#terms.members()
    this.#forgetOthers(members)
    if (members.length === 0) {
      this.#cursor = undefined
      return this.#tell(members)
    }
    const followed = await this.#follow(members)
    if (followed.ok) this.#seenAtMs = this.#terms.nowMs()
    this.#tellBlind(followed)
    this.#tell(members)
  }

  /** Reads anew of whom something is new, and only then takes it for followed. */
  async #follow(members: readonly WatchedMember[]): Promise<Result<void, ChainFailure>> {
    const { rpc, registry } = this.#terms
    const look = await watchBlocks(rpc, operatorsOf(registry), this.#cursor)
    if (!look.ok) return look
    // Who is further behind than one look reads begins anew: all standings are less to read than all that happened.
    const begins = this.#cursor === undefined || !look.value.caughtUp
    const begun = begins ? await watchBlocks(rpc, operatorsOf(registry), undefined) : look
    if (!begun.ok) return begun
    const { cursor, touched, orphaned } = begun.value
    const changed = new Set([...touched, ...orphaned])
    const unread = members.filter(
      (member) => begins || changed.has(operatorTopic(member.operator)) || !this.#isKnown(member),
    )
    const read = await this.#readAll(unread, cursor)
    if (read.ok) this.#cursor = cursor
    return read
  }

  /** As of the block up to which events were followed: of several nodes behind one URL some are behind. */
  async #readAll(
    members: readonly WatchedMember[],
    { passed }: WatchCursor,
  ): Promise<Result<void, ChainFailure>> {
    const newest = passed.at(-1)
    const rpc = newest === undefined ? this.#terms.rpc : rpcAtBlock(this.#terms.rpc, newest.number)
    for (let from = 0; from < members.length; from += chainReadsAtOnceMax) {
      const some = members.slice(from, from + chainReadsAtOnceMax)
      const read = await Promise.all(some.map((member) => this.#read(member, rpc, true)))
      const failed = read.find((one) => !one.ok)
      if (failed?.ok === false) return err(failed.error)
    }
    return ok(undefined)
  }

  #isKnown({ operator, keys }: WatchedMember): boolean {
    const known = this.#known.get(operator)
    return known?.isFollowed === true && keys.every((key) => known.keys.includes(key))
  }

  #forgetOthers(members: readonly WatchedMember[]): void {
    const wanted = new Set(members.map(({ operator }) => operator))
    for (const operator of this.#known.keys()) {
      if (!wanted.has(operator)) this.#known.delete(operator)
    }
  }

  #tell(members: readonly WatchedMember[]): void {
    const nowMs = this.#terms.nowMs()
    const believed = members.map(({ operator }) => {
      const standing = this.standingOf(operator)
      if (standing === undefined) return [operator]
      const { isServing, payout } = standing
      return [operator, isServing, activeKeysOf(standing, nowMs), payout ?? null]
    })
    const told = JSON.stringify(believed)
    if (told === this.#told) return
    this.#told = told
    this.#terms.onChange()
  }

  /** Once when no node answers and once when one does again: meanwhile what was known is believed for a while. */
  #tellBlind(followed: Result<void, ChainFailure>): void {
    if (this.#isBlind !== followed.ok) return
    this.#isBlind = !followed.ok
    if (followed.ok) this.#terms.log.info('registry_seen_again')
    else this.#terms.log.error('registry_unseen', { detail: describeChainFailure(followed.error) })
  }
}
