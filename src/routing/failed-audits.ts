import type { Address, Bytes32 } from '../domain/units.ts'
import type { Lane } from './lane.ts'

/** A contributor, by its operator, and a model as it serves it. */
export type AuditedModel = { readonly contributor: Address; readonly modelId: Bytes32 }

const nameOf = ({ contributor, modelId }: AuditedModel): string => contributor + modelId

/** Whom auditors found to answer what the model does not say. Lanes carry it, so that a request reads one flag. */
export class FailedAudits {
  #names: ReadonlySet<string> = new Set()

  replace(failed: readonly AuditedModel[]): void {
    this.#names = new Set(failed.map(nameOf))
  }

  mark(lanes: readonly Lane[]): void {
    for (const { candidate, health } of lanes) {
      const contributor = candidate.contributor.identity?.operator
      const { modelId } = candidate.offer
      health.hasFailedAudit =
        contributor !== undefined && this.#names.has(nameOf({ contributor, modelId }))
    }
  }
}
