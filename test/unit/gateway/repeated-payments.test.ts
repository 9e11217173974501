import { expect, test } from 'vitest'
import { Cancellation } from '../../../src/base/cancellation.ts'
import type { UnpaidRequest } from '../../../src/domain/request.ts'
import { address, atomic, bytes32, signature, zeroBytes32 } from '../../../src/domain/units.ts'
import type { VoucherPayment } from '../../../src/domain/x402-payment.ts'
import type { AnswerClient } from '../../../src/gateway/answer-client.ts'
import { RepeatedPayments } from '../../../src/gateway/repeated-payments.ts'

const account = address(`0x${'1'.repeat(40)}`)
const paymentOf = (digits: string): VoucherPayment => ({
  kind: 'voucher',
  network: 'eip155:31337',
  quotedAmount: atomic(1n),
  voucher: {
    config: {
      payer: account,
      payerAuthorizer: account,
      receiver: account,
      receiverAuthorizer: account,
      token: account,
      withdrawDelay: 3_600,
      salt: zeroBytes32,
    },
    channelId: zeroBytes32,
    maxClaimableAmount: atomic(1n),
    signature: signature(`0x${digits}`),
  },
  deposit: undefined,
})
const requestOf = (digit: string) =>
  ({ requestHash: bytes32(`0x${digit.repeat(64)}`) }) as UnpaidRequest

/** A client that notes what reached it. */
function listener() {
  const heard: string[] = []
  const client: AnswerClient = {
    cancellation: new Cancellation(),
    answer: (_, body) => void heard.push(body.toString()),
    startStream: () => void heard.push('stream'),
    write: () => true,
    onDrain: () => {},
    endStream: () => {},
    errorEvent: () => Buffer.alloc(0),
  }
  return { client, heard }
}

test('what was told is remembered for this voucher with this body, once it was told', () => {
  const repeated = new RepeatedPayments()
  const { client, heard } = listener()
  const watched = repeated.watch(paymentOf('aa'), requestOf('1'), client)
  expect(repeated.answerTo(paymentOf('aa'), requestOf('1'))).toBeUndefined()
  watched.answer({ 'payment-response': 'told' }, Buffer.from('body'))
  expect(heard).toEqual(['body'])
  expect(repeated.answerTo(paymentOf('aa'), requestOf('1'))).toBe('told')
  expect(repeated.answerTo(paymentOf('bb'), requestOf('1'))).toBeUndefined()
  expect(repeated.answerTo(paymentOf('aa'), requestOf('2'))).toBeUndefined()
})

test('a stream is remembered when it begins, an answer without a payment never', () => {
  const repeated = new RepeatedPayments()
  const { client, heard } = listener()
  repeated
    .watch(paymentOf('aa'), requestOf('1'), client)
    .startStream({ 'payment-response': 'streamed' })
  repeated.watch(paymentOf('bb'), requestOf('1'), client).answer({}, Buffer.from('free'))
  expect(heard).toEqual(['stream', 'free'])
  expect(repeated.answerTo(paymentOf('aa'), requestOf('1'))).toBe('streamed')
  expect(repeated.answerTo(paymentOf('bb'), requestOf('1'))).toBeUndefined()
})
