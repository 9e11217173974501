/**
 * What is wrong with a file of weights, in words for the operator. Thrown while files are read, because every byte may be
 * the wrong one; `modelManifest` alone catches it and answers a value.
 */
export class WeightsFault extends Error {
  readonly path: string

  constructor(path: string, detail: string) {
    super(detail)
    this.name = 'WeightsFault'
    this.path = path
  }
}
