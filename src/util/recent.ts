/** Values by key, of which those that were not asked for the longest make room for new ones. */
export class Recent<Key, Value> {
  readonly #weightMax: number
  readonly #weightOf: (value: Value) => number
  /** The one that was asked for last comes last. */
  readonly #values = new Map<Key, Value>()
  #last: Key | undefined
  #weight = 0

  /** @param weightOf a value's share of `weightMax`; by default each counts one */
  constructor(weightMax: number, weightOf: (value: Value) => number = () => 1) {
    this.#weightMax = weightMax
    this.#weightOf = weightOf
  }

  get(key: Key): Value | undefined {
    const value = this.#values.get(key)
    // A map whose keys move often makes room anew as often.
    if (value === undefined || key === this.#last) return value
    this.#values.delete(key)
    this.#values.set(key, value)
    this.#last = key
    return value
  }

  set(key: Key, value: Value): void {
    this.delete(key)
    this.#values.set(key, value)
    this.#last = key
    this.#weight += this.#weightOf(value)
    for (const oldest of this.#values.keys()) {
      if (this.#weight <= this.#weightMax) return
      this.delete(oldest)
    }
  }

  delete(key: Key): void {
    const value = this.#values.get(key)
    if (value === undefined) return
    this.#values.delete(key)
    this.#weight -= this.#weightOf(value)
  }
}
