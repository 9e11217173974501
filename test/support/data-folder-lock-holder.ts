/* A process to kill: takes the lock of the folder in argv[2], says whether it got it, and lives until its input ends. */
import { lockDataFolder } from '../../src/dev/data-folder-lock.ts'

const lock = lockDataFolder(process.argv[2] ?? '')
process.stdout.write(`${lock.ok}\n`)
process.stdin.resume()
