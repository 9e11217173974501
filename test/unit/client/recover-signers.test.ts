import { TypedDataEncoder, verifyTypedData } from 'ethers'
import { expect, test } from 'vitest'
import { addressOfPrivateKey } from '../../../src/chain/signatures.ts'
import { recoverSigners } from '../../../src/client/recover-signers.ts'
import { contributorKey, gatewayKey, place, signReceipt } from '../../support/signed-receipt.ts'
import { solidityTypes } from '../../support/solidity-types.ts'

const domain = { name: 'Vouch Receipts', version: '1', ...place }
const signed = signReceipt()
const signers = recoverSigners(signed)

test('the digests are those of EIP-712 as another library has it', () => {
  const { receipt } = signed
  expect(signers.receiptDigest).toBe(TypedDataEncoder.hash(domain, solidityTypes.Receipt, receipt))
  expect(signers.workDigest).toBe(TypedDataEncoder.hash(domain, solidityTypes.Work, receipt.work))
})

test('the signers are the keys that signed, as another library recovers them', () => {
  const gateway = addressOfPrivateKey(gatewayKey)
  const contributor = addressOfPrivateKey(contributorKey)
  expect(signers.gateway).toEqual({ kind: 'key', address: gateway })
  expect(signers.contributor).toEqual({ kind: 'key', address: contributor })
  const { receipt, gatewaySignature, contributorSignature } = signed
  const recovered = [
    verifyTypedData(domain, solidityTypes.Receipt, receipt, gatewaySignature),
    verifyTypedData(domain, solidityTypes.Work, receipt.work, contributorSignature),
  ]
  expect(recovered.map((account) => account.toLowerCase())).toEqual([gateway, contributor])
})
