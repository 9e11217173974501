import { randomInt } from 'node:crypto'
import { appendFileSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { askCanary } from '../auditor/ask-canary.ts'
import { type AuditState, withFault } from '../auditor/audit-state.ts'
import {
  canaryGapMs,
  canaryRequest,
  type OrdinaryRequest,
  readOrdinaryRequest,
} from '../auditor/canary-requests.ts'
import { GatewayAudits } from '../auditor/gateway-audits.ts'
import { objectionOnChain } from '../auditor/objection-on-chain.ts'
import {
  type Audit,
  type AuditEvent,
  auditAnswer,
  auditBatch,
  reportVerdicts,
} from '../auditor/run-audit.ts'
import { auditQueryDigest } from '../chain/audit-typed-data.ts'
import { jsonRpc } from '../chain/json-rpc.ts'
import type { PrivateKey } from '../chain/private-key.ts'
import { receiptDomain } from '../chain/receipt-typed-data.ts'
import { addressOfPrivateKey, signDigest } from '../chain/signatures.ts'
import { formatFaultEvidence } from '../client/fault-evidence.ts'
import { soonS, vouchHeader } from '../client/signed-order.ts'
import { readKeyFile, readSecretFile } from '../contributor/secret-file.ts'
import { readAuditFile, writeAuditFile } from './audit-file.ts'
import { type AuditOptions, auditHelp, parseAuditOptions } from './audit-options.ts'
import { loadReferences } from './audit-references.ts'
import { auditTable, unopenedLines } from './audit-report.ts'
import { type Command, CommandFailure, terminal } from './command.ts'

type Decided = Extract<AuditEvent, { readonly kind: 'decided' }>

/** An audit that is set up: from here on only batches and canaries are asked for. */
type Running = {
  readonly options: AuditOptions
  readonly audit: Audit & { readonly gateway: GatewayAudits }
  readonly model: string
  readonly decided: Decided[]
}

async function run(argv: readonly string[]): Promise<number> {
  const options = parseAuditOptions(argv)
  const running = await open(options)
  const { audit, decided } = running
  const log = await orGatewayFault(audit.gateway.log())
  const { ratePpm } = audit.terms
  const before = await readAuditFile(options.stateFile, { ...log, ratePpm })
  const faultsBefore = before.faults.length
  let state = withRate(before, ratePpm)
  state = await auditLog(running, state, log.batches)
  state = await askCanaries(running, state)
  await writeReports(running)
  const reported = options.reports
    ? await reportVerdicts(audit, state)
    : { state, refused: [] as readonly string[] }
  state = reported.state
  await writeAuditFile(options.stateFile, state)
  for (const line of reported.refused) terminal.printError(`not reported: ${line}`)
  print(running, state)
  const hasFailed = decided.some(({ kept }) => !kept.verdict.passed)
  const isFaulty = state.faults.length > faultsBefore || reported.refused.length > 0
  return hasFailed || isFaulty ? 1 : 0
}

async function open(options: AuditOptions): Promise<Running> {
  const signingKey = await orFailure(readKeyFile(options.keyFile))
  const references = await loadReferences(options)
  const rpc = jsonRpc(options.rpcUrl)
  const decided: Decided[] = []
  const anonymous = new GatewayAudits(options.origin, () => '')
  const terms = await orGatewayFault(anonymous.terms())
  const { verifier = terms.domain.verifyingContract } = options
  if (verifier !== terms.domain.verifyingContract) {
    throw new CommandFailure(`the gateway's receipts are for ${terms.domain.verifyingContract}`)
  }
  const gateway = new GatewayAudits(options.origin, () => queryHeader(terms, signingKey))
  const trusted = options.verifier === undefined ? undefined : terms.domain
  return {
    options,
    decided,
    model: options.canaryModel ?? references.firstName,
    audit: {
      gateway,
      terms,
      rpc,
      confirmations: options.confirmations,
      references: references.byModel,
      objectionTo: objectionOnChain({ rpc, gateway: terms.gateway, trusted, nowMs: Date.now }),
      test: options.test,
      signingKey,
      nowMs: Date.now,
      onEvent: (event) => {
        if (event.kind !== 'decided') return tell(event)
        decided.push(event)
        writeEvidence(event, options.evidenceFile)
      },
    },
  }
}

function queryHeader({ gateway, domain }: Audit['terms'], signingKey: PrivateKey): string {
  const auditor = addressOfPrivateKey(signingKey)
  const validUntil = soonS(Date.now())
  const digest = auditQueryDigest(receiptDomain(domain), { gateway, auditor, validUntil })
  return vouchHeader({ auditor, validUntil, signature: signDigest(digest, signingKey) })
}

/** Who lowers the rate behind a batch that was anchored hides samples of it. */
function withRate(state: AuditState, ratePpm: number): AuditState {
  if (ratePpm >= state.ratePpm) return { ...state, ratePpm }
  const detail = `its rate fell from ${state.ratePpm} to ${ratePpm} millionths`
  return withFault({ ...state, ratePpm }, detail)
}

/** From where the last run ended to the newest anchored batch; kept after each, so that whoever stops it loses one at most. */
async function auditLog(
  { options, audit }: Running,
  before: AuditState,
  batches: number,
): Promise<AuditState> {
  const last = Math.min(options.batches.to ?? batches - 1, batches - 1)
  const first = options.batches.from ?? before.nextBatch
  if (first < before.nextBatch) {
    // Evidence that is counted twice is none.
    throw new CommandFailure(`batches before ${before.nextBatch} are done: use another --state`)
  }
  let state = before
  for (let batch = first; batch <= last; batch += 1) {
    const { state: after, waitsFor } = await auditBatch(audit, state, batch)
    if (waitsFor !== undefined) {
      terminal.printError(`batch ${batch} waits: ${waitsFor}`)
      break
    }
    state = after
    await writeAuditFile(options.stateFile, state)
    terminal.printError(`batch ${batch} of ${last}: done`)
  }
  return state
}

async function askCanaries(running: Running, before: AuditState): Promise<AuditState> {
  const { options, audit, model } = running
  if (options.canaries === 0) return before
  const apiKey = await orFailure(readSecretFile(options.apiKeyFile ?? ''))
  const corpus = await readCorpus(options.promptsFile)
  const random = (): number => randomInt(2 ** 32) / 2 ** 32
  let state = before
  for (let asked = 0; asked < options.canaries; asked += 1) {
    if (asked > 0) await wait(canaryGapMs(options.everyS * 1000, random))
    const request = canaryRequest(corpus, random)
    const answer = await askCanary({ origin: options.origin, apiKey, model }, request)
    if (!answer.ok) {
      terminal.printError(`canary ${asked + 1}: ${answer.error}`)
      continue
    }
    const { receipt } = answer.value
    const objection = await audit.objectionTo(receipt)
    if (objection !== undefined) {
      terminal.printError(`canary ${asked + 1}: ${objection}`)
      continue
    }
    const { gatewaySeq } = receipt.receipt
    state = await auditAnswer(audit, state, { gatewaySeq, isCanary: true, ...answer.value })
    await writeAuditFile(options.stateFile, state)
    terminal.printError(`canary ${asked + 1} of ${options.canaries}: receipt ${gatewaySeq}`)
  }
  return state
}

async function readCorpus(path: string | undefined): Promise<readonly OrdinaryRequest[]> {
  if (path === undefined) return []
  const lines = (await readFile(path, 'utf8')).split('\n')
  const corpus = lines.flatMap((line) => readOrdinaryRequest(line) ?? [])
  if (corpus.length > 0) return corpus
  throw new CommandFailure(`${path} holds no request, neither as text nor as JSON`)
}

/** Named by what the verdict commits to. */
async function writeReports({ options, decided }: Running): Promise<void> {
  if (decided.length === 0) return
  await mkdir(options.reportsFolder, { recursive: true, mode: 0o700 })
  for (const { kept, report } of decided) {
    const path = join(options.reportsFolder, `${kept.verdict.reportHash}.json`)
    await writeFile(path, `${JSON.stringify(report, null, 1)}\n`, { mode: 0o600 })
  }
}

/** At once: before the verdict is kept, so that who is stopped in between has it twice rather than never. */
function writeEvidence({ accusations }: Decided, path: string): void {
  if (accusations.length === 0) return
  appendFileSync(path, accusations.map((one) => `${formatFaultEvidence(one)}\n`).join(''))
}

function tell(event: Exclude<AuditEvent, Decided>): void {
  const line = lineOf(event)
  if (line !== undefined) terminal.printError(line)
}

function lineOf(event: Exclude<AuditEvent, Decided>): string | undefined {
  if (event.kind === 'fault') return `the gateway: ${event.detail}`
  const receipt = `receipt ${event.gatewaySeq}`
  if (event.kind === 'unknown_model') return `${receipt}: no --model for ${event.modelId}`
  const { judgement } = event
  if (judgement.kind !== 'judged') return `${receipt}: ${judgement.kind}, ${judgement.why}`
  const { difference } = judgement
  return difference === undefined ? undefined : `${receipt}: differs in ${difference}`
}

function print({ options, decided }: Running, state: AuditState): void {
  const verdicts = decided.map(({ kept }) => kept)
  if (options.json) {
    const { windows, unopened, faults, nextBatch } = state
    terminal.print(JSON.stringify({ verdicts, windows, unopened, faults, nextBatch }))
    return
  }
  const rows = decided.map(({ kept, report }) => ({ verdict: kept.verdict, window: report.window }))
  for (const line of auditTable(state, rows, options.test)) terminal.print(line)
  for (const line of unopenedLines(state)) terminal.print(line)
  for (const fault of state.faults) terminal.print(`the gateway: ${fault}`)
  const accusable = decided.reduce((count, { accusations }) => count + accusations.length, 0)
  if (accusable === 0) return
  terminal.print(`answers for a jury: ${accusable}; vouch slash check ${options.evidenceFile}`)
}

async function orFailure<T>(
  reading: Promise<{ ok: true; value: T } | { ok: false; error: string }>,
): Promise<T> {
  const read = await reading
  if (read.ok) return read.value
  throw new CommandFailure(read.error)
}

async function orGatewayFault<T>(
  asking: Promise<{ ok: true; value: T } | { ok: false; error: { readonly detail: string } }>,
): Promise<T> {
  const answer = await asking
  if (answer.ok) return answer.value
  throw new CommandFailure(`the gateway: ${answer.error.detail}`)
}

export const auditCommand: Command = {
  name: 'audit',
  summary: 'compute sampled answers again, and say who serves the model it names',
  help: auditHelp,
  run,
}
