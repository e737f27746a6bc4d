import { generateKeyPairSync, sign } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { CertificateFiles } from '../../../src/transport/tcp/server-certificate.ts'

/** Writes a certificate that its own key has signed, and the key, into a directory; `serial` tells it from others. */
export async function writeSelfSigned(directory: string, serial = 1): Promise<CertificateFiles> {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const ecdsaWithSha256 = der(0x30, der(0x06, Buffer.from('2a8648ce3d040302', 'hex')))
  const name = der(
    0x30,
    der(0x31, der(0x30, der(0x06, Buffer.from('550403', 'hex')), der(0x0c, Buffer.from('test'))))
  )
  const validity = der(0x30, der(0x17, Buffer.from('200101000000Z')), der(0x17, Buffer.from('491231235959Z')))
  const number = der(0x02, Buffer.from([serial]))
  const spki = publicKey.export({ type: 'spki', format: 'der' })
  const body = der(0x30, number, ecdsaWithSha256, name, validity, name, spki)
  const signature = der(0x03, Buffer.of(0), sign('sha256', body, privateKey))
  const whole = der(0x30, body, ecdsaWithSha256, signature).toString('base64')
  const files = { certificate: join(directory, 'certificate.pem'), key: join(directory, 'key.pem') }
  const lines = whole.match(/.{1,64}/g)!.join('\n')
  await writeFile(files.certificate, `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`)
  await writeFile(files.key, privateKey.export({ type: 'pkcs8', format: 'pem' }))
  return files
}

/** One element of the Distinguished Encoding Rules. */
function der(tag: number, ...parts: Buffer[]): Buffer {
  const content = Buffer.concat(parts)
  const bytes = content.byteLength
  const length = bytes < 128 ? [bytes] : bytes < 256 ? [0x81, bytes] : [0x82, bytes >> 8, bytes & 0xff]
  return Buffer.concat([Buffer.of(tag, ...length), content])
}
