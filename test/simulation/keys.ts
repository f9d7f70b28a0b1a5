import { memoryKeys } from '../../src/keys/memory.ts'
import type { KeyStore } from '../../src/keys/port.ts'
import { sqlKeys } from '../../src/keys/sql.ts'
import { Database } from '../../src/sqlite/database.ts'
import type { Process } from './process.ts'
import type { Random } from './random.ts'
import { OVER, type World } from './world.ts'

/** Where the servers of a network remember requests: in memory of their own, or where it outlives them. */
export class Keys {
  readonly #world: World
  readonly #outlives: boolean
  #file: KeyStore | undefined

  constructor(world: World, random: Random) {
    this.#world = world
    this.#outlives = random() < 0.5
  }

  of(process: Process): KeyStore {
    const store = this.#of(process)
    return this.#world.forgery === 'forgotten' ? FORGETFUL : store
  }

  #of(process: Process): KeyStore {
    if (!this.#outlives) return memoryKeys({ clock: process.timers })
    const view = this.#world.views.get(process)
    return view ? view.keys : whileAlive(process, (this.#file ??= this.#open()))
  }

  /** A file that one process after the other has. */
  #open(): KeyStore {
    const database = new Database(':memory:')
    this.#world.onEnd(() => database.close())
    return sqlKeys(database, { name: 'file', now: () => this.#world.clock.now })
  }
}

const FORGETFUL: KeyStore = { name: 'forgetful', take: () => 'begun', keep() {}, drop() {} }

/** Who is dead writes nothing. */
function whileAlive(process: Process, store: KeyStore): KeyStore {
  const guarded =
    <A extends unknown[], T>(act: (...given: A) => T) =>
    (...given: A): T => {
      if (!process.alive) throw new Error(OVER)
      return act(...given)
    }
  return {
    name: store.name,
    take: guarded((...given) => store.take(...given)),
    keep: guarded((...given) => store.keep(...given)),
    drop: guarded((...given) => store.drop(...given)),
  }
}
