/*
 * `GET /v1/aci/attestation` (`aci/1`, section 4). Without a TEE the shapes and the keys are there, and nothing roots them in
 * hardware: `tee_type` says `none`, and no level of conformance is claimed.
 */
import type { AciKeyset } from './aci-keyset.ts'
import { aciReportData, aciVersion, identityKey, keysetEndorsementText } from './aci-keyset.ts'
import type { KeyRing } from './key-ring.ts'
import type { TeeQuote, TeeSource } from './report-tee.ts'

export async function aciAttestation(
  keys: KeyRing,
  { keyset, digest, workloadId }: AciKeyset,
  asked: { readonly nonce: string | undefined; readonly tee: TeeSource | undefined },
): Promise<Readonly<Record<string, unknown>>> {
  const reportData = aciReportData(digest, asked.nonce)
  const { teeType, evidence } = await evidenceOf(asked.tee, reportData)
  return {
    api_version: aciVersion,
    workload_id: workloadId,
    workload_keyset_digest: digest,
    attestation: {
      tee_type: teeType,
      workload_keyset: keyset,
      report_data: reportData,
      source_provenance: {
        repo_url: null,
        repo_commit: null,
        image_digest: null,
        image_provenance: null,
      },
      workload_identity: { public_key: identityKey(keys), subject: keyset.subject },
      keyset_endorsement: {
        algo: 'ed25519',
        value: keys.identity.sign(keysetEndorsementText(digest)),
      },
      evidence,
    },
    service_capabilities: { supported_e2ee_versions: [], serving: 'aggregator' },
  }
}

type Evidence = Readonly<Record<string, unknown>>

async function evidenceOf(tee: TeeSource | undefined, reportData: string) {
  const slot = reportData.padEnd(128, '0')
  const quoted = await tee?.quote(Buffer.from(slot, 'hex'))
  if (tee === undefined || quoted === undefined) return { teeType: 'none', evidence: noTee }
  const { quote, eventLog, info } = quoted
  const evidence = {
    quote: Buffer.from(quote).toString('hex'),
    quote_report_data: slot,
    ...(eventLog !== undefined && { event_log: eventLog }),
    ...bootedOf(info),
  }
  return { teeType: tee.teeType, evidence }
}

/** Of dstack's own account of itself what section 4.2 names: what was booted, and on which machine. */
function bootedOf({ tcb_info, vm_config }: NonNullable<TeeQuote['info']> = {}): Evidence {
  const { app_compose } = membersOf(tcb_info)
  return {
    ...(typeof app_compose === 'string' && { app_compose }),
    ...(vm_config !== undefined && { vm_config }),
  }
}

/** An object, or the JSON of one; nothing of anything else. */
function membersOf(value: unknown): Evidence {
  try {
    const parsed: unknown = typeof value === 'string' ? JSON.parse(value) : value
    return typeof parsed === 'object' && parsed !== null ? (parsed as Evidence) : {}
  } catch {
    return {}
  }
}

const noTee = {
  statement:
    'No TEE: these keys are held by an operator, who is named on chain and can be punished there (GET /v1/keyset). ' +
    'Nothing here proves which code runs.',
}
