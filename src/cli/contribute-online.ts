/*
 * A contributor that serves: in a gateway's pool, reachable, and out of it again in good order.
 *
 *   SERVING --drain--> DRAINING --nothing runs, the gateway was told--> DRAINED --resume--> SERVING
 *   SERVING --another key--> SERVING: what runs is signed by the key that it began with
 */
import { setTimeout as wait } from 'node:timers/promises'
import { err, ok, type Result } from '../base/result.ts'
import type { PrivateKey } from '../chain/private-key.ts'
import { addressOfPrivateKey } from '../chain/signatures.ts'
import { describeBillingFailure } from '../client/ask-gateway.ts'
import type { Agent } from '../contributor/agent.ts'
import type { Answerer } from '../contributor/agent-request.ts'
import type { AgentJobEnd, AgentTerms } from '../contributor/agent-terms.ts'
import type { AgentControl, AgentStatus } from '../contributor/control-socket.ts'
import type { RemoteStanding } from '../contributor/joining-answers.ts'
import { replyJson } from '../contributor/reply-json.ts'
import { readKeyFile } from '../contributor/secret-file.ts'
import { agentOf, type Books, type Contribution, noCapacity } from './contribute-agent.ts'
import { joinPool, leavePool, lookAtStanding, type Standing } from './contribute-join.ts'
import { openReach, type Reach, type ReachEvent } from './contribute-reach.ts'
import { contributorPaths } from './contributor-file.ts'

export type OnlineTerms = {
  readonly contribution: Contribution
  readonly books: Books
  readonly signingKey: PrivateKey
  /** Whether the engine answers; while it does not, nothing is taken. */
  readonly isEngineThere: () => boolean
  readonly onJobEnd: (ended: AgentJobEnd) => void
  readonly readGpus: AgentTerms['readGpus']
  /** Nothing runs any more, and the gateway still knows us. */
  readonly beforeLeaving: () => Promise<void>
  readonly onEvent: (event: OnlineEvent) => void
  readonly nowMs: () => number
}

type OnlineEvent =
  | ReachEvent
  | { readonly event: 'joined' }
  | { readonly event: 'standing'; readonly state: string; readonly cause: string | null }
  | { readonly event: 'not_joined'; readonly why: string }
  | { readonly event: 'draining' }
  | { readonly event: 'drained'; readonly left: boolean; readonly why: string | null }

/** Between two questions how we stand: until all is well, and then. */
const standingSoonMs = 2_000
/** Right after joining more often, and not for ever. */
const firstLookMs = 250
const firstLooksMax = 40
const standingEveryMs = 60_000

export class OnlineContributor {
  readonly #terms: OnlineTerms
  readonly #startedAtMs: number
  #signingKey: PrivateKey
  #agent: Agent
  /** Agents of keys that were in use before, while something of theirs runs. */
  readonly #former = new Set<Agent>()
  #state: AgentStatus['state'] = 'serving'
  #isClosed = false
  #isWatching = false
  /** How the gateway saw us last, as it was told; nothing since the line broke. */
  #toldState = ''
  #reach: Reach | undefined
  #gatewaySeenAtMs: number
  #leaving: Promise<void> | undefined
  #joining: Promise<Standing> | undefined

  constructor(terms: OnlineTerms) {
    this.#terms = terms
    this.#startedAtMs = terms.nowMs()
    this.#gatewaySeenAtMs = this.#startedAtMs
    this.#signingKey = terms.signingKey
    this.#agent = this.#newAgent()
  }

  /** Joins and becomes reachable. The error is one line for a person. */
  async begin(): Promise<Result<RemoteStanding, string>> {
    const isDialled = this.#terms.contribution.options.direct !== undefined
    // An address is tried before we are let in; who dials is let in once the gateway has looked at the chain.
    if (isDialled) await this.#beReachable()
    const joined = await this.#join()
    if (!joined.ok) return err(describeBillingFailure(joined.error))
    if (!isDialled) void this.#dialWhenIn()
    void this.#watchStanding()
    return joined
  }

  /** A gateway looks at the chain, or its operator at us, before it lets us in: who dials sooner is refused. */
  async #dialWhenIn(): Promise<void> {
    for (let asked = 0; this.#isServing; asked += 1) {
      const standing = await lookAtStanding(this.#terms.contribution, this.#signingKey)
      const state = standing.ok ? standing.value.state : ''
      if (state !== 'pending' && (state !== 'unusable' || asked >= firstLooksMax)) break
      await wait(state === 'pending' ? standingSoonMs : firstLookMs, undefined, { ref: false })
    }
    if (this.#isServing) await this.#beReachable()
  }

  get #isServing(): boolean {
    return this.#state === 'serving' && !this.#isClosed
  }

  async #beReachable(): Promise<void> {
    this.#reach = await openReach({
      contribution: this.#terms.contribution,
      answerer: this.#answerer,
      signingKey: () => this.#signingKey,
      onEvent: (event) => this.#noteReach(event),
    })
  }

  /** Nothing new is taken; resolves when nothing runs any more and the gateway was told. */
  drain(): Promise<void> {
    this.#leaving ??= this.#drainAndLeave()
    return this.#leaving
  }

  /** Asks the gateway how it sees us, until it asks us for answers: that it has our order is not all. */
  async #watchStanding(): Promise<void> {
    if (this.#isWatching) return
    this.#isWatching = true
    this.#toldState = ''
    let dueAtMs = 0
    while (this.#isServing) {
      const { nowMs } = this.#terms
      if (this.#toldState !== 'healthy' || nowMs() >= dueAtMs) {
        await this.#lookAndTell()
        dueAtMs = nowMs() + standingEveryMs
      }
      await wait(standingSoonMs, undefined, { ref: false })
    }
    this.#isWatching = false
  }

  async #lookAndTell(): Promise<void> {
    const standing = await lookAtStanding(this.#terms.contribution, this.#signingKey)
    if (!standing.ok || !this.#isReached(standing.value)) return
    const { state, cause } = standing.value
    if (state === this.#toldState) return
    this.#toldState = state
    this.#terms.onEvent({ event: 'standing', state, cause })
  }

  /** A gateway takes a line that broke for one that will be mended: whether ours stands, we know better. */
  #isReached({ state, connected }: RemoteStanding): boolean {
    if (state === 'pending') return true
    return connected !== false && this.#reach !== undefined && this.#reach.isConnected() !== false
  }

  /** Ends what is open. Whoever has not drained before cuts off what runs. */
  async close(): Promise<void> {
    this.#isClosed = true
    await this.#reach?.stop()
    await Promise.all([this.#agent, ...this.#former].map((agent) => agent.close()))
  }

  status(): AgentStatus {
    const { contribution } = this.#terms
    const { running, waiting } = this.#agent.load()
    const former = [...this.#former].reduce((sum, agent) => sum + inFlightOf(agent), 0)
    return {
      pid: process.pid,
      startedAtMs: this.#startedAtMs,
      state: this.#state,
      connected: this.#reach?.isConnected() ?? null,
      gatewaySeenAtMs: this.#gatewaySeenAtMs,
      inFlight: running + waiting + former,
      formerKeyInFlight: former,
      signingAddress: addressOfPrivateKey(this.#signingKey),
      engine: `${contribution.engine.found.name} at ${contribution.engine.found.baseUrl}`,
      models: contribution.models.map(({ publicId }) => publicId),
    }
  }

  get signingKey(): PrivateKey {
    return this.#signingKey
  }

  get load(): ReturnType<Agent['load']> {
    return this.#agent.load()
  }

  get control(): AgentControl {
    return {
      status: () => this.status(),
      drain: () => void this.drain(),
      resume: () => this.#resume(),
      takeKey: () => this.#takeKey(),
    }
  }

  get #answerer(): Answerer {
    return {
      answer: (request, reply) => {
        this.#gatewaySeenAtMs = this.#terms.nowMs()
        const asksCapacity = request.path === '/v1/vouch/capacity'
        if (asksCapacity && !this.#terms.isEngineThere()) {
          const { region } = this.#terms.contribution.options
          return replyJson(reply, { status: 200, body: noCapacity(this.#agent.load(), region) })
        }
        this.#agent.answer(request, reply)
      },
    }
  }

  #newAgent(): Agent {
    const { contribution, books, onJobEnd, readGpus } = this.#terms
    return agentOf(contribution, { signingKey: this.#signingKey, ...books, onJobEnd, readGpus })
  }

  async #join(): Promise<Standing> {
    this.#joining ??= joinPool(this.#terms.contribution, this.#signingKey).finally(() => {
      this.#joining = undefined
    })
    const joined = await this.#joining
    const { onEvent } = this.#terms
    if (joined.ok) onEvent({ event: 'joined' })
    return joined
  }

  #noteReach(event: ReachEvent): void {
    if (event.event === 'connected') this.#gatewaySeenAtMs = this.#terms.nowMs()
    if (event.event === 'disconnected') this.#toldState = ''
    this.#terms.onEvent(event)
    // A gateway that lost its books, or was told to forget us, does not know who dials.
    const isUnknown = event.event === 'disconnected' && /answered 4\d\d/.test(event.why)
    if (isUnknown && this.#state === 'serving') void this.#joinAgain()
  }

  async #joinAgain(): Promise<void> {
    const standing = await lookAtStanding(this.#terms.contribution, this.#signingKey)
    if (standing.ok || standing.error.reason !== 'gateway_refused') return
    const joined = await this.#join()
    if (joined.ok) return
    this.#terms.onEvent({ event: 'not_joined', why: describeBillingFailure(joined.error) })
  }

  async #drainAndLeave(): Promise<void> {
    const { contribution, beforeLeaving, onEvent } = this.#terms
    this.#state = 'draining'
    onEvent({ event: 'draining' })
    await Promise.all([this.#agent, ...this.#former].map((agent) => agent.drain()))
    await beforeLeaving()
    const left = await leavePool(contribution, this.#signingKey)
    this.#state = 'drained'
    await this.#reach?.stop()
    const why = left.ok ? null : describeBillingFailure(left.error)
    onEvent({ event: 'drained', left: left.ok, why })
  }

  async #resume(): Promise<Result<void, string>> {
    if (this.#state === 'serving') return ok(undefined)
    await this.#leaving
    this.#leaving = undefined
    this.#replaceAgent()
    this.#state = 'serving'
    const begun = await this.begin()
    return begun.ok ? ok(undefined) : begun
  }

  async #takeKey(): Promise<Result<void, string>> {
    const { contribution } = this.#terms
    const key = await readKeyFile(contributorPaths(contribution.options.folder).signingKey)
    if (!key.ok) return key
    if (key.value === this.#signingKey) return ok(undefined)
    const before = this.#signingKey
    this.#signingKey = key.value
    const joined = await this.#join()
    if (!joined.ok) {
      this.#signingKey = before
      return err(describeBillingFailure(joined.error))
    }
    this.#replaceAgent()
    this.#reach?.renew()
    return ok(undefined)
  }

  /** The one before finishes what it took. */
  #replaceAgent(): void {
    const former = this.#agent
    this.#agent = this.#newAgent()
    this.#former.add(former)
    void former.drain().then(async () => {
      this.#former.delete(former)
      await former.close()
    })
  }
}

const inFlightOf = (agent: Agent): number => {
  const { running, waiting } = agent.load()
  return running + waiting
}
