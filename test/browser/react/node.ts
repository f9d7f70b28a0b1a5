import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'
import { serve } from 'denwa/node'
import { sqliteBroker } from 'denwa/sqlite'
import { build } from './app.ts'

const { DATA_DIR = '', PAGE = '', PORT } = process.env
const app = build(sqliteBroker(join(DATA_DIR, 'rooms.db')), () => readFileSync(PAGE, 'utf8'))
console.log(`listening on ${(await serve(app, { port: Number(PORT) })).url}`)
