/*
 * Who is refused again and again is told to wait. A key has 256 random bits and is looked up in microseconds, so no guess
 * ever hits; what this bounds is the work and the noise of a flood. A good key always enters: a flood from behind a shared
 * address, or through a proxy in front of us, locks nobody out.
 */
import {
  depositReturnsEveryMs,
  depositsAtOnceMax,
  refusalReturnsEveryMs,
  refusalsAtOnceMax,
  refusedAddressesMax,
  registrationReturnsEveryMs,
  registrationsAtOnceMax,
} from '../base/limits.ts'
import { networkOf } from '../base/network-of.ts'
import { err, type Result } from '../base/result.ts'
import { type Soon, whenThere } from '../base/soon.ts'
import type { Refusal } from '../domain/refusal.ts'
import { apiKeyIdOf, type Payer } from '../domain/request.ts'
import { authorizationOf } from './authorization.ts'
import type { Incoming } from './exchange.ts'
import { errorAnswer } from './openai-error.ts'
import { type Rate, RateLimit } from './rate-limit.ts'

export const refusals: Rate = {
  atOnce: refusalsAtOnceMax,
  everyMs: refusalReturnsEveryMs,
  namesMax: refusedAddressesMax,
}
const deposits: Rate = {
  atOnce: depositsAtOnceMax,
  everyMs: depositReturnsEveryMs,
  namesMax: refusedAddressesMax,
}

const registrations: Rate = {
  atOnce: registrationsAtOnceMax,
  everyMs: registrationReturnsEveryMs,
  namesMax: refusedAddressesMax,
}

export class Entrance {
  readonly #nowMs: () => number
  /** 401, by network. */
  readonly #strangers = new RateLimit(refusals)
  /** 402, by API key. A payer without one pays anew with each request and is told so by a 402: that is no misbehaviour. */
  readonly #unpaid = new RateLimit(refusals)
  /** Deposits that somebody wants sent, by network: each costs a simulation, and the gateway's gas if it is good. */
  readonly #deposits = new RateLimit(deposits)
  /** Keys that somebody wants to lend, by network: each is tried at a place that a stranger names. */
  readonly #registrations = new RateLimit(registrations)

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs
  }

  /** What `judge` makes of the request's authorization; after too many refusals only that there were too many. */
  enter<T>(
    incoming: Incoming,
    judge: (authorization: string | undefined) => Soon<Result<T, Refusal>>,
  ): Soon<Result<T, Refusal>> {
    return whenThere(judge(authorizationOf(incoming)), (judged) => {
      if (judged.ok || errorAnswer(judged.error).status !== 401) return judged
      const { remoteAddress } = incoming.socket
      return err(this.#tell(this.#strangers, networkOf(remoteAddress)) ?? judged.error)
    })
  }

  /** Before the body of a paying request is read: whether its key was out of money too often just now. */
  mustWait(payer: Payer): Refusal | undefined {
    const apiKeyId = apiKeyIdOf(payer)
    return apiKeyId === undefined ? undefined : this.#waiting(this.#unpaid, apiKeyId)
  }

  /** Before a deposit is looked at: whether this network asked for too many. Counts this one. */
  mayDeposit(incoming: Incoming): Refusal | undefined {
    const retryAfterS = this.#countOne(this.#deposits, incoming)
    return retryAfterS === 0 ? undefined : { reason: 'deposit_limit_reached', retryAfterS }
  }

  /** Before a key is tried: whether this network offered too many. Counts this one. */
  mayRegister(incoming: Incoming): Refusal | undefined {
    const retryAfterS = this.#countOne(this.#registrations, incoming)
    return retryAfterS === 0 ? undefined : { reason: 'registration_limit_reached', retryAfterS }
  }

  /** Whole seconds to wait; 0 where there is no need to. */
  #countOne(limit: RateLimit, incoming: Incoming): number {
    const network = networkOf(incoming.socket.remoteAddress)
    const waitMs = limit.waitMs(network, this.#nowMs())
    limit.count(network, this.#nowMs())
    return Math.ceil(waitMs / 1000)
  }

  /** Told of every refusal of a paying request. */
  refused(payer: Payer, refusal: Refusal): void {
    const apiKeyId = apiKeyIdOf(payer)
    if (apiKeyId === undefined || errorAnswer(refusal).status !== 402) return
    this.#unpaid.count(apiKeyId, this.#nowMs())
  }

  #tell(limit: RateLimit, name: string): Refusal | undefined {
    const waiting = this.#waiting(limit, name)
    limit.count(name, this.#nowMs())
    return waiting
  }

  #waiting(limit: RateLimit, name: string): Refusal | undefined {
    const waitMs = limit.waitMs(name, this.#nowMs())
    if (waitMs === 0) return undefined
    return { reason: 'too_many_refusals', retryAfterS: Math.ceil(waitMs / 1000) }
  }
}
