/* `packed` as the generated ABI of the verifier has it, whatever the length of its signatures. */
import { AbiCoder, type FunctionFragment, Interface } from 'ethers'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { packReceipt } from '../../../src/attestation/packed-receipt.ts'
import { receiptVerifierAbi } from '../../../src/chain/generated/receipt-verifier.ts'
import { signature } from '../../../src/domain/units.ts'
import { documentOf, signReceipt } from '../../support/signed-receipt.ts'

const verifier = new Interface(receiptVerifierAbi)
const { inputs } = verifier.getFunction('verifyContent') as FunctionFragment

test('a receipt is packed as a contract decodes it', () => {
  const signed = signReceipt()
  const document = documentOf(signed)
  let packed = 0
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.uint8Array({ maxLength: 200 }), (a, b) => {
      const contributorSignature = signature(`0x${Buffer.from(a).toString('hex')}`)
      const gatewaySignature = signature(`0x${Buffer.from(b).toString('hex')}`)
      const written = packReceipt({ ...document, contributorSignature, gatewaySignature })
      const expected = AbiCoder.defaultAbiCoder().encode(inputs.slice(0, 3), [
        signed.receipt,
        contributorSignature,
        gatewaySignature,
      ])
      expect(written).toBe(expected)
      packed += 1
    }),
  )
  expect(packed).toBeGreaterThan(0)
})
