import { canonicalJson, type Json } from './base/canonical-json.ts'
import { keccak256Utf8 } from './chain/keccak.ts'
import type { Section } from './config-fields.ts'
import { type NamedFiles, readFile } from './config-files.ts'
import type { Bytes32 } from './domain/units.ts'

/** What a model is known by: keccak256 of its canonical manifest. */
export const manifestIdOf = (manifest: Json): Bytes32 => keccak256Utf8(canonicalJson(manifest))

/** The same of the JSON file that `manifest` names. Throws ConfigFault where it is none. */
export function readManifestId(
  section: Section<{ readonly manifest: string | undefined }>,
  files: NamedFiles,
): Bytes32 {
  const written = readFile(section, 'manifest', files)
  try {
    return manifestIdOf(JSON.parse(written) as Json)
  } catch {
    return section.refuse('manifest', 'a JSON file')
  }
}
