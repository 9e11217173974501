/*
 * What orders and questions to a gateway have in common: each is good for a short while, and those without a body travel in
 * a header.
 */
import { type Signature, type UnixSeconds, unixSeconds } from '../domain/units.ts'

/** Enough for one request and clocks that differ by a minute. */
const orderSeconds = 120

/** Until when an order of now is good. */
export const soonS = (nowMs: number): UnixSeconds =>
  unixSeconds(Math.floor(nowMs / 1000) + orderSeconds)

/** `Authorization: Vouch <base64url(JSON)>` */
export const vouchHeader = (
  signed: Readonly<Record<string, unknown>> & { readonly signature: Signature },
): string => `Vouch ${Buffer.from(JSON.stringify(signed)).toString('base64url')}`
