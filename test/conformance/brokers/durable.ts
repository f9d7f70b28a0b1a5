/** In a Durable Object: runs the suite on its storage, and says what has come of it. */
import { type Sql, type Transaction, sqlBroker } from 'denwa/broker'
import { resultsOf } from './results.ts'
import { time } from './time.ts'

interface State {
  readonly storage: {
    readonly sql: Sql
    readonly transactionSync: Transaction
    deleteAll(): Promise<void>
  }
}

export class Store {
  readonly #storage: State['storage']

  constructor(state: State) {
    this.#storage = state.storage
  }

  async fetch(): Promise<Response> {
    const storage = this.#storage
    const make = async () => {
      await storage.deleteAll()
      const { now, advance } = time()
      const transaction: Transaction = (body) => storage.transactionSync(body)
      const open = () => sqlBroker(storage.sql, { transaction, now })
      return { broker: open(), advance, restart: open }
    }
    const target = { name: 'in a Durable Object', make, capabilities: { durable: true } }
    return Response.json(await resultsOf([target]))
  }
}

interface Env {
  readonly STORE: { getByName(name: string): { fetch(request: Request): Promise<Response> } }
}

export default {
  fetch: (request: Request, env: Env): Promise<Response> =>
    env.STORE.getByName('one').fetch(request),
}
