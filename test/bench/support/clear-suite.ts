// The channel's functions without its encryption, to tell what that costs: bytes are copied, tags are zeros. Knows no host.
import { NATIVE_SUITE } from '../../../main/host/access/native-suite.ts'
import { type Suite, TAG_BYTES } from '../../../protocol/channel/noise.ts'

export const CLEAR_SUITE: Suite = {
  ...NATIVE_SUITE,
  encrypt: (_key, _n, _ad, plaintext) => {
    const sealed = new Uint8Array(plaintext.length + TAG_BYTES)
    sealed.set(plaintext)
    return sealed
  },
  decrypt: (_key, _n, _ad, ciphertext) => ciphertext.slice(0, -TAG_BYTES),
}
