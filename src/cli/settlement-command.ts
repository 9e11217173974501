import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { type SettlementStatus, settlementStatus } from '../settlement/settlement-status.ts'
import { readLedgerSnapshot } from '../store/ledger-snapshot-sqlite.ts'
import { StoreFailure } from '../store/ledger-store.ts'
import { openRedisLedger } from '../store/ledger-store-redis.ts'
import { openRedisOutbox } from '../store/outbox-store-redis.ts'
import { openSqliteOutboxReader } from '../store/outbox-store-sqlite.ts'
import { type Command, CommandFailure, terminal } from './command.ts'
import { outboxFile } from './open-settlement.ts'
import { readConfig } from './read-config.ts'

const help = `Usage: vouch settlement status [--data FOLDER | --config vouch.yaml] [--json]

What was charged and earned in dollars, and on each chain in each asset. Where the money of a
gateway is between a charge and its wallet: what is not claimed, what is claimed and not paid
out, which claims the contract refuses and why, which transactions are on their way, and which
payers withdraw, until when. Reads what the gateway made durable last; it may be running.

Options:
  --data FOLDER   the gateway's data folder (default: .vouch/dev)
  --config FILE   the gateway's configuration, which says where its books are: needed where
                  replicas share them in Redis
  --json          one JSON object instead of text
  --help          this text

Amounts are atomic units of the channel's asset, those in dollars are rounded down.

Exit codes: 0 shown, 1 the folder is not there or cannot be read, 2 unusable arguments.
`

async function run(argv: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      data: { type: 'string' },
      config: { type: 'string' },
      json: { type: 'boolean', default: false },
    },
  })
  const [action, ...rest] = positionals
  if (rest.length > 0) throw new CommandFailure(`unexpected '${rest[0]}'`, 2)
  if (action !== 'status') {
    throw new CommandFailure("say what to do: status ('--help' explains)", 2)
  }
  const status = await readStatus(values)
  const lines = values.json ? [JSON.stringify(status)] : describeStatus(status, Date.now())
  for (const line of lines) terminal.print(line)
  return 0
}

async function readStatus(values: {
  readonly data?: string | undefined
  readonly config?: string | undefined
}): Promise<SettlementStatus> {
  if (values.data !== undefined && values.config !== undefined) {
    throw new CommandFailure('--config says where the data folder is: leave --data out', 2)
  }
  const config = values.config === undefined ? undefined : readConfig(values.config)
  try {
    return config?.store === undefined
      ? await statusInFolder(config?.dataFolder ?? values.data ?? '.vouch/dev')
      : await statusInRedis({ url: config.store.redisUrl, keyPrefix: config.store.keyPrefix })
  } catch (error) {
    if (error instanceof StoreFailure) throw new CommandFailure(error.message)
    throw error
  }
}

async function statusInFolder(dataFolder: string): Promise<SettlementStatus> {
  const path = outboxFile(dataFolder)
  if (!existsSync(path)) {
    throw new CommandFailure(`${dataFolder} is no data folder of a gateway: it has no outbox.db`)
  }
  const books = readLedgerSnapshot(join(dataFolder, 'ledger.db'))
  const outbox = openSqliteOutboxReader(path)
  try {
    return await settlementStatus(books, outbox)
  } finally {
    await outbox.close()
  }
}

async function statusInRedis(place: {
  readonly url: string
  readonly keyPrefix: string
}): Promise<SettlementStatus> {
  const ledger = await openRedisLedger(place)
  try {
    const outbox = await openRedisOutbox(place)
    try {
      const [channels, payouts, usdBook] = await Promise.all([
        ledger.channels(),
        ledger.payouts(),
        ledger.usdBook(),
      ])
      return await settlementStatus({ channels, payouts, usdBook }, outbox)
    } finally {
      await outbox.close()
    }
  } finally {
    await ledger.close()
  }
}

/** A section for each place where money can be; an empty one is one line, so that what is missing is seen, too. */
function describeStatus(status: SettlementStatus, nowMs: number): readonly string[] {
  const section = (title: string, rows: readonly string[]): readonly string[] =>
    rows.length === 0 ? [`${title}: none`] : [`${title}:`, ...rows.map((row) => `  ${row}`)]
  const age = (sinceMs: number): string => describeSeconds((nowMs - sinceMs) / 1000)
  const { charged, earned, margin } = status.dollars
  return [
    `in dollars: charged ${usd(charged)}, earned by contributors ${usd(earned)}, margin ${usd(margin)}`,
    ...section(
      'by chain and asset',
      status.chains.map(
        (one) =>
          `${one.chainId}  ${one.token}  charged ${one.charged}, collected ${one.collected}, owed to contributors ${one.owed}, in escrow ${one.escrow}`,
      ),
    ),
    ...section(
      'unclaimed',
      status.unclaimed.map(({ channelId, amount }) => `${channelId}  ${amount}`),
    ),
    ...section(
      'claimed, not paid out',
      status.unsettled.map(
        ({ receiver, token, amount, sinceMs }) =>
          `${amount} of ${token} to ${receiver}, for ${age(sinceMs)}`,
      ),
    ),
    ...section(
      'refused claims',
      status.quarantined.map(
        (row) =>
          `${row.channelId}  ${row.reason}  ${row.failures} time(s), again in ${describeSeconds((row.retryAtMs - nowMs) / 1000)}`,
      ),
    ),
    ...section(
      'withdrawals in progress',
      status.withdrawals.map(
        ({ channelId, finalAtS, unclaimed, held }) =>
          `${channelId}  final ${new Date(finalAtS * 1000).toISOString()}  unclaimed ${unclaimed}, held ${held}`,
      ),
    ),
    ...section(
      'frozen channels',
      status.frozen.map(({ channelId, reason }) => `${channelId}  ${reason}`),
    ),
    ...section(
      'transactions on their way',
      status.pending.map(
        (pending) => `${describePending(pending)}  age ${age(pending.createdAtMs)}`,
      ),
    ),
    ...section(
      'transactions without effect',
      status.failed.map(({ kind, atMs, reason }) => `${kind}  ${age(atMs)} ago: ${reason}`),
    ),
  ]
}

const usd = (microUsd: string): string => {
  const digits = microUsd.padStart(7, '0')
  return `${digits.slice(0, -6)}.${digits.slice(-6)}`
}

const describePending = (pending: SettlementStatus['pending'][number]): string =>
  [
    pending.kind,
    pending.state,
    ...(pending.nonce === undefined ? [] : [`nonce ${pending.nonce}`]),
    ...(pending.maxFeeWeiPerGas === undefined
      ? []
      : [`fee ${gweiOf(pending.maxFeeWeiPerGas)} gwei`, `signed ${pending.attempts} time(s)`]),
    ...(pending.blockNumber === undefined ? [] : [`block ${pending.blockNumber}`]),
    ...(pending.transactionHash === undefined ? [] : [pending.transactionHash]),
  ].join('  ')

const gweiOf = (wei: string): string => {
  const milli = (BigInt(wei) + 500_000n) / 1_000_000n
  return `${milli / 1000n}.${String(milli % 1000n).padStart(3, '0')}`
}

const describeSeconds = (seconds: number): string => {
  const whole = Math.max(0, Math.round(seconds))
  if (whole < 120) return `${whole} s`
  if (whole < 7200) return `${Math.round(whole / 60)} min`
  return `${Math.round(whole / 3600)} h`
}

export const settlementCommand: Command = {
  name: 'settlement',
  summary: 'show what is claimed, what is on its way and what is stuck',
  help,
  run,
}
