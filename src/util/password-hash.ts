import { randomBytes, type ScryptOptions, scrypt, timingSafeEqual } from 'node:crypto'

const cost = { N: 16_384, r: 8, p: 1 }
const saltLength = 16
const keyLength = 32

/** `scrypt$N$r$p$salt$key`, the last two in base64. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(saltLength)
  const key = await derivedKey(password, salt, cost)
  const { N, r, p } = cost
  return ['scrypt', N, r, p, salt.toString('base64'), key.toString('base64')].join('$')
}

/** Takes the same time for a password that is wrong as for one that is right. */
export async function isPassword(password: string, hash: string): Promise<boolean> {
  const { salt, key, ...costs } = partsOf(hash)
  return timingSafeEqual(await derivedKey(password, salt, costs), key)
}

/** Whether a text is what `hashPassword` gives: a hash from elsewhere cannot be checked. */
export function isPasswordHash(text: string): boolean {
  if (!/^scrypt\$16384\$8\$1\$[A-Za-z0-9+/]+=*\$[A-Za-z0-9+/]+=*$/.test(text)) return false
  const { salt, key } = partsOf(text)
  return salt.length === saltLength && key.length === keyLength
}

function partsOf(hash: string) {
  const [, N, r, p, salt, key] = hash.split('$')
  return {
    N: Number(N),
    r: Number(r),
    p: Number(p),
    salt: Buffer.from(salt, 'base64'),
    key: Buffer.from(key, 'base64'),
  }
}

function derivedKey(password: string, salt: Buffer, options: ScryptOptions): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    scrypt(password, salt, keyLength, options, (error, key) =>
      error ? reject(error) : resolve(key),
    )
  })
}
