/*
 * Where a process that runs in a TDX guest gets quotes from. Neither exists on an ordinary machine.
 *
 *   dstack        the guest agent's socket: POST /GetQuote {report_data} and POST /Info (docs of dstack, "curl API")
 *   configfs-tsm  Linux 6.7 and later: a folder under /sys/kernel/config/tsm/report takes `inblob` and gives `outblob`
 *                 (Documentation/ABI/testing/configfs-tsm)
 */
import { randomBytes } from 'node:crypto'
import { mkdir, readFile, rmdir, writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import { join } from 'node:path'
import type { TeeQuote, TeeSource } from './report-tee.ts'

const dstackSocket = '/var/run/dstack.sock'
const tsmFolder = '/sys/kernel/config/tsm/report'

const answerTimeoutMs = 10_000
/** A quote has 5 KB, an event log some hundred. */
const answerBytesMax = 4 * 1024 * 1024

/** Undefined answers where the agent does not: its report then has no quote, and says so. */
export const dstackSource = (socketPath: string = dstackSocket): TeeSource => ({
  teeType: 'tdx',
  tlsSpkiSha256: undefined,
  quote: async (reportData) => {
    const asked = { report_data: Buffer.from(reportData).toString('hex') }
    const answer = await askAgent(socketPath, '/GetQuote', asked)
    if (typeof answer?.['quote'] !== 'string') return undefined
    const info = await askAgent(socketPath, '/Info', {})
    return {
      quote: bytesOf(answer['quote']),
      eventLog: typeof answer['event_log'] === 'string' ? answer['event_log'] : undefined,
      info,
    }
  },
})

export const tsmSource = (folder: string = tsmFolder): TeeSource => ({
  teeType: 'tdx',
  tlsSpkiSha256: undefined,
  quote: async (reportData) => {
    // Each request is a folder of its own: two at once would read each other's answer.
    const entry = join(folder, `vouch-${randomBytes(8).toString('hex')}`)
    try {
      await mkdir(entry)
    } catch {
      return undefined
    }
    try {
      await writeFile(join(entry, 'inblob'), reportData)
      const quote: TeeQuote = { quote: await readFile(join(entry, 'outblob')) }
      return quote
    } catch {
      return undefined
    } finally {
      await rmdir(entry).catch(() => {})
    }
  },
})

const bytesOf = (text: string): Buffer => Buffer.from(text.replace(/^0x/, ''), 'hex')

/** Undefined for whatever is no JSON object with status 200. Never rejects. */
function askAgent(
  socketPath: string,
  path: string,
  body: object,
): Promise<Readonly<Record<string, unknown>> | undefined> {
  return new Promise((resolve) => {
    const headers = { 'content-type': 'application/json' }
    const signal = AbortSignal.timeout(answerTimeoutMs)
    const asked = request({ socketPath, path, method: 'POST', headers, signal }, (response) => {
      const chunks: Buffer[] = []
      let bytes = 0
      response.on('error', () => resolve(undefined))
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length
        if (bytes > answerBytesMax) response.destroy(new Error('the answer is too long'))
        else chunks.push(chunk)
      })
      response.on('end', () => {
        resolve(response.statusCode === 200 ? parsed(Buffer.concat(chunks)) : undefined)
      })
    })
    asked.on('error', () => resolve(undefined))
    asked.end(JSON.stringify(body))
  })
}

function parsed(bytes: Buffer): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(bytes.toString())
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
    return isObject ? (value as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}
