/*
 * A guest agent's socket as dstack documents it, with a quote that a real processor made. The real agent runs in TDX guests
 * alone, and so does configfs-tsm, of which only its absence can be tried here.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { dstackSource, tsmSource } from '../../../src/evidence/tee-sources.ts'

const quote = readFileSync('test/fixtures/dcap/tdx-quote.bin')
let folder: string
let server: Server
let socketPath: string
let asked: { readonly path: string | undefined; readonly body: unknown }[] = []
let answer = (): { readonly status: number; readonly body: string } => ({ status: 500, body: '' })

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'vouch-tee-'))
  socketPath = join(folder, 'dstack.sock')
  server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      asked.push({ path: request.url, body: JSON.parse(Buffer.concat(chunks).toString()) })
      const { status, body } = answer()
      response.writeHead(status, { 'content-type': 'application/json' })
      response.end(body)
    })
  })
  await new Promise<void>((resolve) => server.listen(socketPath, resolve))
})

afterAll(async () => {
  await new Promise((resolve) => server.close(resolve))
  rmSync(folder, { recursive: true })
})

test('the agent is asked for a quote over the report data, and for what was booted', async () => {
  asked = []
  const body = { quote: quote.toString('hex'), event_log: '[]', tcb_info: '{"app_compose":""}' }
  answer = () => ({ status: 200, body: JSON.stringify(body) })
  const given = await dstackSource(socketPath).quote(Buffer.alloc(64, 0xab))
  expect(asked).toEqual([
    { path: '/GetQuote', body: { report_data: 'ab'.repeat(64) } },
    { path: '/Info', body: {} },
  ])
  expect(given).toEqual({ quote, eventLog: '[]', info: body })
})

test.each([
  ['an error', { status: 500, body: '{"quote":"00"}' }],
  ['no JSON', { status: 200, body: 'quote' }],
  ['a list', { status: 200, body: '[]' }],
  ['no quote', { status: 200, body: '{"quote":1}' }],
])('%s is no quote', async (_, given) => {
  answer = () => given
  expect(await dstackSource(socketPath).quote(Buffer.alloc(64))).toBeUndefined()
})

test('where there is no agent and no kernel interface there is no quote', async () => {
  expect(await dstackSource(join(folder, 'none.sock')).quote(Buffer.alloc(64))).toBeUndefined()
  expect(await tsmSource(join(folder, 'none')).quote(Buffer.alloc(64))).toBeUndefined()
  // A folder that is no kernel interface gives nothing back.
  expect(await tsmSource(folder).quote(Buffer.alloc(64))).toBeUndefined()
})
