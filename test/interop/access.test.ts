import { describe, expect, it } from 'vitest'
import { askWith, pythons } from './python.js'
import { ServedMillrace } from './served-millrace.js'

for (const [name, python = ''] of Object.entries(pythons)) {
  describe.skipIf(python === '')(`${name} (needs python3 with venv)`, () => {
    it('makes users and roles, and is refused what they may not', async () => {
      const server = await ServedMillrace.start({ args: ['--auth'] })
      try {
        expect(name).toContain((await askWith(python, 'access.py', server)).pymilvus)
      } finally {
        await server.stop()
      }
    })
  })
}
