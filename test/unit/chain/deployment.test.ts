import { keccak256 as ethersKeccak256, getCreate2Address, Transaction } from 'ethers'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Hex } from '../../../src/base/hex.ts'
import {
  create2Address,
  creationCodeOf,
  creationTransaction,
  standardDeployer,
  standardDeployerCode,
  standardDeployerSigner,
} from '../../../src/chain/deployment.ts'
import {
  receiptAnchorAbi,
  receiptAnchorBytecode,
} from '../../../src/chain/generated/receipt-anchor.ts'
import { keccak256Hex } from '../../../src/chain/keccak.ts'
import { bytes32, zeroAddress, zeroBytes32 } from '../../../src/domain/units.ts'

test('addresses are those that ethers computes', () => {
  let compared = 0
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 32, maxLength: 32 }),
      fc.uint8Array({ maxLength: 9000 }),
      (saltBytes, codeBytes) => {
        const salt = bytes32(`0x${Buffer.from(saltBytes).toString('hex')}`)
        const creationCode: Hex = `0x${Buffer.from(codeBytes).toString('hex')}`
        const expected = getCreate2Address(standardDeployer, salt, ethersKeccak256(creationCode))
        compared += 1
        expect(create2Address({ creationCode, salt })).toBe(expected.toLowerCase())
      },
    ),
    { numRuns: 50 },
  )
  expect(compared).toBeGreaterThan(0)
})

test('creation code is bytecode and arguments, and is sent behind its salt', async () => {
  const creationCode = await creationCodeOf({
    name: 'ReceiptAnchor',
    abi: receiptAnchorAbi,
    bytecode: receiptAnchorBytecode,
    args: [zeroAddress],
  })
  expect(creationCode).toBe(`${receiptAnchorBytecode}${'0'.repeat(64)}`)
  const transaction = creationTransaction({ creationCode, salt: zeroBytes32 })
  expect(transaction.to).toBe(standardDeployer)
  expect(transaction.data).toBe(`${zeroBytes32}${creationCode.slice(2)}`)
})

describe('the standard deployer', () => {
  /** Chosen, not computed: nobody knows a key for it. */
  const chosen = `0x${'2'.repeat(64)}`

  test('is what its keyless transaction creates, from the signer that we name', () => {
    // The 14 bytes before it copy the rest into the contract.
    const initCode = `0x604580600e600039806000f350fe${standardDeployerCode.slice(2)}`
    const transaction = Transaction.from({
      type: 0,
      nonce: 0,
      gasPrice: 100_000_000_000n,
      gasLimit: 100_000n,
      data: initCode,
      signature: { r: chosen, s: chosen, v: 27 },
    })
    expect(transaction.from?.toLowerCase()).toBe(standardDeployerSigner)
    // RLP of [signer, nonce 0].
    const created = keccak256Hex(`d694${standardDeployerSigner.slice(2)}80`)
    expect(`0x${created.slice(26)}`).toBe(standardDeployer)
  })
})
