import { repeatedPaymentsRemembered } from '../base/limits.ts'
import type { UnpaidRequest } from '../domain/request.ts'
import type { VoucherPayment } from '../domain/x402-payment.ts'
import type { AnswerClient, AnswerHeaders } from './answer-client.ts'

const responseHeader = 'payment-response'

/**
 * Requests that were answered, by their voucher and their exact body, where a voucher pays for one request: a client that
 * lost an answer and sends the same bytes again is told what it was charged, not charged again. Only a courtesy: a process
 * that forgets refuses the voucher, because it pays for nothing more.
 */
export class RepeatedPayments {
  readonly #responses = new Map<string, string>()

  /** The PAYMENT-RESPONSE that this very request was answered with. */
  answerTo(payment: VoucherPayment, request: UnpaidRequest): string | undefined {
    return this.#responses.get(nameOf(payment, request))
  }

  /** The same client; what it is told of the payment is remembered once it is told. */
  watch(payment: VoucherPayment, request: UnpaidRequest, client: AnswerClient): AnswerClient {
    const note = (headers: AnswerHeaders): void => {
      const response = headers[responseHeader]
      if (response !== undefined) this.#note(nameOf(payment, request), response)
    }
    return {
      ...client,
      answer: (headers, body) => {
        note(headers)
        client.answer(headers, body)
      },
      startStream: (headers) => {
        note(headers)
        client.startStream(headers)
      },
    }
  }

  #note(name: string, response: string): void {
    this.#responses.set(name, response)
    const [oldest] = this.#responses.keys()
    if (this.#responses.size > repeatedPaymentsRemembered && oldest !== undefined) {
      this.#responses.delete(oldest)
    }
  }
}

const nameOf = ({ voucher }: VoucherPayment, request: UnpaidRequest): string =>
  voucher.signature + request.requestHash.slice(2)
