/*
 * Two gateways on one Redis and one real chain, a contributor that signs, and an auditor: what is kept, what is opened, by
 * whom it was chosen, and what follows from what the auditor says.
 */
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { readBlockRandomness } from '../../src/chain/block-randomness.ts'
import { type JsonRpc, jsonRpc } from '../../src/chain/json-rpc.ts'
import { randomPrivateKey } from '../../src/chain/private-key.ts'
import { receiptDomain } from '../../src/chain/receipt-typed-data.ts'
import { sampleIndices } from '../../src/chain/sample-indices.ts'
import { addressOfPrivateKey } from '../../src/chain/signatures.ts'
import type { DomainSeparator } from '../../src/chain/typed-data.ts'
import { manifestIdOf } from '../../src/config-manifest.ts'
import { type AuditVerdict, auditMethod } from '../../src/domain/audit.ts'
import type {
  AuditBatchDocument,
  AuditSampleDocument,
  AuditSamplesDocument,
} from '../../src/domain/audit-documents.ts'
import { tier } from '../../src/domain/receipt.ts'
import type { ReceiptDocument } from '../../src/domain/receipt-document.ts'
import { type Address, bytes32, unixSecondsOf } from '../../src/domain/units.ts'
import { openSqliteTranscripts } from '../../src/store/transcript-store-sqlite.ts'
import { auditQuery } from '../support/audit-queries.ts'
import { expectOk } from '../support/dev-chain.ts'
import { runVouch, type ServeProcess, startServe } from '../support/dev-process.ts'
import { type RedisServer, startRedisServer } from '../support/redis-server.ts'
import { openServeConfig, type ServeConfig } from '../support/serve-config.ts'
import { signingUpstream } from '../support/signing-upstream.ts'
import { signedVerdict } from '../support/verdicts.ts'

const auditorKey = randomPrivateKey()
const secondKey = randomPrivateKey()
const strangerKey = randomPrivateKey()
const prompt = 'a prompt that lies nowhere in the clear'
const words = ['an ', 'answer ', 'that lies nowhere in the clear']
const commitment = bytes32(`0x${'4'.repeat(64)}`)
const openings = '/v1/vouch/openings/'
const opening = '{"object":"vouch.tokens","choices":[]}'
/** Jobs whose commitments the gateways wanted opened. */
const openingsAsked = new Set<string>()
/** Half of all: enough of both kinds in thirty receipts to compare, and nothing here depends on how many. */
const ratePpm = 500_000

let redis: RedisServer
let config: ServeConfig
let one: ServeProcess
let other: ServeProcess
let apiKey: string
let rpc: JsonRpc
let gateway: Address
let contributor: Address
const modelId = manifestIdOf({ id: 'public-name', weights: null })
let domain: DomainSeparator
let lastSeq = 0
type Place = {
  readonly config: ServeConfig
  /** A configuration with a data folder of its own; with a store in Redis where one is given. */
  readonly yamlOf: (folder: string, store?: string) => string
}
let yamlOf: Place['yamlOf']

/** A chain with a contributor that signs its Work and opens what it committed to, and configurations for gateways on it. */
async function openPlace(): Promise<Place> {
  const opened = await openServeConfig()
  const { addresses, contracts, keys } = opened.devChain
  const privateKey = keys.contributorSigner
  const operator = addresses.contributorOperator
  const verifyingContract = contracts.receiptVerifier
  const place = { domain: receiptDomain({ chainId: 31_337, verifyingContract }), modelId }
  const upstream = signingUpstream({ privateKey, operator, ...place })
  const answer = upstream.answer(words, { work: (work) => ({ ...work, commitment }) })
  opened.upstream.become((request, response) => {
    if (!request.path.startsWith(openings)) return answer(request, response)
    openingsAsked.add(request.path.slice(openings.length))
    response.end(opening)
  })
  const yamlFor = (folder: string, store = '') =>
    opened.yaml((text) =>
      text
        .replace(/dataFolder: .*/, `dataFolder: ${join(opened.folder, folder)}`)
        .replace(
          '    apiKeyFile: engine.key\n',
          `    operator: '${operator}'\n    signingAddresses: ['${addresses.contributorSigner}']\n`,
        )
        .concat(`${store}transparency: { batchS: 1, promiseS: 60 }\n`)
        .concat(
          `audits: { auditors: ['${addressOfPrivateKey(auditorKey)}', '${addressOfPrivateKey(secondKey)}'], ratePpm: ${ratePpm} }\n`,
        ),
    )
  return { config: opened, yamlOf: yamlFor }
}

beforeAll(async () => {
  redis = await startRedisServer()
  const place = await openPlace()
  ;({ config, yamlOf } = place)
  const { addresses, contracts, channel } = config.devChain
  gateway = addresses.gatewayOperator
  contributor = addresses.contributorOperator
  domain = receiptDomain({ chainId: 31_337, verifyingContract: contracts.receiptVerifier })
  rpc = jsonRpc(config.chainUrl)
  const inRedis = `store:\n  redisUrl: ${redis.url}\n`
  one = await startServe(yamlOf('one', inRedis))
  other = await startServe(yamlOf('two', inRedis))
  await config.signTranche(one)
  const made = await runVouch([
    ...['keys', 'create', '--config', yamlOf('three', inRedis), '--channel', channel.channelId],
  ])
  apiKey = /sk-vouch-\S+/.exec(made.output)?.[0] ?? expect.fail(made.output)
}, 120_000)
afterAll(async () => {
  await one?.kill()
  await other?.kill()
  await config?.close()
  await redis?.stop()
})

const soon = <T>(check: () => Promise<T>) => vi.waitFor(check, { timeout: 30_000, interval: 100 })

type Asking = {
  readonly at?: ServeProcess
  readonly headers?: Readonly<Record<string, string>>
  readonly members?: Readonly<Record<string, unknown>>
}
async function ask(
  asking: Asking = {},
): Promise<{ readonly status: number; readonly receipt: string }> {
  const answer = await fetch(`${(asking.at ?? one).origin}/v1/chat/completions`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      authorization: `Bearer ${apiKey}`,
      ...asking.headers,
    },
    body: JSON.stringify({
      model: 'public-name',
      messages: [{ role: 'user', content: prompt }],
      ...asking.members,
    }),
  })
  await answer.arrayBuffer()
  return { status: answer.status, receipt: answer.headers.get('x-vouch-receipt') ?? '' }
}

const allowed = { headers: { 'x-vouch-audit': 'allow' } }

const askAuditor = async (
  path: string,
  { at = one, authorization = auditQuery({ key: auditorKey, gateway, domain }) } = {},
) => {
  const answer = await fetch(`${at.origin}/v1/audits/${path}`, { headers: { authorization } })
  return { status: answer.status, json: (await answer.json()) as Record<string, unknown> }
}

async function report(said: Partial<AuditVerdict> = {}, key = auditorKey, at = one) {
  const issuedAt = unixSecondsOf(Date.now())
  const window = { gateway, contributor, modelId, lastSeq, issuedAt }
  const signed = signedVerdict(key, { ...window, ...said }, domain)
  const answer = await fetch(`${at.origin}/v1/audits/verdicts`, {
    method: 'POST',
    body: JSON.stringify({ verdict: signed.verdict, signature: signed.signature }),
  })
  return { status: answer.status, json: (await answer.json()) as Record<string, unknown> }
}

const codeOf = ({ json }: { readonly json: Record<string, unknown> }) =>
  (json['error'] as { readonly code: string } | undefined)?.code

/** Every sample of every batch, in the order of the log, each page from the other gateway than the one before. */
async function everySample(): Promise<{
  readonly batches: readonly AuditBatchDocument[]
  readonly samples: readonly AuditSampleDocument[]
}> {
  const batches: AuditBatchDocument[] = []
  const samples: AuditSampleDocument[] = []
  for (let number = 0; ; number += 1) {
    const [at, next] = number % 2 === 0 ? [one, other] : [other, one]
    const batch = await askAuditor(`batches/${number}`, { at })
    if (batch.status !== 200) break
    batches.push(batch.json as AuditBatchDocument)
    for (let after = ''; ; ) {
      const page = await askAuditor(`batches/${number}/samples${after}`, { at: next })
      expect(page.status).toBe(200)
      const { samples: some, hasMore, batch: told } = page.json as AuditSamplesDocument
      expect(told).toEqual(batch.json)
      samples.push(...some)
      if (!hasMore) break
      after = `?after=${some.at(-1)?.index}`
    }
  }
  return { batches, samples }
}

/** Waits until all receipts up to this one are anchored and drawn. */
async function untilDrawn(seq: number): Promise<void> {
  await soon(async () => {
    const { batches } = await everySample()
    const last = batches.at(-1)
    await rpc.call('anvil_mine', ['0x3'])
    expect((last?.firstSeq ?? 0) + (last?.count ?? 0) - 1).toBeGreaterThanOrEqual(seq)
  })
}

async function everythingInRedis(): Promise<string> {
  const names = (await redis.command('KEYS', '*')) as string[]
  const values = await Promise.all(
    names.map(async (name) => {
      const type = await redis.command('TYPE', name)
      if (type === 'zset') return redis.command('ZRANGE', name, '0', '-1')
      return redis.command(type === 'hash' ? 'HGETALL' : 'GET', name)
    }),
  )
  return JSON.stringify([names, values])
}

async function receiptOf(receiptId: string): Promise<ReceiptDocument['receipt']> {
  const answer = await fetch(`${one.origin}/v1/receipts/${receiptId}`, {
    headers: { authorization: `Bearer ${apiKey}` },
  })
  return ((await answer.json()) as ReceiptDocument).receipt
}
const seqOf = async (receiptId: string) => (await receiptOf(receiptId)).gatewaySeq
const tiersOf = async (receiptId: string) => (await receiptOf(receiptId)).tiers
const signedTiers = tier.gatewaySigned | tier.contributorSigned | tier.tokenCommitment

describe('what is kept', () => {
  test('nothing of a request whose caller did not agree', async () => {
    expect((await ask()).status).toBe(200)
    expect((await ask({ members: { attestation: { audit: false } } })).status).toBe(200)
    expect((await ask({ members: { store: true } })).status).toBe(200)
    const kept = await everythingInRedis()
    expect(kept).not.toContain('transcript:')
    expect(kept).not.toContain(prompt)
  })

  test('no contributor can tell who agreed', async () => {
    const { requests } = config.upstream
    const seenOf = async (asking: Asking) => {
      await ask(asking)
      const jobs = requests.filter(({ headers }) => headers['x-vouch-job'] !== undefined)
      const seen = jobs.at(-1) ?? expect.fail('the contributor was asked')
      return { body: seen.body.toString(), headers: Object.keys(seen.headers).toSorted() }
    }
    const silent = await seenOf({})
    expect(await seenOf(allowed)).toEqual(silent)
    expect(await seenOf({ members: { attestation: { audit: true } } })).toEqual(silent)
    expect(silent.body).not.toContain('audit')
  })

  test('of one who agreed, sealed', async () => {
    const { receipt } = await ask(allowed)
    const seq = await seqOf(receipt)
    await soon(async () => expect(await everythingInRedis()).toContain(`transcript:${seq}"`))
    const kept = await everythingInRedis()
    for (const secret of [prompt, words.join(''), words[2]]) expect(kept).not.toContain(secret)
  })

  test('a wish that cannot be read is refused', async () => {
    expect((await ask({ headers: { 'x-vouch-audit': 'yes' } })).status).toBe(400)
    expect((await ask({ members: { attestation: { audit: 'yes' } } })).status).toBe(400)
    const both = { ...allowed, members: { attestation: { audit: false } } }
    expect((await ask(both)).status).toBe(400)
  })
})

/** Of requests whose callers did not agree, by their numbers. */
const silentJobs = new Map<number, string>()

test('what the chain chooses is opened at any gateway, and nothing else', async () => {
  const agreed = new Map<number, 'whole' | 'stream'>()
  const silent = new Set<number>()
  const askSome = async (): Promise<void> => {
    for (const at of [one, other, one, other]) {
      agreed.set(await seqOf((await ask({ ...allowed, at })).receipt), 'whole')
      const stream = { stream: true, attestation: { mode: 'signed', audit: true } }
      agreed.set(await seqOf((await ask({ at, members: stream })).receipt), 'stream')
      const { receipt } = await ask({ at })
      silent.add(await seqOf(receipt))
      silentJobs.set(await seqOf(receipt), (await receiptOf(receipt)).work.jobId)
    }
    lastSeq = Math.max(...agreed.keys(), ...silent)
  }
  const chosenOf = (all: readonly AuditSampleDocument[]) =>
    all.filter(({ gatewaySeq }) => agreed.has(gatewaySeq) || silent.has(gatewaySeq))
  const kindsIn = (all: readonly AuditSampleDocument[]) =>
    new Set(chosenOf(all).map(({ gatewaySeq }) => agreed.get(gatewaySeq) ?? 'silent'))
  // Chance decides which are chosen, and not whether this is a test: it goes on until each kind is among them.
  let { batches, samples } = { batches: [], samples: [] } as Awaited<ReturnType<typeof everySample>>
  while (kindsIn(samples).size < 3) {
    await askSome()
    await untilDrawn(lastSeq)
    ;({ batches, samples } = await everySample())
  }
  const mine = chosenOf(samples)
  // By the chain alone: the root that was anchored and the randomness of the second block after it.
  const demanded = await Promise.all(
    batches.map(async ({ root, count, firstSeq, anchoredBlock, randomness, drawnBlock }) => {
      const fromChain = expectOk(await readBlockRandomness(rpc, anchoredBlock + 2))
      expect([drawnBlock, randomness]).toEqual([anchoredBlock + 2, fromChain])
      const draw = { root, count, ratePpm, randomness: fromChain ?? randomness }
      return sampleIndices(draw).map((index) => firstSeq + index)
    }),
  )
  expect(samples.map(({ gatewaySeq }) => gatewaySeq)).toEqual(demanded.flat())
  for (const sample of mine) {
    if (!sample.opened) {
      expect([sample.gatewaySeq, sample.reason]).toEqual([sample.gatewaySeq, 'no_consent'])
      expect(silent.has(sample.gatewaySeq)).toBe(true)
      continue
    }
    const { work } = sample.receipt.receipt
    const [request, response] = [sample.requestBody, sample.responseBody].map((text) =>
      Buffer.from(text, 'base64'),
    ) as [Buffer, Buffer]
    const sha256 = async (bytes: Buffer) =>
      `0x${Buffer.from(await crypto.subtle.digest('SHA-256', Buffer.from(bytes))).toString('hex')}`
    expect(await sha256(request)).toBe(work.inputHash)
    expect(await sha256(response)).toBe(work.outputHash)
    expect(request.toString()).toContain(prompt)
    const kind = agreed.get(sample.gatewaySeq)
    expect(response.toString().endsWith('data: [DONE]\n\n')).toBe(kind === 'stream')
  }
}, 120_000)

test('a gateway by itself keeps it sealed in its folder, or not at all, and logs nothing of it', async () => {
  // On a chain of its own: under one account there is one log.
  const place = await openPlace()
  const folder = join(place.config.folder, 'alone')
  const alone = await startServe(place.yamlOf('alone'))
  await place.config.signTranche(alone)
  const { channelId } = place.config.devChain.channel
  const made = await runVouch(['keys', 'create', '--data', folder, '--channel', channelId])
  const key = /sk-vouch-\S+/.exec(made.output)?.[0] ?? expect.fail(made.output)
  const asAlone = { authorization: `Bearer ${key}` }
  expect((await ask({ at: alone, headers: asAlone })).status).toBe(200)
  const agreeing = { ...asAlone, ...allowed.headers }
  expect((await ask({ at: alone, headers: agreeing })).status).toBe(200)
  // What is asked to stop makes durable what it has.
  const { code, output } = await alone.interrupt()
  expect(code).toBe(0)
  const transcripts = openSqliteTranscripts(join(folder, 'transcripts.db'))
  expect(await transcripts.room()).toMatchObject({ transcripts: 1 })
  await transcripts.close()
  const files = readdirSync(folder).map((name) => readFileSync(join(folder, name), 'latin1'))
  expect(files.length).toBeGreaterThan(5)
  for (const text of [...files, output]) {
    expect(text.includes(prompt) || text.includes(words[2] ?? prompt)).toBe(false)
  }
  await place.config.close()
}, 60_000)

describe('who asks', () => {
  test('an auditor that is not named, or cannot show that it asks here and now, sees nothing', async () => {
    const signed = { key: auditorKey, gateway, domain }
    const seen = async (authorization: string) =>
      codeOf(await askAuditor('batches/0/samples', { authorization }))
    expect(await seen(auditQuery({ ...signed, key: strangerKey }))).toBe('auditor_not_named')
    expect(await seen(auditQuery({ ...signed, gateway: contributor }))).toBe('audit_query_invalid')
    expect(await seen(auditQuery({ ...signed, validForS: -1 }))).toBe('audit_query_invalid')
    expect(await seen(auditQuery({ ...signed, validForS: 600 }))).toBe('audit_query_invalid')
    const elsewhere = receiptDomain({ chainId: 1, verifyingContract: gateway })
    expect(await seen(auditQuery({ ...signed, domain: elsewhere }))).toBe('audit_query_invalid')
    expect(await seen(`Bearer ${apiKey}`)).toBe('audit_query_invalid')
  })

  test('a batch that is not there, or a page that is none, is refused', async () => {
    expect(codeOf(await askAuditor('batches/9999'))).toBe('audit_batch_not_found')
    expect(codeOf(await askAuditor('batches/x'))).toBe('audit_batch_not_found')
    expect(codeOf(await askAuditor('batches/0/samples?after=-1'))).toBe('invalid_value')
  })

  test('everybody may read by which rules', async () => {
    const terms = await (await fetch(`${other.origin}/v1/audits/terms`)).json()
    expect(terms).toMatchObject({ object: 'vouch.audit_terms', gateway, ratePpm })
  })
})

describe('what is reported', () => {
  test('is taken of a named auditor alone, whole and once', async () => {
    expect(codeOf(await report({}, strangerKey))).toBe('auditor_not_named')
    expect(codeOf(await report({ gateway: contributor }))).toBe('verdict_unacceptable')
    const junk = async (body: string | Buffer) => {
      const answer = await fetch(`${one.origin}/v1/audits/verdicts`, { method: 'POST', body })
      return answer.status
    }
    expect(await junk('')).toBe(400)
    expect(await junk('[]')).toBe(400)
    expect(await junk('{"verdict":{},"signature":"0x"}')).toBe(400)
    expect(await junk(Buffer.alloc(100_000, 32))).toBe(413)
    const issuedAt = unixSecondsOf(Date.now() - 60_000)
    const few = { issuedAt, tokens: 10, matchedTokens: 10 }
    expect((await report(few)).status).toBe(200)
    expect((await report(few, auditorKey, other)).status).toBe(200)
    expect(codeOf(await report({ ...few, passed: false }))).toBe('verdict_conflict')
    // It rests on too few tokens for anything to follow.
    expect(await tiersOf((await ask()).receipt)).toBe(signedTiers)
  })

  test('is listed by a command that checks each signature', async () => {
    const args = ['audits', '--gateway', `${other.origin}/v1`, '--contributor', contributor]
    const listed = await runVouch(args)
    expect(listed.code).toBe(0)
    expect(listed.output).toContain(`passed  ${contributor}  model ${modelId.slice(0, 10)}`)
    expect(listed.output).toContain(`by ${addressOfPrivateKey(auditorKey)}\n`)
    const none = await runVouch([...args, '--model', `0x${'0'.repeat(64)}`])
    expect(none).toEqual({ code: 0, output: 'no auditor has said anything\n' })
    expect((await runVouch(['audits', '--model', '0x12'])).code).toBe(2)
    // As a gateway would tell it that turns the verdict round.
    const liar = createServer(async (request, response) => {
      const answer = await fetch(one.origin + request.url)
      response.end((await answer.text()).replaceAll('"passed":true', '"passed":false'))
    }).listen(0, '127.0.0.1')
    await once(liar, 'listening')
    const { port } = liar.address() as AddressInfo
    const lied = await runVouch(['audits', '--gateway', `http://127.0.0.1:${port}`])
    liar.close()
    expect(lied.code).toBe(1)
    expect(lied.output).toContain('THE SIGNATURE IS NOT')
  })

  test('who fails is asked by no gateway, until an auditor says otherwise', async () => {
    const failing = { passed: false, method: auditMethod.bitForBit, tokens: 64, matchedTokens: 60 }
    const issuedAt = unixSecondsOf(Date.now() - 30_000)
    expect((await report({ ...failing, issuedAt })).status).toBe(200)
    expect((await ask()).status).toBe(503)
    await soon(async () => expect((await ask({ at: other })).status).toBe(503))
    const listed = await fetch(`${other.origin}/v1/audits/verdicts?contributor=${contributor}`)
    const { data } = (await listed.json()) as { data: readonly { verdict: AuditVerdict }[] }
    expect(data.map(({ verdict }) => verdict.passed)).toEqual([false, true])
    // Another auditor's word alone does not outweigh it.
    expect((await report({}, secondKey)).status).toBe(200)
    expect((await ask()).status).toBe(503)
    expect((await report({})).status).toBe(200)
    expect(await tiersOf((await ask()).receipt)).toBe(tier.audited | signedTiers)
    await soon(async () => expect((await ask({ at: other })).status).toBe(200))
    expect(await tiersOf((await ask({ at: other })).receipt)).toBe(tier.audited | signedTiers)
  })
})

test('what opens a commitment is asked of all that were chosen, and shown of those who agreed', async () => {
  const check = async (): Promise<void> => {
    const { samples } = await everySample()
    const shown = samples.filter((sample) => sample.opened)
    expect(shown.length).toBeGreaterThan(0)
    for (const sample of shown) expect(sample.commitmentOpening).toBe(opening)
    const jobs = [
      ...shown.map(({ receipt }) => receipt.receipt.work.jobId),
      ...samples.flatMap(({ gatewaySeq }) => silentJobs.get(gatewaySeq) ?? []),
    ]
    expect([...openingsAsked]).toEqual(expect.arrayContaining(jobs))
  }
  await vi.waitFor(check, { timeout: 60_000, interval: 500 })
}, 90_000)
