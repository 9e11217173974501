/*
 * The way by which a gateway reaches the agent: a connection that the agent dials itself, or an address that the gateway dials.
 */
import { readFileSync } from 'node:fs'
import { tunnelPingMs } from '../base/limits.ts'
import { messageOf } from '../base/message-of.ts'
import { contributorDomain } from '../chain/payout-typed-data.ts'
import type { PrivateKey } from '../chain/private-key.ts'
import type { Answerer } from '../contributor/agent-request.ts'
import { startAgentServer } from '../contributor/agent-server.ts'
import { answerGreeting } from '../contributor/answer-greeting.ts'
import { dialGateway } from '../contributor/dial-gateway.ts'
import { exchangeKeptMs } from '../contributor/limits.ts'
import { TunnelExchanges } from '../contributor/tunnel-exchanges.ts'
import { CommandFailure } from './command.ts'
import type { Contribution } from './contribute-agent.ts'
import { doorSecret } from './contribute-join.ts'
import type { DirectOptions } from './contribute-options.ts'

export type ReachEvent =
  | { readonly event: 'connected' }
  | { readonly event: 'disconnected'; readonly why: string; readonly againInMs: number }
  | { readonly event: 'gateway_refused'; readonly why: string }
  | { readonly event: 'listening'; readonly url: string }

export type Reach = {
  /** Whether the dialled connection stands; null where the gateway dials. */
  readonly isConnected: () => boolean | null
  /** Another key is in use: what was proven with the former one is proven anew. */
  readonly renew: () => void
  readonly stop: () => Promise<void>
}

type ReachTerms = {
  readonly contribution: Contribution
  readonly answerer: Answerer
  /** The key that is in use now. */
  readonly signingKey: () => PrivateKey
  readonly onEvent: (event: ReachEvent) => void
}

/** Throws CommandFailure where it cannot listen. */
export const openReach = (terms: ReachTerms): Promise<Reach> => {
  const { direct } = terms.contribution.options
  return direct === undefined ? Promise.resolve(dial(terms)) : listen(terms, direct)
}

function dial({ contribution, answerer, signingKey, onEvent }: ReachTerms): Reach {
  const { met, file } = contribution
  const { chainId, contributorRegistry: verifyingContract } = file.chain
  const keys = {
    domain: contributorDomain({ chainId, verifyingContract }),
    gateway: met.terms.gateway,
    gatewayKeys: met.terms.gateway_keys,
    contributor: file.contributor,
  }
  const exchanges = new TunnelExchanges(answerer, exchangeKeptMs)
  let isConnected = false
  const dialling = dialGateway({
    url: new URL(met.terms.tunnel, met.origin),
    contributor: file.contributor,
    onSession: (session, nonce) => {
      exchanges.serve(session, (text) => {
        const answer = answerGreeting({ ...keys, signingKey: signingKey() }, nonce, text)
        isConnected = answer.ok
        if (answer.ok) dialling.accepted()
        onEvent(
          answer.ok ? { event: 'connected' } : { event: 'gateway_refused', why: answer.error },
        )
        return answer
      })
    },
    onLost: (why, againInMs) => {
      isConnected = false
      onEvent({ event: 'disconnected', why, againInMs })
    },
    silenceMs: 3 * tunnelPingMs,
    random: Math.random,
  })
  return {
    isConnected: () => isConnected,
    renew: () => dialling.renew(),
    stop: async () => {
      dialling.stop()
      exchanges.close()
    },
  }
}

async function listen(
  { contribution, answerer, onEvent }: ReachTerms,
  { host, port, tls }: DirectOptions,
): Promise<Reach> {
  const secret = await doorSecret(contribution.options.folder)
  try {
    const server = await startAgentServer(answerer, {
      ...{ host, port, secret },
      tls: tls && {
        certificate: readFileSync(tls.certFile, 'utf8'),
        key: readFileSync(tls.keyFile, 'utf8'),
      },
    })
    onEvent({ event: 'listening', url: server.url })
    return { isConnected: () => null, renew: () => {}, stop: () => server.stop() }
  } catch (error) {
    const { code = messageOf(error) } = error as NodeJS.ErrnoException
    throw new CommandFailure(
      `cannot listen on ${host} port ${port} (${code}): --listen names another place, --tls-cert and --tls-key PEM files that can be read`,
    )
  }
}
