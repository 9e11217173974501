import { jsonRpc } from '../chain/json-rpc.ts'
import type { GatewayConfig } from '../config.ts'
import type { UpstreamConfig } from '../config-upstreams.ts'
import {
  checkGatewayKey,
  checkHomeContracts,
  checkOtherChain,
  checkSigners,
} from './check-chain.ts'
import { CommandFailure } from './command.ts'
import { chainsOf } from './money-places.ts'

/** One thing that a gateway needs from others, as it is now. */
export type ConnectionCheck = {
  readonly what: string
  readonly ok: boolean
  readonly detail: string
}

const upstreamTimeoutMs = 3_000

const asConfigured = async (checked: Promise<void>): Promise<string> => {
  await checked
  return 'as configured'
}

/** Asks every chain and every upstream what a start and the first request would ask them. Never throws for their failures. */
export async function checkConnections(
  config: GatewayConfig,
  nowMs: number,
): Promise<readonly ConnectionCheck[]> {
  const { chain, upstreams } = config
  const rpc = jsonRpc(chain.rpcUrl)
  const checks = [
    check(`chain ${chain.chainId} and its contracts`, () =>
      asConfigured(checkHomeContracts(rpc, config)),
    ),
    check('the signing key is registered', () => asConfigured(checkGatewayKey(rpc, config, nowMs))),
    ...chainsOf(config).flatMap((one) =>
      one.chainId === chain.chainId && (config.assets ?? []).length === 0
        ? []
        : [
            check(`chain ${one.chainId} and its assets`, () =>
              asConfigured(checkOtherChain(config, one)),
            ),
          ],
    ),
    ...upstreams.flatMap((upstream) =>
      upstream.identity === undefined
        ? []
        : [
            check(`the keys of ${upstream.id} are registered`, () =>
              asConfigured(checkSigners(rpc, { chain, upstreams: [upstream] }, nowMs)),
            ),
          ],
    ),
    ...upstreams.map((upstream) => check(`upstream ${upstream.id}`, () => askModels(upstream))),
  ]
  return Promise.all(checks)
}

async function check(what: string, ask: () => Promise<string>): Promise<ConnectionCheck> {
  try {
    return { what, ok: true, detail: await ask() }
  } catch (error) {
    if (error instanceof CommandFailure) return { what, ok: false, detail: error.message }
    throw error
  }
}

/** `GET /models` is free and needs the key. What it answers is untrusted, and of no use but to find a misspelt name. */
async function askModels({ baseUrl, apiKey, models }: UpstreamConfig): Promise<string> {
  const { host } = new URL(baseUrl)
  const response = await fetch(`${baseUrl}/models`, {
    headers: apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` },
    signal: AbortSignal.timeout(upstreamTimeoutMs),
    redirect: 'manual',
  }).catch((error: unknown) => {
    throw new CommandFailure(`${host} does not answer: ${reasonOf(error)}`)
  })
  const { status } = response
  const listed = await response.json().catch(() => undefined)
  if (status === 401 || status === 403) {
    throw new CommandFailure(`${host} refuses the key (${status})`)
  }
  if (status >= 500) throw new CommandFailure(`${host} fails (${status})`)
  if (status !== 200) return `${host} answers, and lists no models (${status})`
  const ids = modelIdsIn(listed)
  const missing = models.filter(({ upstreamId }) => !ids.has(upstreamId))
  if (ids.size === 0 || missing.length === 0) return `${host} answers`
  const names = missing.map(({ upstreamId }) => upstreamId).join(', ')
  throw new CommandFailure(`${host} does not list ${names}`)
}

function modelIdsIn(listed: unknown): ReadonlySet<string> {
  const data: unknown = (listed as { readonly data?: unknown } | undefined)?.data
  if (!Array.isArray(data)) return new Set()
  return new Set(data.map((one) => String((one as { readonly id?: unknown } | null)?.id)))
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if (error.name === 'TimeoutError') return `nothing within ${upstreamTimeoutMs / 1000} s`
  const { code, message } = (error.cause ?? {}) as Partial<NodeJS.ErrnoException>
  return code ?? message ?? error.message
}
