/** Values of labels, in the order of their names. */
type Values = readonly string[]

/** Most series of one metric: what is beyond them is counted together. */
const MAX_SERIES = 1000
/** The value of every label of those. */
const OTHER = 'other'

/** A number, as a registry of `prom-client` reads it. */
export interface Sample {
  readonly value: number
  readonly labels: Readonly<Record<string, string | number>>
  readonly metricName?: string
}

/** What a registry is given when it asks. */
export interface Reading {
  readonly name: string
  readonly help: string
  readonly type: string
  readonly aggregator: 'sum'
  readonly values: readonly Sample[]
}

/** One metric of a registry: an object of the shape that `prom-client` asks for, without its code. */
abstract class Metric<Cell> {
  /** A registry that speaks OpenMetrics writes to it. */
  name: string
  readonly help: string
  abstract readonly type: string
  readonly aggregator = 'sum'
  readonly #labels: readonly string[]
  readonly #series = new Map<string, { readonly values: Values; readonly cell: Cell }>()

  constructor(name: string, help: string, labels: readonly string[]) {
    this.name = name
    this.help = help
    this.#labels = labels
  }

  protected abstract fresh(): Cell
  protected abstract samples(cell: Cell, labels: Record<string, string>): Sample[]

  protected at(values: Values): Cell {
    const key = values.length === 1 ? (values[0] as string) : values.join('\n')
    const known = this.#series.get(key)
    if (known) return known.cell
    if (this.#series.size >= MAX_SERIES && values[0] !== OTHER)
      return this.at(values.map(() => OTHER))
    const cell = this.fresh()
    this.#series.set(key, { values, cell })
    return cell
  }

  async get(): Promise<Reading> {
    const values = [...this.#series.values()].flatMap((series) =>
      this.samples(
        series.cell,
        Object.fromEntries(this.#labels.map((label, i) => [label, series.values[i] as string])),
      ),
    )
    const { name, help, type, aggregator } = this
    return { name, help, type, aggregator, values }
  }

  reset(): void {
    this.#series.clear()
  }
}

/** Only goes up. */
export class Counter extends Metric<{ value: number }> {
  readonly type: string = 'counter'

  add(amount: number, ...values: Values): void {
    this.at(values).value += amount
  }

  protected override fresh(): { value: number } {
    return { value: 0 }
  }

  protected override samples(
    { value }: { value: number },
    labels: Record<string, string>,
  ): Sample[] {
    return [{ value, labels }]
  }
}

/** Goes up and down: what is there stays there, whoever wants to begin again at nothing. */
export class Gauge extends Counter {
  override readonly type: string = 'gauge'

  override reset(): void {}
}

interface Distribution {
  readonly counts: number[]
  sum: number
}

/** How values are spread over buckets. */
export class Histogram extends Metric<Distribution> {
  readonly type: string = 'histogram'
  readonly #bounds: readonly number[]

  constructor(name: string, help: string, labels: readonly string[], bounds: readonly number[]) {
    super(name, help, labels)
    this.#bounds = bounds
  }

  observe(value: number, ...values: Values): void {
    const cell = this.at(values)
    const index = this.#bounds.findIndex((bound) => value <= bound)
    ;(cell.counts[index < 0 ? this.#bounds.length : index] as number)++
    cell.sum += value
  }

  protected override fresh(): Distribution {
    return { counts: Array.from({ length: this.#bounds.length + 1 }, () => 0), sum: 0 }
  }

  protected override samples(
    { counts, sum }: Distribution,
    labels: Record<string, string>,
  ): Sample[] {
    const { name } = this
    let count = 0
    const buckets = counts.map((each, i): Sample => {
      count += each
      const le = this.#bounds[i] ?? '+Inf'
      return { metricName: `${name}_bucket`, labels: { ...labels, le }, value: count }
    })
    return [
      ...buckets,
      { metricName: `${name}_sum`, labels, value: sum },
      { metricName: `${name}_count`, labels, value: count },
    ]
  }
}
