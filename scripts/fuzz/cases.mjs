import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { mutated } from './mutate.mjs'
import { randomFrom } from './random.mjs'

const ending = '.expected.json'

/** What test/files has: each file, or set of .npy files, with the fields that it is for. */
export function readCorpus(folder, only) {
  const paths = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  const found = paths.filter((path) => path.endsWith(ending) && path.includes(only)).sort()
  return found.map((path) => {
    const name = path.slice(0, -ending.length)
    const expected = JSON.parse(readFileSync(join(folder, path), 'utf8'))
    const { fields, options = {}, files = [name], error } = expected
    const contents = files.map((file) => ({
      name: basename(file),
      bytes: readFileSync(join(folder, file)),
    }))
    return { name, isGood: error === undefined, fields, options, files: contents }
  })
}

/** The import that is tried as number `index`: some file of a set is changed, the others are as they were. */
export function caseOf(corpus, seed, index) {
  const random = randomFrom(seed * 1_000_003 + index)
  const chosen = chosenFrom(corpus, random)
  const other = corpus[random(corpus.length)].files[0].bytes
  const changed = random(chosen.files.length)
  const files = chosen.files.map(({ name, bytes }, at) => ({
    name,
    bytes: at === changed ? mutated(bytes, other, random) : bytes,
  }))
  return { ...chosen, index, files, options: { ...chosen.options, ...optionsFrom(random) } }
}

/** Seldom one that is refused as it is. */
function chosenFrom(corpus, random) {
  const good = corpus.filter(({ isGood }) => isGood)
  const pool = good.length === 0 || random(10) === 0 ? corpus : good
  return pool[random(pool.length)]
}

function optionsFrom(random) {
  switch (random(8)) {
    case 0:
      return { dry_run: 'true' }
    case 1:
    case 2:
      return { on_error: 'skip' }
    default:
      return {}
  }
}
