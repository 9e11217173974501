/*
 * Which engine stands behind the contributor: the one that was named or remembered, else the first of this machine with a
 * model that the gateway takes, else the one that comes with the project.
 */

import {
  chooseModels,
  describeLeftOut,
  type LeftOut,
  type ModelOffer,
} from '../contributor/choose-models.ts'
import type { EngineKind } from '../contributor/find-engine-kinds.ts'
import {
  type FoundEngine,
  findEngines,
  lookAtEngine,
  usualEnginePorts,
} from '../contributor/find-engines.ts'
import { ceilingOf, withCachedPrice } from '../contributor/propose-prices.ts'
import { readSecretFile } from '../contributor/secret-file.ts'
import type { TokenPrices } from '../domain/price-sheet.ts'
import { formatAmount, parseAmount } from './amounts.ts'
import { confirmOrEnd } from './ask-person.ts'
import { startBuiltInEngine } from './built-in-engine.ts'
import { CommandFailure } from './command.ts'
import { engineAt, engineModels, engineTitle } from './contribute-engines.ts'
import { linesOf } from './contribute-events.ts'
import type { MetGateway } from './contribute-gateway.ts'
import type { ContributeOptions } from './contribute-options.ts'
import { labelled, type Screen } from './contribute-screen.ts'

export type OwnEngine = {
  readonly found: FoundEngine
  readonly apiKey: string | undefined
  readonly offers: readonly ModelOffer[]
  /** How it is named at the next start. */
  readonly remembered: string
  /** Ends it where it is ours. */
  readonly stop: () => Promise<void>
}

const builtIn = 'vouch-mini'

/** Throws CommandFailure where there is nothing to offer, with the reason for each model. */
export async function findOwnEngine(
  options: ContributeOptions,
  met: MetGateway,
  screen: Screen,
): Promise<OwnEngine> {
  const apiKey = await readEngineKey(options.engineKeyFile)
  if (options.engine === 'built-in') return serveBuiltIn(options, met, screen)
  if (options.engine !== undefined) {
    const origin = options.engine.replace(/\/v1$/, '')
    const found = await lookAtEngine({ origin, apiKey })
    if (found === undefined) {
      throw new CommandFailure(
        `no engine answers at ${options.engine}: start it, or name another one by --engine ('--list' shows those that run here)`,
      )
    }
    return offered({ found, apiKey }, options, met, screen)
  }
  screen.status('  looking for engines on this machine')
  const running = await findEngines({ origins: usualOrigins() })
  screen.status('')
  const first = running.find((found) => choicesOf(found, options, met).offers.length > 0)
  for (const found of running) if (found !== first) noteUnused(found, options, met, screen)
  if (first !== undefined) return offered({ found: first, apiKey: undefined }, options, met, screen)
  await agreeToBuiltIn(running, options, met)
  return serveBuiltIn(options, met, screen)
}

export const usualOrigins = (): readonly string[] =>
  usualEnginePorts.map((port) => `http://127.0.0.1:${port}`)

async function readEngineKey(path: string | undefined): Promise<string | undefined> {
  if (path === undefined) return undefined
  const key = await readSecretFile(path)
  if (key.ok) return key.value
  throw new CommandFailure(key.error)
}

const choicesOf = (
  found: FoundEngine,
  { models, contextTokens, prices }: ContributeOptions,
  { terms }: MetGateway,
): ReturnType<typeof chooseModels> =>
  chooseModels({
    found: found.models,
    terms,
    chosen: models,
    contextTokens,
    priceOf: (publicId, ceiling) => ownPrices(prices.get(publicId), ceiling, terms.asset.decimals),
  })

function ownPrices(
  asked: { readonly prompt: string; readonly completion: string } | undefined,
  ceiling: TokenPrices,
  decimals: number,
): TokenPrices | undefined {
  if (asked === undefined) return undefined
  const promptAtomicPerMtok = parseAmount('--price', asked.prompt, decimals)
  const completionAtomicPerMtok = parseAmount('--price', asked.completion, decimals)
  return withCachedPrice({ promptAtomicPerMtok, completionAtomicPerMtok }, ceiling)
}

function offered(
  engine: { readonly found: FoundEngine; readonly apiKey: string | undefined },
  options: ContributeOptions,
  met: MetGateway,
  screen: Screen,
): OwnEngine {
  const { found } = engine
  const { offers, leftOut } = choicesOf(found, options, met)
  const reasons = leftOut.map((model) => leftOutLine(model, met))
  if (offers.length === 0) {
    const why = found.isLocked ? engineModels(found) : reasons
    throw new CommandFailure(
      `${engineAt(found)} has nothing that ${met.origin} takes${['', ...why].join('\n  ')}`,
    )
  }
  refuseUnusedPrices(options, offers, reasons)
  screen.tell(
    { event: 'engine', kind: found.kind, url: found.baseUrl, version: found.version ?? null },
    ...labelled('engine', engineTitle(found), ...reasons),
  )
  if (offers.length > 1 && loadsOnDemand.includes(found.kind)) {
    screen.tell(
      { event: 'models_take_turns', models: offers.length },
      ...labelled('', 'loads a model when it is asked for: --model NAME keeps one in memory'),
    )
  }
  return { ...engine, offers, remembered: found.baseUrl, stop: async () => {} }
}

/** Engines that put one model out of memory for another: each change takes seconds, and customers wait for it. */
const loadsOnDemand: readonly EngineKind[] = ['ollama', 'lm-studio', 'localai']

/** A price that nothing is sold at is a name mistyped: without it a model would be served at another price. */
function refuseUnusedPrices(
  { prices }: ContributeOptions,
  offers: readonly ModelOffer[],
  reasons: readonly string[],
): void {
  const offeredIds = offers.map(({ publicId }) => publicId)
  const unused = [...prices.keys()].find((publicId) => !offeredIds.includes(publicId))
  if (unused === undefined) return
  const told = `--price names ${unused}, which is not offered; offered: ${offeredIds.join(', ')}`
  throw new CommandFailure([told, ...reasons].join('\n  '))
}

const leftOutLine = ({ publicId, why }: LeftOut, met: MetGateway): string =>
  `${publicId} is left out: ${describeLeftOut(why)}${why === 'price_too_high' ? mostPaid(publicId, met) : ''}`

function mostPaid(publicId: string, { terms }: MetGateway): string {
  const ceiling = ceilingOf(terms, publicId)
  if (ceiling === undefined) return ''
  const { decimals, symbol } = terms.asset
  const price = (amount: bigint): string => formatAmount(amount, decimals)
  const { promptAtomicPerMtok: prompt, completionAtomicPerMtok: completion } = ceiling
  return `: at most ${price(prompt)} in, ${price(completion)} out (${symbol} for a million tokens)`
}

function noteUnused(
  found: FoundEngine,
  options: ContributeOptions,
  met: MetGateway,
  screen: Screen,
): void {
  const { offers } = choicesOf(found, options, met)
  const why = found.isLocked ? 'it wants a key' : 'the gateway takes none of its models'
  const how =
    offers.length > 0
      ? `--engine ${found.baseUrl} takes this one`
      : `${why}; '--engine ${found.baseUrl}' says more`
  screen.tell(
    { event: 'engine_not_used', kind: found.kind, url: found.baseUrl },
    ...labelled('', `${engineTitle(found)} is not used: ${how}`),
  )
}

async function agreeToBuiltIn(
  running: readonly FoundEngine[],
  options: ContributeOptions,
  { isPlayground }: MetGateway,
): Promise<void> {
  if (isPlayground) return
  const none = running.length === 0 ? 'No engine runs here' : 'No engine here can be used'
  await confirmOrEnd(
    `${none}. Serve ${builtIn}, the small model that comes with Vouch? (Start an engine, or name one by --engine.)`,
    options,
  )
}

async function serveBuiltIn(
  options: ContributeOptions,
  met: MetGateway,
  screen: Screen,
): Promise<OwnEngine> {
  const started = await startBuiltInEngine({
    model: builtIn,
    onRestart: () => {
      const event = { event: 'engine_restarted' }
      screen.tell(event, ...linesOf(event, met.terms.chain.payout_token))
    },
  })
  try {
    const found = await lookAtEngine({ origin: started.origin, apiKey: undefined })
    if (found === undefined) throw new CommandFailure('the built-in engine does not answer')
    const named = { ...found, name: `${builtIn}, the model that comes with Vouch,` }
    const own = offered({ found: named, apiKey: undefined }, options, met, screen)
    return { ...own, remembered: 'built-in', stop: started.stop }
  } catch (error) {
    await started.stop()
    throw error
  }
}
