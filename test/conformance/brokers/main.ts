/** On any runtime with files: runs the suite, and says what has come of it. */
import { resultsOf } from './results.ts'
import { inFile, inMemory, inSqlite } from './targets.ts'

console.log(JSON.stringify(await resultsOf([inMemory, inSqlite, inFile])))
