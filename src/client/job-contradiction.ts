/** A node whose log of a job does not belong to the state that it tells of the same job. */
export class JobContradiction extends Error {
  override readonly name = 'JobContradiction'
}
