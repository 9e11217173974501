/*
 * The admin API over real sockets, a real pool and a real store of contributors; without a chain and without requests for
 * models.
 */
import { randomBytes } from 'node:crypto'
import { ok, type Result } from '../../src/base/result.ts'
import { sha256Hex } from '../../src/base/sha256.ts'
import { readUpstreamEntry } from '../../src/config-entries.ts'
import type { Contributor } from '../../src/domain/contributor.ts'
import { createAdminDoor } from '../../src/gateway/admin-door.ts'
import type { GatewayDoor } from '../../src/gateway/gateway-door.ts'
import { startHttpServer } from '../../src/http/server.ts'
import { createContributorKeeper } from '../../src/joining/contributor-keeper.ts'
import { ContributorRoster } from '../../src/joining/contributor-roster.ts'
import type { CallerLimitsDesk } from '../../src/payment/caller-limits-desk.ts'
import { ContributorPool } from '../../src/routing/contributor-pool.ts'
import { createApiKeySeal } from '../../src/store/api-key-seal.ts'
import { openSqliteContributors } from '../../src/store/contributor-store-sqlite.ts'
import { callerLimits } from './caller-limits.ts'
import { temporaryFolder } from './embedded-chain.ts'
import { contributorOf } from './routing.ts'

export const adminToken = 'admin-token-of-thirty-two-characters'

export type AdminAnswer = {
  readonly status: number
  readonly text: string
  readonly json: Readonly<Record<string, unknown>>
  readonly code: string | undefined
}

export type AdminPlace = {
  readonly origin: string
  readonly pool: ContributorPool
  readonly ask: (
    method: string,
    path: string,
    body?: object | string,
    token?: string | undefined,
  ) => Promise<AdminAnswer>
  readonly reload: { outcome: Result<unknown, string> }
  readonly stop: () => Promise<void>
}

export async function openAdminPlace(
  options: {
    readonly withToken?: boolean
    readonly withSecret?: boolean
    readonly fileContributors?: readonly Contributor[]
    /** Without it nobody is limited. */
    readonly limits?: CallerLimitsDesk
  } = {},
): Promise<AdminPlace> {
  const { withToken = true, withSecret = true } = options
  const fileContributors = options.fileContributors ?? [contributorOf({ id: 'in-file' })]
  const folder = temporaryFolder()
  const store = openSqliteContributors(`${folder.path}/contributors.db`)
  const seal = withSecret ? createApiKeySeal([{ version: 1, secret: randomBytes(32) }]) : undefined
  const pool = new ContributorPool(fileContributors)
  const readEntry = (definition: string) => readUpstreamEntry(definition, 6)
  const roster = new ContributorRoster({
    store,
    seal,
    contributorOf: (record, apiKey) => {
      const read = readEntry(record.definition)
      if (!read.ok) return read
      return ok({
        ...contributorOf({
          id: record.contributorId,
          models: read.value.models.map(({ id }) => id),
        }),
        baseUrl: record.baseUrl,
        authorization: apiKey && `Bearer ${apiKey}`,
      })
    },
    apply: ({ entries, marks }) => {
      const kept = [...entries.values()].flatMap(({ contributor }) => contributor ?? [])
      const isDrained = ({ contributorId }: Contributor) => marks.get(contributorId)?.isDrained
      pool.replace([...fileContributors, ...kept].filter((one) => isDrained(one) !== true))
    },
    settle: async () => true,
    log: { info: () => {}, error: () => {} },
  })
  const reload: AdminPlace['reload'] = { outcome: ok({ changed: [] }) }
  const nowMs = Date.now
  const admin = createAdminDoor({
    tokenHash: sha256Hex(adminToken),
    roster,
    keeper: createContributorKeeper({ roster, seal, readEntry, nowMs }),
    pool,
    fileContributors: () => fileContributors,
    config: () => ({ listen: { port: 1 } }),
    reload: async () => reload.outcome,
    nowMs,
  })
  const { limits = callerLimits() } = options
  const own = { nowMs, limits, failed: () => {} }
  const door = { ...own, ...(withToken && { admin }) } as unknown as GatewayDoor
  const server = await startHttpServer(door, { host: '127.0.0.1', port: 0 })
  if (!server.ok) throw new Error(server.error.message)
  const { origin } = server.value
  return {
    origin,
    pool,
    reload,
    ask: async (method, path, body, token = adminToken) => {
      const answer = await fetch(`${origin}/admin/v1${path}`, {
        method,
        headers: { ...(token !== '' && { authorization: `Bearer ${token}` }) },
        ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      })
      const text = await answer.text()
      const json = JSON.parse(text) as AdminAnswer['json']
      const { code } = (json['error'] ?? {}) as { readonly code?: string }
      return { status: answer.status, text, json, code }
    },
    stop: async () => {
      server.value.force()
      await server.value.close()
      await store.close()
      folder.remove()
    },
  }
}
