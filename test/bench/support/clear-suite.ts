// A cipher suite that does not encrypt, to measure what encryption costs: bytes are copied, tags are zeros.
import { NATIVE_SUITE } from '../../../main/host/access/native-suite.ts'
import { type Suite, TAG_BYTES } from '../../../protocol/channel/noise.ts'

export const CLEAR_SUITE: Suite = {
  ...NATIVE_SUITE,
  encrypt: (_key, _n, _ad, plaintext) => {
    const message = new Uint8Array(plaintext.length + TAG_BYTES)
    message.set(plaintext)
    return message
  },
  decrypt: (_key, _n, _ad, ciphertext) => ciphertext.slice(0, -TAG_BYTES),
}
