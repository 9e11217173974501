/*
 * `vouch audit` as an auditor runs it, of a real gateway with a real contributor behind it that serves vouch-mini, or something
 * in its place.
 */
import { existsSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { jsonRpc } from '../../src/chain/json-rpc.ts'
import { callVerify } from '../../src/chain/receipt-verifier-contract.ts'
import { parseFaultEvidence } from '../../src/client/fault-evidence.ts'
import type { SignedVerdict } from '../../src/domain/audit.ts'
import { type AuditPlace, openAuditPlace, type Served } from '../support/audit-place.ts'
import { builtInModelFolder } from '../support/built-in-model.ts'
import { runVouch } from '../support/dev-process.ts'

const questions = readFileSync(
  resolve(builtInModelFolder, 'training/data/fresh-questions.txt'),
  'utf8',
)
  .split('\n')
  .map((line) => line.split(' | ')[1] ?? '')
  .filter((question) => question !== '')

let place: AuditPlace
/** Where the next audit begins. */
let batches = 0
/** Answers that the first verdict rests on. */
let decided = 0

beforeAll(async () => {
  place = await openAuditPlace(questions)
}, 120_000)
afterAll(() => place.close())

type Audited = {
  readonly verdicts: readonly SignedVerdict[]
  readonly windows: readonly { readonly samples: number; readonly tokens: number }[]
  readonly unopened: readonly { readonly reason: string }[]
  readonly faults: readonly string[]
  readonly nextBatch: number
}

const evidenceOf = (name: string): string => join(place.folder, `${name}-faults.jsonl`)

async function audit(
  name: string,
  options: readonly string[] = [],
): Promise<{ code: number | null; audited: Audited; output: string }> {
  const { code, output } = await runVouch([
    'audit',
    ...['--gateway', place.origin, '--rpc', place.rpcUrl, '--key', place.keyFile],
    ...['--model', builtInModelFolder, '--confirmations', '1', '--json'],
    // Half as many answers are enough to pass as with the usual one in a hundred.
    ...['--false-pass', '0.1'],
    ...['--state', join(place.folder, `${name}.json`)],
    ...['--reports', join(place.folder, `${name}-reports`)],
    ...['--evidence', evidenceOf(name)],
    ...options,
  ])
  const json = output.split('\n').find((line) => line.startsWith('{')) ?? '{}'
  return { code, output, audited: JSON.parse(json) as Audited }
}

/** Serves so, asks so many questions, and audits what came of it. */
async function auditServed(served: Served, count: number, options: readonly string[] = []) {
  await place.serve(served)
  const lastSeq = await place.ask(count)
  const first = batches
  batches = await place.drawnBatches(lastSeq)
  return audit(served, ['--batches', `${first}-${batches - 1}`, ...options])
}

test('a contributor that serves the model passes bit for bit, and the gateway is told', async () => {
  const { code, audited, output } = await auditServed('vouch-mini', 60)
  expect(audited.faults, output).toEqual([])
  expect(audited.verdicts, output).toHaveLength(1)
  const [{ verdict }] = audited.verdicts as [SignedVerdict]
  expect(verdict).toMatchObject({ contributor: place.contributor, passed: true, method: 1 })
  expect(verdict.matchedTokens).toBe(verdict.tokens)
  expect(verdict.tokens).toBeGreaterThanOrEqual(1_000)
  decided = verdict.samples
  expect(existsSync(evidenceOf('vouch-mini'))).toBe(false)
  expect(code).toBe(0)
  const told = await fetch(`${place.origin}/v1/audits/verdicts?contributor=${place.contributor}`)
  const { data } = (await told.json()) as { data: SignedVerdict[] }
  expect(data.map((kept) => kept.verdict)).toEqual([verdict])
}, 240_000)

test('an audit goes on where it ended, and counts no batch twice', async () => {
  const lastSeq = await place.ask(3)
  const before = batches
  batches = await place.drawnBatches(lastSeq)
  const { audited, output } = await audit('vouch-mini')
  expect(audited.nextBatch, output).toBe(batches)
  expect(output).not.toContain(`batch ${before - 1} `)
  expect(audited.verdicts).toEqual([])
  // The sixty answers of before and these three, each in the verdict or behind it.
  expect(audited.windows.map(({ samples }) => samples + decided)).toEqual([63])
  const again = await audit('vouch-mini', ['--batches', '0-0'])
  expect(again.code).toBe(1)
  expect(again.output).toContain('are done: use another --state')
}, 240_000)

test('one whose arithmetic rounds otherwise passes as well', async () => {
  const noisy = ['--class', 'float', '--sampler', 'vouch', '--no-report']
  const { code, audited, output } = await auditServed('f16-noise', 60, noisy)
  expect(audited.verdicts, output).toHaveLength(1)
  expect(audited.verdicts[0]?.verdict).toMatchObject({ passed: true, method: 2 })
  expect(code).toBe(0)
}, 240_000)

test.each<Served>(['four-layers', 'cut-short', 'replay'])(
  '%s in its place is found out',
  async (served) => {
    const { code, audited, output } = await auditServed(served, 20, ['--no-report'])
    expect(audited.verdicts.length, output).toBeGreaterThan(0)
    expect(audited.verdicts[0]?.verdict).toMatchObject({
      contributor: place.contributor,
      passed: false,
      method: 1,
    })
    expect(audited.verdicts[0]?.verdict.samples).toBeGreaterThanOrEqual(10)
    expect(code).toBe(1)
    await expectAccusations(served, audited.verdicts)
  },
  240_000,
)

/** What `vouch slash` reads, and what the panel's contract asks of a receipt that is accused. */
async function expectAccusations(name: string, verdicts: readonly SignedVerdict[]): Promise<void> {
  const file = evidenceOf(name)
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n')
  for (const line of lines) {
    const read = parseFaultEvidence(Buffer.from(line))
    if (!read.ok || read.value.kind !== 'S7') throw new Error(`no evidence of S7: ${line}`)
    const { receipt, verdicts: kept, domain } = read.value
    const [{ verdict }] = kept as [SignedVerdict]
    expect(verdicts.map((one) => one.verdict)).toContainEqual(verdict)
    expect(verdict).toMatchObject({ passed: false, contributor: place.contributor })
    expect(receipt.work.contributor).toBe(place.contributor)
    expect(receipt.gatewaySeq).toBeGreaterThanOrEqual(verdict.firstSeq)
    expect(receipt.gatewaySeq).toBeLessThanOrEqual(verdict.lastSeq)
    const rpc = jsonRpc(place.rpcUrl)
    const verified = await callVerify(rpc, domain.verifyingContract, read.value)
    expect(verified).toMatchObject({ ok: true, value: { ok: true } })
  }
  const checked = await runVouch(['slash', 'check', file, '--json'])
  expect(checked.code, checked.output).toBe(1)
  const { faults, passed_over } = JSON.parse(checked.output) as Checked
  expect(passed_over).toBe(0)
  expect(faults.map(({ kind }) => kind)).toEqual(lines.map(() => 'S7'))
}

type Checked = {
  readonly faults: readonly { readonly kind: string }[]
  readonly passed_over: number
}

type Page = { samples: { requestBody?: string; opened: boolean }[]; hasMore: boolean }

/** The gateway as it is, but for what it says of samples. */
async function startLiar(lie: (page: Page) => void): Promise<{ url: string; stop: () => void }> {
  const server = createServer(async (request, response) => {
    const { authorization } = request.headers
    const headers = authorization === undefined ? {} : { authorization }
    const answer = await fetch(place.origin + request.url, { headers })
    const text = await answer.text()
    response.writeHead(answer.status, { 'content-type': 'application/json' })
    if (!request.url?.includes('/samples')) return response.end(text)
    const page = JSON.parse(text) as Page
    lie(page)
    return response.end(JSON.stringify(page))
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const { port } = server.address() as AddressInfo
  return { url: `http://127.0.0.1:${port}`, stop: () => server.close() }
}

const lies: readonly (readonly [string, (page: Page) => void, string])[] = [
  [
    'leaves one out',
    (page) => {
      page.samples.pop()
    },
    'are answered for',
  ],
  [
    'shows another request',
    (page) => {
      for (const sample of page.samples) sample.requestBody = Buffer.from('{}').toString('base64')
    },
    'its request is another one',
  ],
]
test.each(lies)(
  'a gateway that %s is told so, and no contributor is judged',
  async (name, lie, fault) => {
    const liar = await startLiar(lie)
    const options = ['--gateway', liar.url, '--batches', '0-0', '--no-report']
    const { code, audited, output } = await audit(`liar ${name}`, options)
    liar.stop()
    expect(audited.faults, output).toHaveLength(1)
    expect(audited.faults[0]).toContain(fault)
    expect(audited.windows).toEqual([])
    expect(code).toBe(1)
  },
)

test('where callers let nobody keep anything, canaries tell', async () => {
  await place.serve('cut-short')
  const first = batches
  const lastSeq = await place.ask(3, { mayBeKept: false })
  batches = await place.drawnBatches(lastSeq)
  const canaries = ['--canaries', '14', '--every', '0', '--api-key-file', place.apiKeyFile]
  const { code, audited, output } = await audit('canaries', [
    '--batches',
    `${first}-${batches - 1}`,
    ...canaries,
  ])
  expect(audited.verdicts[0]?.verdict, output).toMatchObject({ passed: false })
  expect(audited.verdicts[0]?.verdict.canaries).toBe(audited.verdicts[0]?.verdict.samples)
  expect(code).toBe(1)
  // The gateway was told, and asks it no more.
  await expect(place.ask(1)).rejects.toThrow('503')
}, 240_000)
