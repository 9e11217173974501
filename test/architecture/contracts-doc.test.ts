import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

test("the consumer of docs/contracts.md is the one that the contracts' tests compile and run", () => {
  const [, documented = ''] =
    /```solidity\n(import \{InferenceConsumer\}[^`]*)```/.exec(
      readFileSync('docs/contracts.md', 'utf8'),
    ) ?? []
  expect(documented).not.toBe('')
  expect(readFileSync('contracts/test/examples/Oracle.sol', 'utf8')).toContain(documented)
})
