import type { Route } from '../route-call.ts'
import {
  listAciSessions,
  retrieveAciAttestation,
  retrieveAciReceipt,
  retrieveAciSession,
} from './aci.ts'
import { retrieveReport } from './attestation-report.ts'
import { retrieveKeyset } from './keyset.ts'
import { retrieveProxySignature, retrieveSignature } from './signature.ts'

/** What is asked about receipts after the fact, each with GET. */
export const evidenceRoutes: readonly (readonly [path: string, route: Route])[] = [
  ['/v1/signature/:id', retrieveSignature],
  ['/v1/proxy/signature/:id', retrieveProxySignature],
  ['/v1/attestation/report', retrieveReport],
  ['/v1/keyset', retrieveKeyset],
  ['/v1/aci/attestation', retrieveAciAttestation],
  ['/v1/aci/receipts/:id', retrieveAciReceipt],
  ['/v1/aci/sessions', listAciSessions],
  ['/v1/aci/sessions/:id', retrieveAciSession],
]
