import { expect, test } from 'vitest'
import { runLog } from '../../../src/cli/log-command.ts'
import { needed, parseLogOptions } from '../../../src/cli/log-options.ts'

test('a gateway is named with or without /v1, receipts with or without their option', () => {
  for (const url of [
    'http://127.0.0.1:8787',
    'http://127.0.0.1:8787/',
    'http://127.0.0.1:8787/v1',
  ]) {
    expect(parseLogOptions(['audit', '--gateway', url]).gateway).toBe('http://127.0.0.1:8787')
  }
  const options = parseLogOptions(['audit', 'a.json', '--receipts', 'b.json', '--against', 'c'])
  expect(options).toMatchObject({
    receipts: ['b.json', 'a.json'],
    against: ['c'],
    operands: [],
    evidence: 'vouch-faults.jsonl',
  })
  expect(parseLogOptions(['mirror', 'folder'])).toMatchObject({
    operands: ['folder'],
    receipts: [],
  })
})

test.each([
  [['audit', '--gateway', 'ftp://x'], '--gateway takes an http(s) URL'],
  [['audit', '--rpc', 'node'], '--rpc takes an http(s) URL'],
  [['audit', '--verifier', '0x12'], '--verifier takes an address'],
  [['audit', '--from', '-1'], "'--from' argument is ambiguous"],
  [['audit', '--from', 'one'], '--from takes the number of a batch'],
])('%j is unusable', (argv, message) => {
  expect(() => parseLogOptions(argv)).toThrow(message)
})

test('what an action cannot do without is said', () => {
  expect(() => needed('--gateway', undefined)).toThrow('--gateway is needed')
  const terminal = { print: () => undefined, printError: () => undefined }
  expect(() => runLog(['shred'], { terminal, nowMs: Date.now })).toThrow('audit, head, proof')
})
