/*
 * `node bench/soak.ts`: a hundred thousand requests and ten thousand streams that are left, then hundreds of streams at
 * once. Looks for what grows. README.md has the figures.
 */
import { parseArgs } from 'node:util'
import { openSockets, startSoakGateway } from './soak-gateway.ts'
import { soakStreams } from './soak-streams.ts'
import { bytesPerStream, leaksIn, leaksOfStreams, liveBytes, soakBounds } from './soak-verdict.ts'
import { type Sample, type SoakSize, soak, WrongAnswer } from './soak-work.ts'
import { startUpstream } from './upstream.ts'

const help = `Usage: node bench/soak.ts [options]

Sends requests, streams and streams that are left to a gateway in a process of its own, and looks
at what that process holds after each tenth, once nothing is under way and garbage is collected.

Options:
  --requests N   requests that are answered, a tenth of them streams (default: 100000)
  --left N       streams whose client leaves, a fifth before the first byte (default: 10000)
  --streams N    streams at once, each of 40 chunks, half-way stopped (default: 500)
  --help         this text

Exit codes: 0 nothing leaks, 1 something does or an answer was wrong, 2 unusable arguments.
Leaks: a hold, a socket, an object of the HTTP layer, a listener; live memory that grows by more
than ${soakBounds.growthBytesMax / 1024} KiB and ${soakBounds.growthPerRequestMax} bytes a request from the first tenth to the last; more than
${soakBounds.bytesPerStreamMax / 1024} KiB for an open stream.
`

async function main(argv: readonly string[]): Promise<number> {
  const size = sizeIn(argv)
  if (typeof size === 'string') {
    process.stderr.write(size === help ? '' : `soak: ${size}\n`)
    process.stdout.write(size === help ? help : '')
    return size === help ? 0 : 2
  }
  try {
    const leaks = [...(await soakAll(size)), ...(await soakAtOnce(size.streams))]
    for (const leak of leaks) process.stdout.write(`leak: ${leak}\n`)
    return leaks.length === 0 ? 0 : 1
  } catch (error) {
    if (!(error instanceof WrongAnswer)) throw error
    process.stderr.write(`soak: ${error.message}\n`)
    return 1
  }
}

async function soakAll(size: SoakSize): Promise<readonly string[]> {
  const upstream = await startUpstream()
  const gateway = await startSoakGateway(upstream.host)
  try {
    const samples = await soak(gateway, size, (line) => process.stderr.write(`soak: ${line}\n`))
    process.stdout.write(`${table(samples)}\n`)
    return leaksIn(samples, size)
  } finally {
    await gateway.stop()
    await upstream.close()
  }
}

async function soakAtOnce(streams: number): Promise<readonly string[]> {
  const run = await soakStreams(streams, { warm: true })
  const residentEach = (run.open.residentBytes - run.before.residentBytes) / streams
  const whole = streams - new Set(run.faults.map((fault) => fault.split(':')[0])).size
  process.stdout.write(
    `\n${streams} streams at once: ${whole} whole, in order, with the hash of their receipt; ` +
      `open, each takes ${kibibytes(bytesPerStream(run))} KiB live, ${kibibytes(residentEach)} resident\n`,
  )
  return leaksOfStreams(run)
}

const mebibytes = (bytes: number): string => (bytes / 1024 ** 2).toFixed(1)
const kibibytes = (bytes: number): string => (bytes / 1024).toFixed(1)

function table(samples: readonly Sample[]): string {
  const head = [
    'after',
    'live MiB',
    'heap',
    'buffers',
    'resident',
    'holds',
    'sockets',
    'receipts',
    'loop p99 / max, ms',
  ]
  const rows = samples.map(({ after, holdings, books }) => [
    after,
    mebibytes(liveBytes(holdings)),
    mebibytes(holdings.heapBytes),
    mebibytes(holdings.bufferBytes),
    mebibytes(holdings.residentBytes),
    books.holds,
    openSockets(holdings),
    books.receipts,
    `${holdings.loopDelayP99Ms.toFixed(0)} / ${holdings.loopDelayMaxMs.toFixed(0)}`,
  ])
  return [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n')
}

function sizeIn(argv: readonly string[]): (SoakSize & { readonly streams: number }) | string {
  try {
    const { values } = parseArgs({
      args: [...argv],
      options: {
        requests: { type: 'string', default: '100000' },
        left: { type: 'string', default: '10000' },
        streams: { type: 'string', default: '500' },
        help: { type: 'boolean', default: false, short: 'h' },
      },
    })
    if (values.help) return help
    const [requests, abortedStreams, streams] = [values.requests, values.left, values.streams].map(
      Number,
    )
    if (!isTens(requests) || !isTens(abortedStreams) || !isTens(streams)) {
      return 'each number is a whole one, a multiple of 100'
    }
    return { requests, abortedStreams, streams, parts: 10, connections: 128 }
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

const isTens = (value: number | undefined): value is number =>
  value !== undefined && Number.isInteger(value) && value > 0 && value % 100 === 0

process.exitCode = await main(process.argv.slice(2))
