import { expect, test } from 'vitest'
import { parseAuditOptions } from '../../../src/cli/audit-options.ts'

const needed = ['--gateway', 'http://127.0.0.1:1/v1/', '--rpc', 'http://127.0.0.1:2', '--key', 'k']
const modelId = `0x${'ab'.repeat(32)}`

test('reads what is needed, and has the rest', () => {
  expect(parseAuditOptions([...needed, '--model', 'models/vouch-mini'])).toMatchObject({
    origin: 'http://127.0.0.1:1',
    rpcUrl: 'http://127.0.0.1:2',
    references: [{ folder: 'models/vouch-mini', modelId: undefined }],
    batches: { from: undefined, to: undefined },
    canaries: 0,
    test: { falseAlarmMax: 1e-6, falsePassMax: 0.01 },
    confirmations: 12,
    reports: true,
    evidenceFile: 'vouch-faults.jsonl',
  })
})

test('reads models of other Works, batches and canaries', () => {
  const options = parseAuditOptions([
    ...needed,
    ...['--model', `${modelId}=a=b`, '--model', 'c', '--class', 'int8', '--sampler', 'vouch'],
    ...['--batches', '3-9', '--canaries', '5', '--api-key-file', 'x', '--every', '0'],
    ...['--confirmations', '0', '--no-report'],
  ])
  expect(options).toMatchObject({
    references: [
      { folder: 'a=b', modelId },
      { folder: 'c', modelId: undefined },
    ],
    noiseClass: 'int8',
    knowsSampler: true,
    batches: { from: 3, to: 9 },
    canaries: 5,
    everyS: 0,
    confirmations: 0,
    reports: false,
  })
})

test.each([
  [[], '--gateway is needed'],
  [needed, '--model is needed'],
  [[...needed, '--model', 'm', '--class', 'fp4'], '--class is one of same, float, int8'],
  [[...needed, '--model', 'm', '--sampler', 'other'], '--sampler is vouch or unknown'],
  [[...needed, '--model', 'm', '--batches', '9-3'], '--batches takes FROM-TO'],
  [[...needed, '--model', 'm', '--false-alarm', '2'], '--false-alarm takes a number'],
  [[...needed, '--model', 'm', '--canaries', '2'], '--canaries needs --api-key-file'],
  [[...needed, '--model', 'm', '--verifier', '0x1'], '--verifier takes an address'],
] as const)('%j is unusable', (argv, message) => {
  expect(() => parseAuditOptions(argv)).toThrow(message)
})
