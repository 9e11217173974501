import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createLogs, logDestination, type RequestLine } from '../../../src/base/log.ts'

const line: RequestLine = {
  requestId: 'req_1',
  apiKeyId: undefined,
  modelName: 'm',
  contributorId: undefined,
  receiptId: undefined,
  stream: false,
  outcome: 'refused',
  reason: 'insufficient_balance',
  attempts: 0,
  promptTokens: 0,
  completionTokens: 0,
  costAtomic: '0',
  durationMs: 1,
}

test('each entry is one line of JSON with a time in UTC, and what is unknown is left out', () => {
  const written: string[] = []
  const logs = createLogs({ write: (text) => written.push(text) })
  logs.request(line)
  logs.gateway.info('listening', { origin: 'http://127.0.0.1:1' })
  logs.gateway.error('ledger_write_failed')
  const entries = written.map((text) => JSON.parse(text) as Record<string, unknown>)
  expect(written.every((text) => text.endsWith('\n') && !text.slice(0, -1).includes('\n'))).toBe(
    true,
  )
  expect(entries).toMatchObject([
    { level: 30, msg: 'request', requestId: 'req_1', outcome: 'refused' },
    { level: 30, msg: 'listening', origin: 'http://127.0.0.1:1' },
    { level: 50, msg: 'ledger_write_failed' },
  ])
  for (const { time } of entries) expect(time).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/)
  expect(entries[0]).not.toHaveProperty('apiKeyId')
  // Neither the machine's name nor a process id tells readers apart that must not be.
  for (const entry of entries) expect(entry).not.toHaveProperty('hostname')
})

test('lines that were gathered are in the file once it is flushed', () => {
  const folder = mkdtempSync(join(tmpdir(), 'vouch-log-'))
  const path = join(folder, 'requests.log')
  const descriptor = openSync(path, 'a')
  const destination = logDestination(descriptor)
  const logs = createLogs(destination)
  for (let count = 0; count < 100; count += 1) logs.request(line)
  destination.flushSync()
  expect(readFileSync(path, 'utf8').trimEnd().split('\n')).toHaveLength(100)
  closeSync(descriptor)
  rmSync(folder, { recursive: true })
})
