/*
 * A `vouch serve` that takes lent keys and has an admin API, on a real chain with a treasury that pays lenders; and a service
 * that lent keys are for.
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type PrivateKey, randomPrivateKey } from '../../src/chain/private-key.ts'
import { addressOfPrivateKey } from '../../src/chain/signatures.ts'
import { type LendingPlace as Lending, lendKeyBody } from '../../src/client/lending-orders.ts'
import type { Address } from '../../src/domain/units.ts'
import { type ServeProcess, startServe } from './dev-process.ts'
import { type KeyedUpstream, startKeyedUpstream } from './keyed-upstream.ts'
import { openServeConfig, type ServeConfig } from './serve-config.ts'

export const adminToken = 'an-admin-token-of-forty-characters-or-so'

export type Told = {
  readonly status: number
  readonly text: string
  readonly json: Readonly<Record<string, unknown>>
  readonly code: string | undefined
}

export type LendingPlace = ServeConfig & {
  readonly service: KeyedUpstream
  readonly adminTokenFile: string
  /** The configuration with lending open; what is given comes below `lending:`. */
  readonly configOf: (lending?: string, change?: (text: string) => string) => string
  /** Starts it, with an account; resolves when it answers. */
  readonly start: (configPath?: string) => Promise<Served>
}

export type Served = {
  readonly process: ServeProcess
  readonly place: Lending
  readonly call: (
    method: string,
    path: string,
    options?: { readonly body?: object; readonly authorization?: string },
  ) => Promise<Told>
  readonly admin: (method: string, path: string, body?: object) => Promise<Told>
  /** A chat completion of a model, paid by the key. */
  readonly ask: (apiKey: string, model: string) => Promise<Told>
  readonly lend: (lent: Lent) => Promise<Told>
}

export type Lent = {
  readonly apiKey: string
  readonly walletKey?: PrivateKey
  readonly payout?: Address
  readonly terms: object
}

const lendingSection = `lending:
  open: true
  approval: false
  allowHttp: true
  allowPrivateNetworks: true
  models:
    - id: lent-model
      contextTokensMax: 4096
      price: { promptPerMtok: '1000', completionPerMtok: '2000' }
`

/** The sections of a gateway that pays from a treasury and has an admin API, and the files that they name. */
export function openPaying({ devChain, folder }: Pick<ServeConfig, 'devChain' | 'folder'>): {
  readonly adminTokenFile: string
  readonly sections: string
} {
  const file = (name: string, text: string) => {
    writeFileSync(join(folder, name), text, { mode: 0o600 })
    return join(folder, name)
  }
  file('treasury.key', devChain.keys.treasury)
  file('voucher.key', devChain.keys.payoutSigner)
  return {
    adminTokenFile: file('admin.token', adminToken),
    sections: `payouts:
  treasuryKeyFile: treasury.key
  voucherKeyFile: voucher.key
  receiverAuthorizer: '${devChain.contracts.openClaimAuthorizer}'
  withdrawDelayS: 900
  escrowMin: '1'
admin:
  tokenFile: admin.token
`,
  }
}

export async function openLendingPlace(...keys: readonly string[]): Promise<LendingPlace> {
  const config = await openServeConfig()
  const service = await startKeyedUpstream(...keys)
  const { adminTokenFile, sections } = openPaying(config)
  const configOf: LendingPlace['configOf'] = (lending = lendingSection, change = (text) => text) =>
    config.yaml((text) => change(`${text}${sections}${lending}`))
  return {
    ...config,
    service,
    adminTokenFile,
    configOf,
    start: async (path = configOf()) => servedBy(await startServe(path)),
    close: async () => {
      await service.close()
      await config.close()
    },
  }
}

/** A gateway that runs, as its clients, contributors and operator reach it. */
export async function servedBy(process: ServeProcess): Promise<Served> {
  const { origin } = process
  const call: Served['call'] = async (method, path, { body, authorization } = {}) => {
    const answer = await fetch(`${origin}${path}`, {
      method,
      headers: { ...(authorization !== undefined && { authorization }) },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    const text = await answer.text()
    const json = JSON.parse(text) as Told['json']
    const { code } = (json['error'] ?? {}) as { readonly code?: string }
    return { status: answer.status, text, json, code }
  }
  const terms = (await call('GET', '/v1/contributors/terms')).json as {
    readonly gateway: Address
    readonly domain: { readonly chainId: number; readonly verifyingContract: Address }
  }
  const { chainId, verifyingContract: registry } = terms.domain
  const place = { gateway: terms.gateway, chainId, registry }
  return {
    process,
    place,
    call,
    admin: (method, path, body) =>
      call(method, `/admin/v1${path}`, {
        authorization: `Bearer ${adminToken}`,
        ...(body !== undefined && { body }),
      }),
    ask: (apiKey, model) =>
      call('POST', '/v1/chat/completions', {
        authorization: `Bearer ${apiKey}`,
        body: { model, messages: [{ role: 'user', content: 'Hi' }], max_tokens: 16 },
      }),
    lend: ({ apiKey, walletKey = randomPrivateKey(), payout, terms: lent }) =>
      call('POST', '/v1/contributors/keys', {
        body: lendKeyBody(
          place,
          {
            terms: JSON.stringify(lent),
            apiKey,
            payout: payout ?? addressOfPrivateKey(walletKey),
          },
          { walletKey, nowMs: Date.now() },
        ),
      }),
  }
}
