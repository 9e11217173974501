import { GatewayAdmin } from '../client/gateway-admin.ts'
import type { RemoteJob } from '../client/remote-jobs.ts'
import { adminAccess } from './admin-access.ts'
import type { PayerSurroundings } from './channel-surroundings.ts'
import { CommandFailure } from './command.ts'
import { orGatewayFailure } from './gateway-or-fail.ts'
import { retryCallback } from './jobs-callback.ts'
import { type JobsOptions, readHash } from './jobs-options.ts'

function adminOf(options: JobsOptions): GatewayAdmin {
  const { origin, token } = adminAccess(options)
  return new GatewayAdmin(origin, token)
}

export async function listJobs(
  options: JobsOptions,
  { terminal }: PayerSurroundings,
): Promise<number> {
  const { states, limit, positionals } = options
  if (positionals[1] !== undefined) throw new CommandFailure(`unexpected '${positionals[1]}'`, 2)
  const jobs = orGatewayFailure(await adminOf(options).jobs({ states, limit }))
  if (options.json) terminal.print(JSON.stringify({ data: jobs }, writeAmount, 2))
  else for (const line of tableOf(jobs)) terminal.print(line)
  return 0
}

export async function showJob(
  options: JobsOptions,
  { terminal }: PayerSurroundings,
): Promise<number> {
  const job = orGatewayFailure(await adminOf(options).job(jobIdOf(options)))
  tell(job, options, terminal.print)
  return 0
}

/** Whatever there is to do again: of a job that has its answer on the chain, the callback; of another, all that is left of it. */
export async function retryJob(
  options: JobsOptions,
  surroundings: PayerSurroundings,
): Promise<number> {
  const jobId = jobIdOf(options)
  const admin = adminOf(options)
  const { state, coordinator } = orGatewayFailure(await admin.job(jobId))
  if (state === 'delivered') {
    await retryCallback({ jobId, coordinator }, options, surroundings)
    return 0
  }
  tell(orGatewayFailure(await admin.retryJob(jobId)), options, surroundings.terminal.print)
  return 0
}

const jobIdOf = ({ positionals: [, jobId, extra] }: JobsOptions) => {
  if (extra !== undefined) throw new CommandFailure(`unexpected '${extra}'`, 2)
  return readHash('JOB', jobId)
}

function tell(job: RemoteJob, options: JobsOptions, print: (line: string) => void): void {
  if (options.json) print(JSON.stringify(job, writeAmount, 2))
  else for (const line of linesOf(job)) print(line)
}

function tableOf(jobs: readonly RemoteJob[]): readonly string[] {
  if (jobs.length === 0) return ['there is no such job']
  return jobs.map((job) =>
    [
      job.id,
      job.state.padEnd(10),
      timeOf(job.found_at),
      `chain ${job.chain_id}`,
      job.model ?? job.model_id,
      ...(job.reason === null ? [] : [job.reason]),
    ].join('  '),
  )
}

function linesOf(job: RemoteJob): readonly string[] {
  const rows: readonly (readonly [string, string | null])[] = [
    ['job', job.id],
    ['state', job.state],
    ['because', reasonOf(job)],
    ['chain', `${job.chain_id}, ${job.source}`],
    ['asked by', `${job.consumer} in block ${job.found_in_block}, ${timeOf(job.found_at)}`],
    ['model', job.model === null ? job.model_id : `${job.model} (${job.model_id})`],
    ['input', `${job.input_hash}${job.is_private ? ', private' : ''}`],
    ['wants', `tiers ${job.tiers}, ${job.agreement} answer(s), ${job.callback_gas} callback gas`],
    ['pays', `${job.max_fee} an answer, ${job.delivery_fee} for the delivery (atomic units)`],
    ['until', timeOf(job.deadline)],
    ['tried', job.failures === 0 ? null : `${job.failures} time(s) in vain`],
    ...job.answers.flatMap(({ contributor, content_hash, receipt_id }) => [
      ['answer', `${content_hash} of ${contributor ?? 'nobody known'}`] as const,
      ['receipt', receipt_id] as const,
    ]),
    ['delivered', job.transaction],
    ['ended', job.ended_at === null ? null : timeOf(job.ended_at)],
  ]
  return rows.flatMap(([name, text]) => (text === null ? [] : [`${name.padEnd(10)} ${text}`]))
}

function reasonOf({ reason, explained, detail }: RemoteJob): string | null {
  const told = [explained ?? reason, detail].filter((one) => one !== null)
  return told.length === 0 ? null : told.join(': ')
}

const timeOf = (seconds: number): string =>
  new Date(seconds * 1_000).toISOString().slice(0, 19).replace('T', ' ')

const writeAmount = (_name: string, value: unknown): unknown =>
  typeof value === 'bigint' ? String(value) : value
