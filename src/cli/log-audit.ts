/*
 * `vouch log audit`: a whole log from the chain up, with a copy in a folder where asked, from which the next audit goes on.
 */
import { appendFile } from 'node:fs/promises'
import { err } from '../base/result.ts'
import { jsonRpc } from '../chain/json-rpc.ts'
import { auditLog, type LogReport, type MetBatch } from '../client/audit-log.ts'
import type { LogFinding } from '../client/audit-log-findings.ts'
import { formatFaultEvidence } from '../client/fault-evidence.ts'
import { type GatewayLogSource, gatewayLog, type LogSource } from '../client/log-source.ts'
import { entriesHashOf } from '../domain/log-entries.ts'
import { CommandFailure, type Terminal } from './command.ts'
import { existingMirror, type MirrorFolder, mirrorFolder } from './log-mirror-folder.ts'
import { type LogOptions, needed } from './log-options.ts'
import { readReceiptFile } from './read-receipt-file.ts'

export type LogSurroundings = { readonly terminal: Terminal; readonly nowMs: () => number }

/** Resolves with the exit code: 1 where anything was found. */
export async function auditLogCommand(
  options: LogOptions,
  { terminal, nowMs }: LogSurroundings,
): Promise<number> {
  const gateway = gatewayLog(needed('--gateway', options.gateway))
  const copy = options.mirror === undefined ? undefined : mirrorFolder(options.mirror)
  const against = await Promise.all(options.against.map(existingMirror))
  const receipts = await Promise.all(options.receipts.map(readReceiptFile))
  const told = new Set<LogFinding>()
  const kept = copy === undefined ? 0 : await keptBatches(copy)
  const audited = await auditLog({
    rpc: jsonRpc(needed('--rpc', options.rpc)),
    gateway: copy === undefined ? gateway : withKeptEntries(gateway, copy),
    pins: { verifier: options.verifier, operator: options.operator },
    from: options.from ?? 0,
    others: [...(copy === undefined ? [] : [copy]), ...against],
    receipts,
    nowMs,
    met: async (batch) => {
      if (copy !== undefined && batch.findings.length === 0 && batch.document.head.batch >= kept) {
        await copy.keep(batch.document, batch.entries)
      }
      for (const one of batch.findings) told.add(one)
      if (!options.json) tellProgress(batch, terminal)
    },
  })
  if (!audited.ok) throw new CommandFailure(audited.error)
  const report = audited.value
  await writeEvidence(report.findings, options.evidence)
  if (options.json) terminal.print(reportJson(report))
  else for (const line of reportLines(report, options, told)) terminal.print(line)
  return report.findings.length === 0 ? 0 : 1
}

/** Batches that are in the folder without a gap: what was looked at before is not fetched again. */
async function keptBatches(copy: LogSource): Promise<number> {
  let batches = 0
  for (;;) {
    const document = await copy.batch(batches)
    if (!document.ok) throw new CommandFailure(document.error)
    if (document.value === undefined) return batches
    batches += 1
  }
}

/** Heads are asked of the gateway each time, entries that it has shown before are not: their hash is in the head. */
const withKeptEntries = (gateway: GatewayLogSource, copy: MirrorFolder): GatewayLogSource => ({
  ...gateway,
  entries: async (batch) => {
    const [head, kept] = await Promise.all([copy.batch(batch), copy.entries(batch)])
    if (!head.ok || !kept.ok) return head.ok ? kept : head
    if (head.value === undefined || kept.value === undefined) return gateway.entries(batch)
    if (entriesHashOf(kept.value) === head.value.head.entriesHash) return kept
    // Whoever changed the copy, it was not the gateway.
    return err(`${copy.name} was changed: its entries are not those of the head beside them`)
  },
})

const toldEvery = 50

function tellProgress({ document, batches, findings }: MetBatch, terminal: Terminal): void {
  const { batch } = document.head
  for (const { kind, detail } of findings) terminal.print(`batch ${batch}: ${kind}: ${detail}`)
  if ((batch + 1) % toldEvery === 0) terminal.printError(`${batch + 1} of ${batches} batches`)
}

/** One line of JSON for each. Two heads that contradict each other convince people, and no contract yet: they lie apart. */
async function writeEvidence(findings: readonly LogFinding[], path: string): Promise<void> {
  const append = async (to: string, lines: readonly string[]): Promise<void> => {
    if (lines.length > 0) await appendFile(to, lines.map((line) => `${line}\n`).join(''))
  }
  await append(
    path,
    findings.flatMap(({ evidence }) =>
      evidence === undefined ? [] : formatFaultEvidence(evidence),
    ),
  )
  await append(
    forksBeside(path),
    findings.flatMap(({ heads }) =>
      heads === undefined ? [] : JSON.stringify({ object: 'vouch.log_fork', heads }),
    ),
  )
}

const forksBeside = (path: string): string => `${path}.forks`

/** `told`: the findings that were printed when their batch was looked at. */
function reportLines(
  report: LogReport,
  options: LogOptions,
  told: ReadonlySet<LogFinding>,
): readonly string[] {
  const { log, batches, receipts, anchored, findings, hasEvents } = report
  const untold = findings.filter((one) => !told.has(one))
  const slashable = findings.filter(({ evidence }) => evidence !== undefined).length
  const forked = findings.filter(({ heads }) => heads !== undefined).length
  const from = options.from ?? 0
  return [
    ...untold.map(({ kind, detail }) => `${kind}: ${detail}`),
    `${log.gateway} has anchored ${anchored} batches from ${log.sender} with ${log.receiptAnchor}`,
    ...(log.sender === log.gateway
      ? []
      : ['note: another account than the operator anchors; compare heads with others (--against)']),
    ...(hasEvents
      ? []
      : ['note: the node tells no old events; the newest head alone was compared']),
    ...(from === 0 ? [] : [`note: batches before ${from} were not looked at`]),
    `${batches} batches with ${receipts} receipts, ${options.receipts.length} of yours: ` +
      (findings.length === 0
        ? 'all holds'
        : `${findings.length} ${findings.length === 1 ? 'finding' : 'findings'}`),
    ...(slashable === 0
      ? []
      : [`${slashable} of them can be punished: vouch slash check ${options.evidence}`]),
    ...(forked === 0
      ? []
      : [`the heads that contradict each other are in ${forksBeside(options.evidence)}`]),
  ]
}

const reportJson = ({ log, ...report }: LogReport): string =>
  JSON.stringify(
    { object: 'vouch.log_audit', gateway: log.gateway, ...report },
    (_, value: unknown) => (typeof value === 'bigint' ? value.toString() : value),
  )
