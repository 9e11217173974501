import type { GatewayLog } from '../base/log.ts'
import { agreementDomain } from '../chain/fx-typed-data.ts'
import type { GatewayConfig } from '../config.ts'
import { FxBoard } from '../payment/fx-board.ts'
import { startFxFeed } from '../payment/fx-feed.ts'
import { PriceExchange } from '../payment/price-exchange.ts'
import { homeAssetOf } from './money-places.ts'

export type RunningExchange = {
  readonly exchange: PriceExchange
  readonly stop: () => Promise<void>
}

/** The rates of everything that is taken, asked for again and again where they are not par. */
export async function openExchange(terms: {
  readonly config: GatewayConfig
  readonly log: GatewayLog
  readonly nowMs: () => number
}): Promise<RunningExchange> {
  const { config, log, nowMs } = terms
  const { chainId, gatewayRegistry } = config.chain
  const others = config.assets ?? []
  const { fx } = config
  const board = new FxBoard({
    domain: agreementDomain({ chainId, verifyingContract: gatewayRegistry }),
    assets: others,
    ageMaxS: fx?.quoteAgeMaxS ?? 0,
  })
  const feed =
    fx === undefined
      ? undefined
      : await startFxFeed({ source: fx.source, everyMs: fx.everyS * 1000, board, log, nowMs })
  const home = homeAssetOf(config)
  const quoteOf = board.quote.bind(board)
  return {
    exchange: new PriceExchange({ home, others, quoteOf, nowMs }),
    stop: async () => feed?.stop(),
  }
}
